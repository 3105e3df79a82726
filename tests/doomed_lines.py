"""Lines of work to judge by hand: how they begin, what there is to expect of them, and what they bring."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from trainee.learner import quitting
from trainee.learner.quitting import PLAYED, Outlook

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])

# One that is given up at once, and one that is played out.
SURE, CHECKED = 0.5, PLAYED / 2


def outlook(value, known=None, promise=0.0):
    """By the value alone, unless something is known."""
    return Outlook(*(jnp.float32(number) for number in (value, value if known is None else known, promise)))


def at_once(known, now, curious, unit, first, last, chance):
    """Weighed and judged in one go."""
    weighed = quitting.weighed(known, now, curious, unit, first, last)
    return quitting.judged(known, weighed, first, chance)


def told(now, curious=0.0, unit=1.0, first=False, last=False, chance=SURE):
    """What is told of a time step, with the outlook from there."""
    return now, jnp.float32(curious), jnp.float32(unit), jnp.array(first), jnp.array(last), jnp.float32(chance)


def began(*starts, unit=1.0, known=None, variant=jax.jit):
    """After so many lines have begun, each with its outlook."""
    known, judge = quitting.init_quitting() if known is None else known, variant(at_once)
    for start in starts:
        known, gives_up = judge(known, *told(start, unit=unit, first=True))
        assert not gives_up
    return known


def judged(known, now, variant=jax.jit, **rest):
    return variant(at_once)(known, *told(now, **rest))


def gives_up(known, now, variant=jax.jit, **rest):
    return bool(judged(known, now, variant, **rest)[1])


def played(known, now=None, variant=jax.jit, unit=1.0):
    """After a line is to be given up and is played out."""
    known, abandoned = judged(known, outlook(0.0) if now is None else now, variant, unit=unit, chance=CHECKED)
    assert not abandoned
    assert known.playing
    return known


def heard(known, *rewards, ends=True, discount=0.5, variant=jax.jit):
    """After as many time steps, the last of which ends the episode."""
    for step, reward in enumerate(rewards):
        last = ends and step == len(rewards) - 1
        parts = jnp.float32(reward), jnp.array(False), jnp.array(last), jnp.float32(discount)
        known = variant(quitting.heard)(known, *parts)
    return known


def counts(known):
    return int(known.quits), int(known.played), int(known.wrong)
