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
from trainee.types import TimeStep
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
    action, state = policy.predict(observation, deterministic=True)
    assert env.action_space.contains(action)
    stacked = (
        {name: np.stack([part] * 2) for name, part in observation.items()}
        if isinstance(observation, dict)
        else (np.stack([observation] * 2))
    )
    actions, states = policy.predict(stacked, deterministic=True)
    assert np.array_equal(actions[0], actions[1])
    assert actions[0] == pytest.approx(action, rel=1e-5)
    assert (len(state.first), len(states.first)) == (1, 2)
    assert np.array_equal(states.averages[0], states.averages[1])
    np.testing.assert_allclose(states.averages[:1], state.averages, rtol=1e-5, atol=1e-6)
    # The same again, and the same as in an evaluation: nothing is drawn.
    assert np.array_equal(policy.predict(observation, deterministic=True)[0], action)


# Two moments of a pendulum, and two others.
THEN, NOW = np.array([[[1, 0, 0.5], [0, 1, -3]], [[0.6, 0.8, 2], [-0.6, 0.8, 1]]], np.float32)


@pytest.mark.xdist_group("policy")
@pytest.mark.parametrize("deterministic", [True, False])
def test_what_was_seen_and_done_is_in_the_state(deterministic: bool, agent: Agent) -> None:
    policy = agent.policy("Pendulum-v1")
    actions, before = policy.predict(THEN, deterministic=deterministic)
    assert before.first.tolist() == [True, True]
    codec = agent.workers["Pendulum-v1"].codec
    assert np.allclose([codec.coordinates(action) for action in actions], before.action, atol=1e-5)
    _, after = policy.predict(NOW, state=before, deterministic=deterministic)
    assert after.first.tolist() == [False, False]
    _, fresh = policy.predict(NOW, deterministic=deterministic)
    for stream in range(2):
        assert np.max(np.abs(after.averages[stream] - fresh.averages[stream])) > 0.1
    # The state that was handed in is what it was.
    _, again = policy.predict(NOW, state=before, deterministic=deterministic)
    assert np.array_equal(again.averages, after.averages)


@pytest.mark.xdist_group("policy")
def test_where_an_episode_starts_nothing_of_the_one_before_counts(agent: Agent) -> None:
    policy = agent.policy("Pendulum-v1")
    _, before = policy.predict(THEN, deterministic=True)
    going, went_on = policy.predict(NOW, state=before, deterministic=True)
    begun, fresh = policy.predict(NOW, deterministic=True)
    starts = np.array([True, False])
    actions, after = policy.predict(NOW, state=before, episode_start=starts, deterministic=True)
    assert after.first.tolist() == [True, False]
    for now, stream in ((fresh, 0), (went_on, 1)):
        np.testing.assert_allclose(after.averages[stream], now.averages[stream], atol=1e-5)
    np.testing.assert_allclose(actions, [begun[0], going[1]], atol=1e-4)
    # Without a state every episode begins, as it does where that is said.
    said, same = policy.predict(NOW, episode_start=np.ones(2, bool), deterministic=True)
    assert np.array_equal(said, begun)
    assert np.array_equal(same.averages, fresh.averages)


@pytest.mark.xdist_group("policy")
def test_what_is_remembered_counts_in_what_is_decided(agent: Agent) -> None:
    policy, codec = agent.policy("Pendulum-v1"), agent.workers["Pendulum-v1"].codec

    def told(moment: np.ndarray, first: bool) -> TimeStep:
        return codec.time_step(moment, 0.0, 1.0, first=first, last=False, action_mask=None, place="test")

    _, memory = policy.decide([told(moment, True) for moment in THEN])
    remembering, _ = policy.decide([told(moment, False) for moment in NOW], memory)
    beginning, _ = policy.decide([told(moment, True) for moment in NOW])
    values = np.array([[float(each.value) for each in decisions] for decisions in (remembering, beginning)])
    assert np.max(np.abs(values[0] / values[1] - 1)) > 1e-4


@pytest.mark.xdist_group("policy")
def test_a_state_and_starts_fit_the_observations(agent: Agent) -> None:
    policy = agent.policy("Pendulum-v1")
    _, state = policy.predict(THEN)
    with pytest.raises(InvalidArgument, match="episode_start holds 3 flags for 2 observations: give one for each"):
        policy.predict(NOW, state=state, episode_start=np.zeros(3, bool))
    with pytest.raises(InvalidArgument, match="state holds 2 episodes for 1 observations"):
        policy.predict(NOW[0], state=state)
    with pytest.raises(InvalidArgument, match="state holds 2 episodes for 3 observations"):
        policy.predict(np.stack([*NOW, NOW[0]]), state=state)


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
