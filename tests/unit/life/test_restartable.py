"""Giving lines of work up: an agent at a job with traps, from which it may begin again."""

from __future__ import annotations

import dataclasses

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from trainee import Agent
from trainee.errors import InvalidArgument
from trainee.life.saving import named_arrays

pytestmark = pytest.mark.long

LONG, LIMIT = 6, 80


class Traps(gymnasium.Env):
    """Walk on to the end. Beside every place is a trap, in which one sits until the time is up."""

    observation_space = spaces.Discrete(2 * LONG)
    action_space = spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.trapped, self.time = 0, False, 0
        return self.place, {}

    def step(self, action):
        self.time += 1
        self.trapped |= action == 2
        if not self.trapped:
            self.place = min(max(self.place + (1 if action == 1 else -1), 0), LONG - 1)
        there = self.place == LONG - 1 and not self.trapped
        return self.place + LONG * self.trapped, float(there), there, self.time >= LIMIT, {}


@pytest.fixture(scope="module")
def tried():
    """Agents after the same work, one of which may give lines up, and what they were told to do."""
    agents = {}
    for may in (False, True):
        agents[may] = agent, heard = Agent(seed=0), []
        agent.learn(
            Traps(), 2_500, name="traps", restartable=may, on_step=lambda *told, heard=heard: heard.append(told)
        )
    return agents


def test_lines_that_lead_nowhere_are_given_up_and_counted_as_episodes(tried):
    agent, heard = tried[True]
    log = agent.workers["traps"].logbook
    given_up = [decision for _, step, decision in heard if decision.abandon]
    stopped = [episode for episode in log.episodes if episode.total == 0 and episode.length < LIMIT]
    # Nothing else ends an episode that brought nothing before the time is up.
    assert len(stopped) == len(given_up) >= 5
    assert not any(step.last and decision.abandon for _, step, decision in heard)
    agent.gather()
    quitting = agent.streams["traps"].quitting
    assert quitting.quits == len(given_up) + quitting.played
    assert all(np.isfinite(episode.realised) for episode in log.episodes)


def test_without_leave_none_is_given_up(tried):
    agent, heard = tried[False]
    assert not any(decision.abandon for _, _, decision in heard)
    ends = [episode for episode in agent.workers["traps"].logbook.episodes if episode.total == 0]
    assert {episode.length for episode in ends} == {LIMIT}
    assert agent.streams["traps"].quitting is None


def test_who_may_give_up_gets_further_in_as_many_steps(tried):
    arrived = {may: sum(e.total for e in agent.workers["traps"].logbook.episodes) for may, (agent, _) in tried.items()}
    # 434 against 285, and at the least one more each hundred steps.
    assert arrived[True] > arrived[False] + 25


def test_an_agent_is_evaluated_at_a_job_that_it_may_give_up(tried):
    agent, _ = tried[True]
    assert agent.evaluate(Traps(), 3, name="traps").returns == (1.0, 1.0, 1.0)


def test_a_saved_worker_goes_on_as_if_it_had_not_been_saved(tried, tmp_path):
    agent, _ = tried[True]
    agent.save(tmp_path)
    again = Agent.load(tmp_path)
    assert again.workers["traps"].spec == agent.workers["traps"].spec
    assert again.workers["traps"].logbook == agent.workers["traps"].logbook
    kept, loaded = (named_arrays(a.streams["traps"], "") for a in (agent, again))
    assert kept.keys() == loaded.keys()
    assert any("quitting" in name for name in kept)
    for name, array in kept.items():
        np.testing.assert_array_equal(array, loaded[name])


def test_after_a_line_was_given_up_the_job_is_to_be_reset():
    agent, env = Agent(seed=0), Traps()
    worker = agent.deploy(env.observation_space, env.action_space, restartable=True)
    observation, _ = env.reset(seed=0)
    action = worker.reset(observation)
    for _ in range(3_000):
        observation, reward, terminated, truncated, _ = env.step(action)
        action = worker.step(observation, reward, terminated, truncated)
        if worker.decision.abandon:
            break
        if terminated or truncated:
            observation, _ = env.reset()
            action = worker.reset(observation)
    assert worker.decision.abandon
    assert worker.episode_over
    assert worker.ended is not None
    with pytest.raises(InvalidArgument, match=r"gave its episode up: call reset"):
        worker.step(observation, 0.0, False, False)
    worker.reset(env.reset()[0])
    assert not worker.episode_over


def test_a_worker_keeps_the_leave_that_it_was_given(tried):
    agent, _ = tried[True]
    spaces_of = Traps.observation_space, Traps.action_space
    assert agent.deploy(*spaces_of, name="traps").spec.restartable
    with pytest.raises(InvalidArgument, match=r"may end episodes early, and this call says restartable=False"):
        agent.deploy(*spaces_of, name="traps", restartable=False)
    other = dataclasses.replace(agent.workers["traps"].spec, restartable=False)
    assert agent.deploy(*spaces_of, name="other").spec == other


def test_the_episodes_of_a_vector_environment_cannot_be_given_up():
    envs = gymnasium.vector.SyncVectorEnv([Traps, Traps])
    with pytest.raises(InvalidArgument, match="one by one"):
        Agent().learn(envs, 10, restartable=True)
