"""A second stretch at a job: it goes on where the first stood, if the environment is the same one."""

from __future__ import annotations

import gymnasium
import pytest

from memories import remembered
from trainee import Agent
from work_toys import Walk


def firsts(agent: Agent, name: str) -> int:
    """How many lines of experience a worker has begun."""
    agent.gather()
    return int(remembered(agent.workers[name].learner, agent.streams[name]).step.first.sum())


def slippery(env: gymnasium.Env) -> bool:
    return len(env.unwrapped.P[0][0]) > 1


def test_an_environment_made_with_other_settings_keeps_them() -> None:
    agent, still = Agent(width=8), gymnasium.make("FrozenLake-v1", is_slippery=False)
    agent.learn(gymnasium.make("FrozenLake-v1"), 30)
    begun = firsts(agent, "FrozenLake-v1")
    with pytest.warns(UserWarning, match=r"FrozenLakeEnv\.P changed"):
        agent.learn(still, 3)
    assert not slippery(still)
    # What comes after is no transition from what came before.
    assert firsts(agent, "FrozenLake-v1") == begun + 1


def test_what_the_user_changes_between_two_stretches_stays_changed() -> None:
    agent, env = Agent(width=8), gymnasium.make("CartPole-v1")
    agent.learn(env, 5)
    env.unwrapped.gravity = 20.0
    with pytest.warns(UserWarning, match=r"CartPoleEnv\.gravity changed"):
        agent.learn(env, 5)
    assert env.unwrapped.gravity == 20.0
    assert firsts(agent, "CartPole-v1") == 2


def test_a_class_that_was_edited_between_two_runs_is_met_as_it_is_now(tmp_path) -> None:
    def shop(cost: float) -> type[gymnasium.Env]:
        class Shop(Walk):
            def __init__(self) -> None:
                super().__init__()
                self.cost = cost

        return Shop

    agent = Agent(width=8)
    agent.learn(shop(1.0), 5)
    agent.save(tmp_path)
    env = shop(-5.0)()
    with pytest.warns(UserWarning, match=r"Shop\.cost changed"):
        Agent.load(tmp_path).learn(env, 5)
    assert env.cost == -5.0


def test_a_new_environment_with_the_same_settings_goes_on_in_the_same_episode() -> None:
    agent = Agent(width=8)
    agent.learn(gymnasium.make("CartPole-v1"), 5)
    agent.learn(gymnasium.make("CartPole-v1"), 3)
    assert firsts(agent, "CartPole-v1") == 1
