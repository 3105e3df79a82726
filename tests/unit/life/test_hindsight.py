"""Hindsight, at a corridor short enough to be walked by hand."""

from __future__ import annotations

import equinox as eqx
import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

import trainee
from trainee.errors import InvalidArgument

pytestmark = pytest.mark.long

LENGTH = 6


class Corridor(gymnasium.Env):
    """Five steps on bring 1 at the end of them. A side door, at every step, leads to where nothing comes of it."""

    observation_space = spaces.Box(0, 1, (2,), np.float32)
    action_space = spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.lost = 0, False
        return self.seen(), {}

    def seen(self):
        return np.array([self.place / LENGTH, self.lost], np.float32)

    def step(self, action):
        self.lost |= action == 2
        self.place += 1
        arrived = self.place == LENGTH
        return self.seen(), float(arrived and not self.lost), arrived, False, {}


@pytest.fixture(scope="module")
def agent():
    agent = trainee.Agent(seed=0)
    agent.learn(Corridor(), 4000, name="corridor")
    return agent


def played(agent, door):
    """An episode on the way, through the side door at one step, or through none."""
    env = Corridor()
    worker = agent.deploy(env.observation_space, env.action_space, name="corridor")
    action, ended, step = worker.reset(env.reset(seed=0)[0]), False, 0
    while not ended:
        action = 2 if step == door else 1
        worker.overrule(action)
        observation, reward, ended, _, _ = env.step(action)
        worker.step(observation, reward, ended, False)
        step += 1
    return agent.hindsight(name="corridor")


@pytest.mark.parametrize("door", [0, 2, 4])
def test_the_fork_is_the_step_that_decided_it(agent, door):
    found = played(agent, door)
    assert found.fork == door
    assert found.rewards.tolist() == [0] * LENGTH
    assert found.blames[door] > 0.5
    assert np.delete(found.blames, door).max() < 0.2
    # The value falls there, and nowhere else as much.
    assert int(np.argmin(found.changes)) == door
    assert found.surprises[door] > 3
    assert f"decided at step {door}: {found.blames[door]:.3g} worse" in str(found)


def test_what_changes_is_the_reward_and_the_value_after_less_the_value_before(agent):
    found = played(agent, None)
    assert found.rewards.tolist() == [0, 0, 0, 0, 0, 1]
    # Behind the last step, at which the episode terminates, there is nothing.
    after = np.append(found.values[1:], 0.0)
    discount = float(agent.workers["corridor"].learner.discount(agent.streams["corridor"]))
    np.testing.assert_allclose(found.changes, found.rewards + discount * after - found.values, atol=1e-6)
    assert np.all(np.abs(found.changes) < 0.2)


def test_an_episode_is_counted_from_the_oldest_or_from_the_newest(agent):
    first = agent.hindsight(0)
    played(agent, 1)
    assert agent.hindsight(-1).fork == 1
    played(agent, 3)
    assert (agent.hindsight(-2).fork, agent.hindsight(-1).fork) == (1, 3)
    np.testing.assert_array_equal(agent.hindsight(0).rewards, first.rewards)


def test_going_over_an_episode_changes_nothing(agent):
    before = played(agent, 2)
    agent.gather()
    mind = lambda: eqx.filter((agent.brain, agent.interfaces, agent.streams), eqx.is_array)  # noqa: E731
    kept = jax.tree.map(jnp.copy, mind())
    again = agent.hindsight(name="corridor")
    np.testing.assert_array_equal(before.values, again.values)
    np.testing.assert_array_equal(before.surprises, again.surprises)
    agent.gather()
    assert eqx.tree_equal(kept, mind())


def test_an_episode_that_is_not_there_is_refused(agent):
    with pytest.raises(
        InvalidArgument, match=r"no episode 100000: there are \d+ in its replay, of which −1 is the newest"
    ):
        agent.hindsight(100_000)
    with pytest.raises(InvalidArgument, match="no worker is named 'elsewhere'"):
        agent.hindsight(name="elsewhere")
    new = trainee.Agent()
    with pytest.raises(InvalidArgument, match=r"name one of this agent's workers: \[\]"):
        new.hindsight()
    new.deploy(spaces.Discrete(2), spaces.Discrete(2), name="idle")
    with pytest.raises(InvalidArgument, match="has no episode -1: none is over yet"):
        new.hindsight()
