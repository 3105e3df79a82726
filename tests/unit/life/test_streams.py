"""Working at vector environments: one brain, a stream for each environment."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from trainee import Agent, Callback
from trainee.errors import InvalidArgument, JobFailed
from trainee.life.logbook import Episode, Logbook, joined
from work_toys import Blinks, Breaks, GoesBlind, Walk

pytestmark = pytest.mark.long


def walks(count=3, mode=AutoresetMode.NEXT_STEP, kind=Walk):
    return SyncVectorEnv([kind] * count, autoreset_mode=mode)


class Hears(Callback):
    def __init__(self) -> None:
        self.steps: list[int] = []
        self.ends: list[int] = []
        self.faults = 0

    def on_step(self, work, time_step, decision) -> None:
        assert not time_step.first
        self.steps.append(work.done)

    def on_episode(self, work, episode) -> None:
        self.ends.append(episode.step)

    def on_unfit(self, work, fault) -> None:
        self.faults += 1


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_every_stream_learns_from_its_own_steps_and_no_dummy_is_among_them(mode) -> None:
    agent, hears = Agent(), Hears()
    stint = agent.learn(walks(mode=mode), 120, name="walks", callbacks=[hears])
    assert (stint.name, stint.steps, stint.episodes, stint.unfit) == ("walks", 120, 6, 0)
    assert hears.steps == list(range(1, 121))
    assert sorted(agent.workers) == ["walks/0", "walks/1", "walks/2"]
    for worker in agent.workers.values():
        assert [(episode.step, episode.length) for episode in worker.logbook.episodes] == [(20, 20), (40, 20)]
    assert len(agent.interfaces) == 1


def test_streams_share_what_they_learn() -> None:
    agent = Agent()
    agent.learn(walks(4), 4_000, name="walks")
    late = [np.mean([e.total for e in agent.workers[f"walks/{i}"].logbook.episodes[-10:]]) for i in range(4)]
    # Of at most 15.5; random play brings about 0.
    assert min(late) > 8
    assert agent.evaluate(Walk(), 3).mean > 10


def test_steps_beyond_whole_calls_are_made_and_a_later_stretch_begins_new_episodes() -> None:
    agent = Agent()
    assert agent.learn(walks(3), 31, name="walks").steps == 33
    stint = agent.learn(walks(3), 60, name="walks")
    assert (stint.steps, stint.episodes) == (60, 3)
    assert [e.step for e in agent.workers["walks/1"].logbook.episodes] == [31]


def test_a_callback_ends_the_stretch_and_a_guard_takes_over() -> None:
    agent = Agent()
    assert agent.learn(walks(2), 100, name="a", on_step=lambda work, step, decision: work.done < 7).steps == 8
    env = walks(2)
    agent.learn(env, 20, name="b", guard=lambda step, decision: np.float32([2]))
    assert all(set(walk.seen[1:]) == {2} for walk in env.envs)


def test_a_saved_agent_knows_its_streams(tmp_path) -> None:
    agent = Agent()
    agent.learn(walks(2), 80, name="walks")
    agent.save(tmp_path / "mind")
    again = Agent.load(tmp_path / "mind")
    assert again.workers["walks/1"].logbook.steps == 40
    assert again.learn(walks(2), 40, name="walks").episodes == 2


def test_what_is_unfit_is_left_out_of_its_stream_alone() -> None:
    agent, hears = Agent(), Hears()
    stint = agent.learn(SyncVectorEnv([Walk, Blinks]), 80, name="walks", callbacks=[hears])
    assert stint.unfit == hears.faults > 0
    assert agent.workers["walks/0"].logbook.unfit == 0
    assert agent.workers["walks/1"].logbook.unfit == stint.unfit


def test_a_job_that_goes_blind_or_breaks_is_given_up() -> None:
    with pytest.raises(JobFailed, match="unfit time steps in a row"):
        Agent().learn(walks(2, kind=GoesBlind), 1_000, name="walks")
    with pytest.raises(JobFailed, match="raised"):
        Agent().learn(walks(2, kind=Breaks), 1_000, name="walks")


def test_an_environment_that_declares_no_autoreset_mode_is_refused() -> None:
    env = walks(2)
    env.autoreset_mode, env.metadata = None, {}
    with pytest.raises(InvalidArgument, match="autoreset_mode"):
        Agent().learn(env, 10)


def test_cartpole_is_learned_from_four_streams() -> None:
    agent = Agent()
    env = gymnasium.make_vec("CartPole-v1", 4)
    agent.learn(env, 9_000)
    env.close()
    # Random play brings 22.
    assert agent.evaluate("CartPole-v1", 5).mean > 100


def test_logbooks_are_joined_in_the_order_of_the_episodes_ends() -> None:
    def log(*steps):
        return Logbook(0.99, steps[-1], [Episode(step, 1, float(step), 0.0, 0.0) for step in steps], unfit=1)

    both = joined([log(10, 30), log(20, 40)])
    assert (both.steps, both.unfit) == (70, 2)
    assert [(episode.step, episode.total) for episode in both.episodes] == [
        (20, 10.0),
        (40, 20.0),
        (60, 30.0),
        (80, 40.0),
    ]
