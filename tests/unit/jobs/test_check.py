from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit
from job_toys import Noise, found

from trainee.errors import InvalidArgument, UnknownJob
from trainee.jobs import check


def test_of_a_good_environment_nothing_is_found():
    report = check(Noise(), 300)
    assert report.findings == ()
    assert report.fit
    assert str(report) == "Noise is fit to learn from (nothing found after 300 steps of random play)"


def test_a_finding_says_what_why_and_what_to_do():
    class Flat(Noise):
        def reward(self, action):
            return 0.0

    report = check(Flat(), 300)
    assert report.fit
    assert "1 warning" in str(report)
    assert "warning: every reward was 0 in 300 steps" in str(report)
    assert "why: nothing told a good action from a bad one" in str(report)
    assert "what to do: check that the reward is passed on" in str(report)


def test_the_same_reward_is_fine_where_episodes_end_after_different_lengths():
    class Alive(Noise):
        def reward(self, action):
            return 1.0

    class Everlasting(Alive):
        def over(self):
            return False

    assert found(Alive(), "warning") == ""
    assert "every reward was 1" in found(Everlasting(), "warning")


def test_unbounded_numbers_that_vary_hugely():
    class Wild(Noise):
        observation_space = spaces.Box(np.float32([-np.inf, -10]), np.float32([np.inf, 10]))

        def seen(self):
            calm = super().seen()
            return calm * np.float32([1e5 if self.np_random.random() < 0.05 else 1, 1])

    class Declared(Wild):
        observation_space = spaces.Box(-1e6, 1e6, (2,))

    assert "observation[0] is declared without bounds, and its values vary hugely: up to" in found(Wild(), "warning")
    assert found(Declared(), "warning") == ""


def test_unbounded_numbers_that_are_large():
    class Far(Noise):
        observation_space = spaces.Box(-np.inf, np.inf, (2,))

        def seen(self):
            return super().seen() + np.float32(1e7)

    assert "observation is declared without bounds" in found(Far(), "warning")


def test_constant_parts_are_named_by_their_paths():
    class Still(Noise):
        observation_space = spaces.Dict(
            eye=spaces.Box(0, 255, (6, 6, 1), np.uint8),
            gear=spaces.MultiDiscrete([2, 3]),
            lidar=spaces.Box(-1, 1, (3,)),
            fixed=spaces.Box(0, 9, (2,)),
        )

        def seen(self):
            lidar = np.append(super().seen(), 0.5).astype(np.float32)
            moving = np.array([1, self.np_random.integers(3)])
            return {
                "eye": np.zeros((6, 6, 1), np.uint8),
                "gear": moving,
                "lidar": lidar,
                "fixed": np.float32([3, 4]),
            }

    told = found(Still(), "warning")
    named = "observation['fixed'], observation['lidar'][2], observation['gear'][0], observation['eye'] never changed"
    assert named in told


def test_an_observation_that_never_changes_at_all():
    class Blind(Noise):
        def seen(self):
            return np.zeros(2, np.float32)

    assert "observation never changed in 300 steps" in found(Blind(), "warning")


class Limited(Noise):
    def over(self):
        return self.count >= 7


def test_a_time_limit_that_hides_as_termination():
    assert "episodes terminated after exactly 7 steps" in found(Limited(), "warning")


def test_a_time_limit_that_truncates_is_fine():
    class Unlimited(Noise):
        def over(self):
            return False

    assert found(TimeLimit(Unlimited(), 7), "warning") == ""


def test_a_few_episodes_of_one_length_prove_nothing():
    assert found(Limited(), "warning", steps=30) == ""


def test_episodes_that_end_at_once_are_no_time_limit():
    class Bandit(Noise):
        def over(self):
            return True

    assert found(Bandit(), "warning") == ""


def test_an_episode_that_does_not_end():
    class Endless(Noise):
        def over(self):
            return False

    assert found(Endless(), "note") == "no episode ended in 300 steps"


def test_what_gymnasiums_own_checker_says():
    class Seeded(Noise):
        def reset(self, *, seed=1, options=None):
            return super().reset(seed=seed)

    class Unseeded(Noise):
        def reset(self, *, seed=None, options=None):
            return super().reset()

    assert "Gymnasium's checker says: The default seed argument in reset should be `None`" in found(Seeded(), "warning")
    assert "Gymnasium's checker stops with" in found(Unseeded(), "warning")
    assert "minimum value is -infinity" in found("CartPole-v1", "note")
    assert found("CartPole-v1", "warning") == ""


def test_a_slow_environment():
    class Slow(Noise):
        def step(self, action):
            before = np.zeros(200_000)
            for _ in range(6):
                before = np.sin(before + 1)
            return super().step(action)

    assert "steps a second" in found(Slow(), "note", steps=20)


def test_the_caller_is_told_of_a_wrong_call():
    for steps in (0, -1, True):
        with pytest.raises(InvalidArgument, match="steps must be a whole number of 1 or more"):
            check(Noise(), steps)
    with pytest.raises(UnknownJob, match="did you mean CartPole-v1"):
        check("CartPol-v1")
    with pytest.raises(InvalidArgument, match="is no job"):
        check(lambda: 3)


def test_an_environment_that_was_passed_is_not_closed():
    class Counted(Noise):
        closed = 0

        def close(self):
            self.closed += 1

    env = Counted()
    check(env, 10)
    assert env.closed == 0
    made = []
    check(lambda: made.append(Counted()) or made[0], 10)
    assert made[0].closed == 1
