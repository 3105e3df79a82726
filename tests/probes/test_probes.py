"""Does it learn at all? Each probe, for ten seeds in a row. A learner that fails one has a bug, not a hyperparameter."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import probe_jobs as probes
import pytest
from gymnasium import spaces

from trainee.jobs import Codec, TracedJob
from trainee.learner import Learner
from trainee.life import fleet_at
from trainee.types import TimeStep

SEEDS = range(10)


def values_at(scene, job, observation):
    """Value of the best action at an observation `[seeds]`, in reward units."""
    return decisions_at(scene, job, observation).value


def decisions_at(scene, job, observation):
    """Decisions of the frozen learners at one observation."""
    codec = TracedJob(job).codec
    no, one = jnp.zeros((), bool), jnp.ones(())
    step = TimeStep(codec.observation(jnp.asarray(observation), jnp), jnp.zeros(()), one, ~no, no)
    return jax.vmap(Learner(codec.spec).exploit, in_axes=(0, None))(scene.state, step)


def actions_at(scene, job, observation):
    """The best action at an observation, for each seed."""
    codec = Codec(job.observation_space, job.action_space)
    coordinates = np.asarray(decisions_at(scene, job, observation).action)
    return [codec.action(row) for row in coordinates]


def late_rewards(trace):
    """Mean reward of the last quarter of the episodes `[seeds]`, exploration included."""
    reward, ended = (np.asarray(leaf)[:, -len(trace.last[0]) // 4 :] for leaf in (trace.reward, trace.last))
    return (reward * ended).sum(axis=1) / ended.sum(axis=1)


def test_value_of_a_constant():
    job = probes.ConstantReward()
    scene = fleet_at(job, 600, SEEDS).scene
    np.testing.assert_allclose(values_at(scene, job, np.zeros(1, np.float32)), 1.0, atol=0.05)


def test_credit_goes_one_step_back():
    job = probes.DelayedReward()
    scene = fleet_at(job, 1500, SEEDS).scene
    np.testing.assert_allclose(values_at(scene, job, np.zeros(1, np.float32)), 0.99, atol=0.06)
    np.testing.assert_allclose(values_at(scene, job, np.ones(1, np.float32)), 1.0, atol=0.06)


def test_termination_ends_value_and_truncation_does_not():
    job = probes.TerminatedOrTruncated()
    scene = fleet_at(job, 3000, SEEDS).scene
    np.testing.assert_allclose(values_at(scene, job, -np.ones(1, np.float32)), 0.0, atol=0.1)
    np.testing.assert_allclose(values_at(scene, job, np.zeros(1, np.float32)), 0.99, atol=0.1)
    np.testing.assert_allclose(values_at(scene, job, np.ones(1, np.float32)), 1.0, atol=0.1)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_value_depends_on_the_observation(sign):
    job = probes.ValueOfObservation()
    scene = fleet_at(job, 1500, SEEDS).scene
    np.testing.assert_allclose(values_at(scene, job, np.full(1, sign, np.float32)), sign, atol=0.1)


def test_the_better_action_is_chosen():
    work = fleet_at(probes.BestAction(), 800, SEEDS)
    assert (late_rewards(work.trace) > 0.9).all()


def test_the_better_action_depends_on_the_observation():
    work = fleet_at(probes.BestActionForObservation(), 1500, SEEDS)
    assert (late_rewards(work.trace) > 0.8).all()


@pytest.mark.parametrize("job", [probes.Categories(), probes.Images()], ids=["categories", "images"])
def test_every_kind_of_observation_is_told_apart(job):
    work = fleet_at(job, 1500, SEEDS)
    assert (late_rewards(work.trace) > 0.9).all()


@pytest.mark.parametrize("kind", ["binary", "discrete"])
def test_parts_of_an_action_that_matter_only_together(kind):
    work = fleet_at(probes.JointChoice(kind), 1000, SEEDS)
    assert (late_rewards(work.trace) > 0.9).all()


def test_many_parts_of_an_action():
    work = fleet_at(probes.ManyChoices(), 3000, SEEDS)
    assert (late_rewards(work.trace) > 0.8).all()


@pytest.mark.parametrize(
    ("job", "tolerance"),
    [
        (probes.Aim(), 0.1),
        (probes.Aim(0.0, np.inf, (0.4, 3.0)), 0.5),
        (probes.Aim(-np.inf, np.inf, (-2.0, 1.0)), 0.5),
    ],
    ids=["bounded", "half-bounded", "unbounded"],
)
def test_continuous_actions(job, tolerance):
    scene = fleet_at(job, 4000, SEEDS).scene
    for sign, target in zip((-1.0, 1.0), job.targets, strict=True):
        found = np.array([action[0] for action in actions_at(scene, job, np.full(1, sign, np.float32))])
        np.testing.assert_allclose(found, target, atol=tolerance)


def test_spaces_are_what_the_probes_say():
    assert isinstance(probes.JointChoice("discrete").action_space, spaces.MultiDiscrete)
    assert Codec(probes.ManyChoices().observation_space, probes.ManyChoices().action_space).signature.grid == (6, 5)
