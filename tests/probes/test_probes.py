"""Does it learn at all? Who fails a probe has a bug, not a hyperparameter.

Two seeds of each; `make probes` runs ten.
"""

from __future__ import annotations

import os

import numpy as np
import probe_jobs as probes
import pytest

import trainee

pytestmark = pytest.mark.long

SEEDS = range(int(os.environ.get("PROBE_SEEDS", "2")))


def at_work(probe, steps, seed):
    """An agent that has worked at a probe, and the policy that came of it."""
    agent = trainee.Agent(seed)
    agent.learn(probe(), steps, name="probe")
    return agent, agent.policy("probe")


def value(agent, policy, *observation):
    """The policy's value of an observation."""
    codec = agent.workers["probe"].codec
    step = codec.time_step(
        np.array(observation, np.float32), 0.0, 1.0, first=True, last=False, action_mask=None, place="probe"
    )
    (decision,), _ = policy.decide([step])
    return float(decision.value)


def late_rewards(agent):
    """Mean reward of the last quarter of the episodes, exploration included."""
    totals = [episode.total for episode in agent.workers["probe"].logbook.episodes]
    return np.mean(totals[-len(totals) // 4 :])


@pytest.mark.parametrize("seed", SEEDS)
def test_value_of_a_constant(seed):
    agent, policy = at_work(probes.ConstantReward, 300, seed)
    assert value(agent, policy, 0.0) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_credit_goes_one_step_back(seed):
    agent, policy = at_work(probes.DelayedReward, 800, seed)
    assert value(agent, policy, 0.0) == pytest.approx(0.997, abs=0.06)
    assert value(agent, policy, 1.0) == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("seed", SEEDS)
def test_termination_ends_value_and_truncation_does_not(seed):
    agent, policy = at_work(probes.TerminatedOrTruncated, 1000, seed)
    assert value(agent, policy, -1.0) == pytest.approx(0.0, abs=0.12)
    assert value(agent, policy, 0.0) == pytest.approx(0.997, abs=0.12)
    assert value(agent, policy, 1.0) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("seed", SEEDS)
def test_value_depends_on_the_observation(seed):
    agent, policy = at_work(probes.ValueOfObservation, 600, seed)
    assert value(agent, policy, -1.0) == pytest.approx(-1.0, abs=0.1)
    assert value(agent, policy, 1.0) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("probe", "steps", "enough"),
    [
        (probes.BestAction, 400, 0.9),
        (probes.BestActionForObservation, 600, 0.8),
        (probes.Categories, 1000, 0.85),
        (probes.Images, 500, 0.85),
        (probes.Masked, 1000, 0.8),
        (probes.JointBits, 600, 0.85),
        (probes.JointChoices, 600, 0.85),
        (probes.ManyChoices, 1500, 0.7),
    ],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_right_action_is_found(probe, steps, enough, seed):
    agent, _ = at_work(probe, steps, seed)
    assert late_rewards(agent) > enough


@pytest.mark.parametrize(
    ("probe", "steps", "near"),
    [(probes.Aim, 2000, 0.15), (probes.AimHalfBounded, 1500, 0.25), (probes.AimUnbounded, 1500, 0.35)],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_continuous_actions_find_their_target(probe, steps, near, seed):
    _, policy = at_work(probe, steps, seed)
    for seen, target in zip((-1.0, 1.0), probe.targets, strict=True):
        action, _ = policy.predict(np.full(1, seen, np.float32), deterministic=True)
        assert action[0] == pytest.approx(target, abs=near)
