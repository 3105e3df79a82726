"""What the tests of a whole learner share: compiled once, and lived once."""

from __future__ import annotations

import jax
import pytest

from learners import CHOICES, LENGTH, MIXED, SMALL, compiled, time_steps
from trainee.learner import Learner
from trainee.types import JobSpec


@pytest.fixture(scope="session")
def mixed():
    return compiled(Learner(JobSpec(MIXED), width=8, constants=SMALL))


@pytest.fixture(scope="session")
def lived(mixed):
    """A state that has seen and learned something, and the time step that it waits for."""
    return _lived(mixed)


@pytest.fixture(scope="session")
def plain():
    """One whose actions are choices alone."""
    return compiled(Learner(JobSpec(CHOICES), width=8, constants=SMALL))


@pytest.fixture(scope="session")
def plainly_lived(plain):
    return _lived(plain)


def _lived(made):
    state = made.init(jax.random.key(0))
    stream = time_steps(LENGTH)
    for step in stream[:-1]:
        state, _ = made.step(state, step)
    return state, stream[-1]
