"""Vector environments in each mode of autoreset, through the contract of time steps."""

from __future__ import annotations

from itertools import pairwise

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from trainee.errors import UnfitTimeStep
from trainee.jobs import VectorJob, make

STREAMS = 3


def vector(name, mode, kind):
    how = {"autoreset_mode": mode}
    if kind == "async":
        # JAX runs threads here, which a fork would lose.
        how["context"] = "spawn"
    return VectorJob(gymnasium.make_vec(name, STREAMS, vectorization_mode=kind, vector_kwargs=how), seed=4)


def streams(job, steps):
    """Each stream's time steps, one after the other, under random actions."""
    random = np.random.default_rng(0)
    choices = job.spec.signature.choices
    said = [[step] for step in job.reset()]
    for _ in range(steps):
        actions = np.stack([[random.integers(n) for n in choices] for _ in range(STREAMS)]).astype(np.float32)
        for stream, new in zip(said, job.step(actions), strict=True):
            assert 1 <= len(new) <= 2
            stream.extend(new)
    return said


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("name", ["CartPole-v1", "FrozenLake-v1", "MountainCarContinuous-v0"])
def test_every_stream_follows_the_contract(name, mode):
    job = vector(name, mode, "sync")
    for stream in streams(job, 60):
        assert stream[0].first
        for before, step in pairwise(stream):
            assert not isinstance(step, UnfitTimeStep)
            assert bool(step.first) == bool(before.last)
            assert not (step.first and step.last)
            if step.first:
                assert step.reward == 0
                assert step.discount == 1
    job.close()


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_stream_says_what_the_job_alone_would_say(mode):
    """No dummy is among the time steps, and no real one is missing."""
    job = vector("CartPole-v1", mode, "sync")
    said = [[step] for step in job.reset()]
    for _ in range(40):
        for stream, new in zip(said, job.step(np.ones((STREAMS, 1), np.float32)), strict=True):
            stream.extend(new)
    job.close()
    for i, stream in enumerate(said):
        alone = make("CartPole-v1", seed=4 + i)
        for step in stream:
            same = alone.reset() if step.first else alone.step(np.ones(1, np.float32))
            np.testing.assert_array_equal(step.observation.numeric, same.observation.numeric)
            assert (step.reward, step.discount, step.last) == (same.reward, same.discount, same.last)
        assert sum(bool(step.last) for step in stream) >= 3


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP])
def test_environments_in_processes_of_their_own_say_the_same(mode):
    alike = []
    for kind in ("sync", "async"):
        job = vector("CartPole-v1", mode, kind)
        alike.append([[step.observation.numeric.tolist() for step in stream] for stream in streams(job, 30)])
        job.close()
    assert alike[0] == alike[1]
