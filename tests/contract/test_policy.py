"""A policy, called as Stable-Baselines3's `evaluate_policy` calls a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from trainee import Agent, Policy
from trainee.errors import InvalidArgument, UnfitTimeStep
from work_toys import Masked, Nested

JOBS: dict[str, Callable[[], gymnasium.Env]] = {
    "CartPole-v1": lambda: gymnasium.make("CartPole-v1"),
    "Pendulum-v1": lambda: gymnasium.make("Pendulum-v1"),
    "work_toys:Nested-v0": Nested,
}


@pytest.fixture(scope="module")
def agent() -> Agent:
    agent = Agent(seed=1)
    for job in JOBS:
        agent.learn(job, 250)
    return agent


def evaluate(model: Any, envs: SyncVectorEnv, episodes: int, deterministic: bool) -> list[float]:
    """Returns of episodes, by the protocol: a batch of observations in, a batch of actions out, state handed back."""
    observations, _ = envs.reset(seed=5)
    returns: list[float] = []
    totals, states = np.zeros(envs.num_envs), None
    episode_starts = np.ones(envs.num_envs, dtype=bool)
    while len(returns) < episodes:
        actions, states = model.predict(
            observations, state=states, episode_start=episode_starts, deterministic=deterministic
        )
        assert envs.action_space.contains(actions)
        observations, rewards, terminated, truncated, _ = envs.step(actions)
        episode_starts = terminated | truncated
        totals += rewards
        returns += totals[episode_starts].tolist()
        totals[episode_starts] = 0
    return returns


@pytest.mark.xdist_group("policy")
@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("job", JOBS)
def test_the_protocol(job: str, deterministic: bool, agent: Agent) -> None:
    envs = SyncVectorEnv([JOBS[job]] * 3, autoreset_mode=AutoresetMode.SAME_STEP)
    returns = evaluate(agent.policy(job), envs, 3, deterministic)
    assert np.isfinite(returns).all()
    envs.close()


@pytest.mark.xdist_group("policy")
@pytest.mark.parametrize("job", JOBS)
def test_one_observation_and_a_batch_of_it_are_answered_alike(job: str, agent: Agent) -> None:
    env, policy = JOBS[job](), agent.policy(job)
    observation, _ = env.reset(seed=3)
    action, state = policy.predict(observation, state="kept", deterministic=True)
    assert env.action_space.contains(action)
    assert state == "kept"
    stacked = (
        {name: np.stack([part] * 2) for name, part in observation.items()}
        if isinstance(observation, dict)
        else (np.stack([observation] * 2))
    )
    actions, _ = policy.predict(stacked, deterministic=True)
    assert np.array_equal(actions[0], actions[1])
    assert actions[0] == pytest.approx(action, rel=1e-5)
    # The same again, and the same as in an evaluation: nothing is drawn.
    assert np.array_equal(policy.predict(observation, deterministic=True)[0], action)


@pytest.mark.xdist_group("policy")
def test_what_is_drawn_varies_and_follows_the_seed(agent: Agent) -> None:
    observation = np.array([1.0, 0.0, 0.0], np.float32)

    def drawn(policy: Policy) -> list[float]:
        return [float(policy.predict(observation)[0][0]) for _ in range(8)]

    first = drawn(agent.policy("Pendulum-v1", seed=1))
    assert len(set(first)) > 1
    assert first == drawn(agent.policy("Pendulum-v1", seed=1))
    assert first != drawn(agent.policy("Pendulum-v1", seed=2))


@pytest.mark.xdist_group("policy")
def test_a_policy_stays_as_it_was_while_the_agent_learns_on() -> None:
    agent = Agent(seed=1)
    agent.learn("CartPole-v1", 100)
    policy = agent.policy("CartPole-v1")
    observations = np.random.default_rng(0).uniform(-0.05, 0.05, (64, 4)).astype(np.float32)
    before, _ = policy.predict(observations, deterministic=True)
    agent.learn("CartPole-v1", 400)
    assert np.array_equal(policy.predict(observations, deterministic=True)[0], before)


@pytest.mark.xdist_group("policy")
def test_masks_are_honoured() -> None:
    agent, env = Agent(), Masked()
    agent.learn("work_toys:Masked-v0", 40)
    policy = agent.policy("work_toys:Masked-v0")
    observation, _ = env.reset(seed=1)
    for allowed in range(3):
        mask = np.eye(3, dtype=np.int8)[allowed]
        for deterministic in (True, False):
            assert policy.predict(observation, action_masks=mask, deterministic=deterministic)[0] == allowed
    batch = np.stack([observation] * 3)
    actions, _ = policy.predict(batch, action_masks=np.eye(3, dtype=np.int8))
    assert actions.tolist() == [0, 1, 2]
    with pytest.raises(InvalidArgument, match="holds 2 masks for 3 observations"):
        policy.predict(batch, action_masks=np.ones((2, 3), np.int8))
    with pytest.raises(UnfitTimeStep, match="action_mask is missing"):
        policy.predict(observation)


@pytest.mark.xdist_group("policy")
@pytest.mark.parametrize(
    ("observation", "message"),
    [(np.full(4, np.nan, np.float32), r"observation\[0\] is nan"), (np.zeros(5, np.float32), r"\(5,\)")],
)
def test_an_unfit_observation_is_refused(observation: np.ndarray, message: str, agent: Agent) -> None:
    with pytest.raises(UnfitTimeStep, match=message):
        agent.policy("CartPole-v1").predict(observation)
