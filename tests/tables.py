"""Tables of what was tried at a few places, and steps between these, for tests of novelty by hand."""

from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import novelty, outcomes
from trainee.learner.novelty import WAYS, Novelty, Rule, Ways

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])

# What a sweep finds is taken in at once, and halves with each step.
RULE = Rule(discount=0.5, rate=1.0, memory_steps=4.0, patience_steps=3, spell_steps=3, most=0.5)
PLACES = 9
# Taken so often that nothing of the bonus is left that could be seen below.
OFTEN = 1e6
# An episode begins where nothing else happens in these tests: a sweep, and nothing more.
PAUSE = (8, None)


def fresh(components=1, choices=2, known=(), spell=0, finds=(0.0, 0.0), prizes=(0.0, 0.0), ways_worth=False):
    """Nothing is known but that everything was taken often at some places, each of whose ways is swept over."""
    tried = np.zeros((PLACES, components * choices), np.float32)
    tried[list(known)] = OFTEN
    actions = np.arange(choices)[:, None] + choices * np.arange(components)
    place, action = np.repeat(np.array(known, np.int32), choices), np.tile(actions, (len(known), 1))
    return Novelty(
        jnp.arange(1, PLACES + 1, dtype=jnp.uint32),
        jnp.array(tried),
        jnp.zeros(tried.shape),
        jnp.zeros(tried.shape, jnp.int32),
        jnp.zeros((PLACES, components, choices), bool),
        ring(place, action),
        jnp.array(0),
        jnp.array(0),
        jnp.array(finds),
        jnp.array(prizes),
        jnp.array(spell),
        jnp.array(0.0),
        jnp.array(outcomes.NEVER),
        jnp.zeros(tried.shape),
        jnp.zeros(tried.shape) if ways_worth else None,
    )


def ring(place, action, count=None):
    """Ways, from the first slot on; of all others the action 0 at place 0, which leads nowhere in these tests."""
    room = WAYS - len(place)
    places, actions = np.pad(place, (0, room)), np.pad(action, ((0, room), (0, 0)))
    return Ways(
        jnp.array(places, jnp.int32), jnp.array(actions, jnp.int32), jnp.array(len(place) if count is None else count)
    )


@functools.cache
def noting(variant, rule):
    return variant(lambda *told: novelty.noted(*told[:-4], rule, *told[-4:]))


def went(known, *steps, rule=RULE, variant=jax.jit, closed=(), exact=False, usual=0.0, unit=1.0):
    """After steps, each a place and the columns of the action that led to it; without one it begins an episode. A third
    entry is its discount, and a fourth one what it brought. Columns that are closed are so at all of these places.
    """
    components = known.ways.action.shape[1]
    there = np.ones(known.open.shape[1:], bool)
    there.reshape(-1)[list(closed)] = False
    for place, action, *end_and_prize in steps:
        columns = (
            jnp.zeros(components, jnp.int32) if action is None else jnp.array(action, jnp.int32).reshape(components)
        )
        discount, brought = (*end_and_prize, *(1.0, 0.0)[len(end_and_prize) :])
        told = jnp.array(place), columns, jnp.array(there), jnp.array(action is None), jnp.float32(discount)
        brings = jnp.float32(brought), jnp.array(exact), jnp.float32(usual), jnp.float32(unit)
        known = noting(variant, rule)(known, *told, *brings)
    return known


def leading_to(place):
    """What the table of where actions lead has for one that led there once."""
    return outcomes.leading(jnp.array(0), jnp.array(place), jnp.array(False))


def table(entries, columns=2):
    """A table of these entries, and zeros everywhere else."""
    full = np.zeros((PLACES, columns), np.float32)
    for at, number in entries.items():
        full[at] = number
    return full


def assert_ahead(known, entries, columns=2):
    np.testing.assert_allclose(known.ahead, table(entries, columns), atol=1e-6)


def tried_at(known, place, times):
    """With so many times at a place."""
    return eqx.tree_at(lambda n: n.tried, known, known.tried.at[place].set(jnp.array(times, jnp.float32)))


def wide(held):
    """Twelve choices at each of eight places, all of which lead to the ninth, where nothing was tried: 96 ways in their
    order, of which so many were found.
    """
    known, nth = fresh(choices=12), np.arange(96)
    known = tried_at(known, np.arange(8), OFTEN)
    ways = ring(nth // 12, nth[:, None] % 12, held)
    leads = known.leads.at[:8].set(leading_to(8))
    return eqx.tree_at(lambda n: (n.ways, n.leads), known, (ways, leads))


def brimful(steps):
    """Three more ways were found than there is room for: the one in the third slot is the newest, and the one in the
    fourth the oldest that is left. Both lead to the fourth place, where nothing was tried, and no other leads anywhere.
    """
    known = fresh(known=(2, 3))
    ways = ring(np.array([0, 0, 2, 3]), np.array([[0], [0], [1], [1]]), WAYS + 3)
    leads = known.leads.at[2, 1].set(leading_to(4)).at[3, 1].set(leading_to(4))
    parts = lambda n: (n.ways, n.leads, n.open, n.steps)  # noqa: E731
    return eqx.tree_at(parts, known, (ways, leads, known.open.at[4].set(True), jnp.array(steps)))


def assert_worth(known, entries, columns=2):
    """Where something was taken: all that is open and never was is worth nothing yet."""
    np.testing.assert_allclose(known.worth, table(entries, columns), atol=1e-6)
