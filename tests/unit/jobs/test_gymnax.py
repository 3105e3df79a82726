from __future__ import annotations

import sys

import jax
import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import MissingExtra, UnknownJob, UnsupportedSpace
from trainee.jobs import HostJaxJob, TracedJob, gymnax_job
from trainee.jobs.gymnax import gymnasium_space

gymnax = pytest.importorskip("gymnax")


def test_a_name_becomes_a_job():
    job = gymnax_job("CartPole-v1")
    assert job.name == "CartPole-v1"
    assert job.action_space == spaces.Discrete(2)
    assert job.observation_space.shape == (4,)


def test_an_environment_with_its_parameters_becomes_a_job_and_its_time_limit_truncates():
    env, params = gymnax.make("CartPole-v1")
    job = HostJaxJob(gymnax_job(env, params.replace(max_steps_in_episode=3)))
    job.reset()
    steps = [job.step(np.float32([i % 2])) for i in range(3)]
    assert [bool(step.last) for step in steps] == [False, False, True]
    assert [float(step.discount) for step in steps] == [1, 1, 1]


def test_a_fall_terminates():
    job = HostJaxJob(gymnax_job("CartPole-v1"))
    job.reset()
    steps = [job.step(np.float32([1])) for _ in range(12)]
    ends = [step for step in steps if step.last]
    assert ends
    assert ends[0].discount == 0


@pytest.mark.parametrize(
    "name",
    [
        "CartPole-v1",
        "Pendulum-v1",
        "Acrobot-v1",
        "Breakout-MinAtar",
        "DeepSea-bsuite",
        "PointRobot-misc",
        "FrozenLake-misc",
    ],
)
def test_the_state_keeps_its_types_so_that_a_scan_can_carry_it(name):
    job = TracedJob(gymnax_job(name))
    state, first = jax.eval_shape(job.reset, jax.random.key(0))
    action = jax.ShapeDtypeStruct((len(job.spec.signature.choices),), np.float32)
    after, step = jax.eval_shape(job.step, jax.random.key(0), state, action)
    for before, now in zip(jax.tree.leaves((state, first)), jax.tree.leaves((after, step)), strict=True):
        assert (before.shape, before.dtype, before.weak_type) == (now.shape, now.dtype, now.weak_type)


def test_spaces_are_those_of_gymnasium():
    kinds = gymnax.environments.spaces
    box = gymnasium_space(kinds.Box(-1.0, np.array([1.0, 2.0]), (2,)))
    assert box == spaces.Box(np.float32([-1, -1]), np.float32([1, 2]))
    whole = gymnasium_space(kinds.Box(-np.inf, np.inf, (1,), np.int32))
    assert whole.high.tolist() == [2**31 - 1]
    nested = gymnasium_space(kinds.Dict({"a": kinds.Tuple([kinds.Discrete(3)])}))
    assert nested == spaces.Dict(a=spaces.Tuple([spaces.Discrete(3)]))
    with pytest.raises(UnsupportedSpace, match="is a int"):
        gymnasium_space(3)


def test_an_unknown_name_is_told_with_near_ones():
    with pytest.raises(UnknownJob, match=r"no environment 'CartPol-v1'; did you mean CartPole-v1"):
        gymnax_job("CartPol-v1")


def test_without_gymnax_the_message_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnax", None)
    with pytest.raises(MissingExtra, match=r"'CartPole-v1' needs gymnax.*pip install 'trainee\[jax-jobs\]'"):
        gymnax_job("CartPole-v1")
