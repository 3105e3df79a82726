"""What counts as a prize to a whole learner."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from learners import SMALL, compiled, signature
from trainee.learner import Learner
from trainee.types import JobSpec, Observation, TimeStep


def thresholds(rewards, length):
    """How much a prize would have to bring at each step of lines of that length, where one place is all there is."""
    learner = compiled(Learner(JobSpec(signature(categories=(3,))), width=8, constants=SMALL))
    state, found = learner.init(jax.random.key(0)), []
    seen = Observation(jnp.zeros(0), jnp.zeros(1, jnp.int32), ())
    for i, reward in enumerate(rewards):
        # Between two lines there is a time step that begins one, and brings nothing.
        first, last = i % (length + 1) == 0, i % (length + 1) == length
        told = np.float32(0.0 if first else reward), np.float32(not last), np.array(first), np.array(last)
        state, _ = learner.step(state, TimeStep(seen, *told))
        found.append(float(state.stream.novelty.prize))
    return found


def test_what_is_brought_all_the_way_is_no_prize_however_long_the_line_is():
    # At first half of the half that is believed; then half of what the line has brought, which never ends.
    found = thresholds([1.0] * 12, length=100)
    assert found[1] == 0.25
    assert found[4] > 1
    assert np.all(np.diff(found[4:]) > 0)


def test_what_is_brought_in_the_end_is_a_prize():
    found = thresholds([0.0, 0.0, 1.0] * 4, length=2)
    assert found[2] == 0.25
    assert max(found[2:]) <= 0.5
