"""Lines of work, made by hand."""

from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from trainee.learner import lines

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])

# More than there are in any test but one: all means are exact.
MEMORY = 100.0
MEMORY_STEPS = 1_000
AT_WORK = jnp.array(False)


def after(known, first, last, returned, curious=AT_WORK, memory_lines=MEMORY, costly=False, for_good=False):
    """With all that a line brought in its last reward."""
    return lines.entered(known, first, last, returned, returned, memory_lines, MEMORY_STEPS, curious, costly, for_good)


@functools.cache
def entering(variant, memory_lines):
    return variant(lambda *told: after(*told, memory_lines=memory_lines))


def worked(*episodes, known=None, memory_lines=MEMORY, variant=jax.jit):
    """After episodes, each its steps and what it brought in the end; without that it is still under way."""
    known, enter = lines.init_lines() if known is None else known, entering(variant, memory_lines)
    for steps, *brought in episodes:
        for step in range(steps + 1):
            last = bool(brought) and step == steps
            returned = jnp.float32(brought[0] if last else 0.0)
            known = enter(known, jnp.array(step == 0), jnp.array(last), returned)
    return known
