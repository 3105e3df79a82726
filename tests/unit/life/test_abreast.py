"""Agents abreast: each learns as it would alone, and makes room for the next."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from trainee.errors import InvalidArgument, JobFailed
from trainee.jobs import GymnasiumJob
from trainee.life import Agent, Errand, run_abreast


class Countdown(gymnasium.Env):
    """Episodes of a fixed length; the reward is the action."""

    observation_space = gymnasium.spaces.Box(0.0, 1.0, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, length: int):
        self.length, self.left = length, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = self.length
        return self._seen(), {}

    def step(self, action):
        self.left -= 1
        return self._seen(), float(action), self.left == 0, False, {}

    def _seen(self):
        return np.array([self.left / self.length], np.float32)


class Wide(Countdown):
    observation_space = gymnasium.spaces.Box(0.0, 1.0, (2,))


def errand(length: int, episodes: int, seed: int, env=Countdown) -> Errand:
    return Errand(f"{env.__name__} {length}", lambda: GymnasiumJob(env(length)), episodes, seed)


def test_each_learns_as_it_would_alone():
    told = {done.name: log for done, log in run_abreast([errand(5, 12, 3), errand(4, 15, 4)], 2)}
    for length, episodes, seed in ((5, 12, 3), (4, 15, 4)):
        agent, log = Agent(seed), told[f"Countdown {length}"]
        agent.learn(GymnasiumJob(Countdown(length)), episodes * length, name=f"Countdown {length}")
        alone = agent.workers[f"Countdown {length}"].logbook
        assert [episode.total for episode in log.episodes] == [episode.total for episode in alone.episodes]
        assert log.steps == alone.steps == episodes * length
        np.testing.assert_allclose(
            [episode.predicted for episode in log.episodes],
            [episode.predicted for episode in alone.episodes],
            rtol=1e-3,
            atol=1e-3,
        )


def test_who_is_done_makes_room_for_the_next():
    lengths = [6, 5, 4, 3, 2]
    told = [(done.name, log.steps) for done, log in run_abreast([errand(one, 3, one) for one in lengths], 2)]
    assert sorted(told) == sorted((f"Countdown {one}", 3 * one) for one in lengths)
    assert told[0] == ("Countdown 5", 15)


def test_how_far_each_is_can_be_told_all_the_time():
    told = list(run_abreast([errand(2, 2, 0), errand(1, 4, 1)], 2, told_s=0.0))
    shares = {
        name: [came for one, came in told if one.name == name and isinstance(came, float)]
        for name in ("Countdown 2", "Countdown 1")
    }
    assert shares["Countdown 1"][:4] == [0.0, 0.25, 0.25, 0.5]
    assert shares["Countdown 2"] == sorted(shares["Countdown 2"])
    assert max(shares["Countdown 1"]) < 1
    assert sum(not isinstance(came, float) for _, came in told) == 2


def test_jobs_are_made_when_there_is_a_place_for_them_and_closed_when_done():
    seen: list[str] = []

    class Watched(Countdown):
        def __init__(self, length: int):
            super().__init__(length)
            seen.append(f"open {length}")

        def close(self):
            seen.append(f"close {self.length}")

    for done, _ in run_abreast([errand(3, 1, 0, Watched), errand(2, 1, 1, Watched)], 1):
        seen.append(done.name)
    assert seen == ["open 3", "Watched 3", "close 3", "open 2", "Watched 2", "close 2"]


def test_where_one_job_fails_all_are_closed():
    closed: list[int] = []

    class Breaks(Countdown):
        def step(self, action):
            if self.length == 3 and self.left == 1:
                raise ValueError("the arm is stuck")
            return super().step(action)

        def close(self):
            closed.append(self.length)

    with pytest.raises(JobFailed, match="the arm is stuck"):
        list(run_abreast([errand(4, 9, 0, Breaks), errand(3, 9, 1, Breaks)], 2))
    assert sorted(closed) == [3, 4]


def test_jobs_of_two_signatures_are_refused():
    with pytest.raises(InvalidArgument, match=r"more than one signature.*Countdown 2, Wide 2"):
        list(run_abreast([errand(2, 1, 0), errand(2, 1, 0, Wide)], 2))


def test_no_errands_are_no_work():
    assert list(run_abreast([], 8)) == []
