"""When a learner follows what is new, and what it counts as such."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from learners import SMALL


def test_each_transition_is_counted_once_for_each_component(mixed, lived):
    state, step = lived
    # Eleven time steps, two of which begin an episode.
    tried = state.stream.novelty.tried
    assert float(jnp.sum(tried)) == 2 * 9
    # The third choice of the first component, and of the second, which is continuous, the last of three parts.
    after, _ = mixed.step(mixed.overrule(state, jnp.array([2.0, 3.6])), step)
    counted = jnp.sum(after.stream.novelty.tried - tried, axis=0).reshape(2, 3)
    assert counted.tolist() == [[0, 0, 1], [0, 0, 1]]


def decided_by_many(mixed, state, step, count):
    """How long curiosity goes on after a decision, and the action, for as many keys."""

    def one(key):
        after, decision = mixed.learner.decide(eqx.tree_at(lambda s: s.stream.key, state, key), step)
        return after.stream.novelty.spell, decision.action

    step = jax.tree.map(jnp.asarray, step)
    return jax.tree.map(np.asarray, jax.jit(jax.vmap(one))(jax.vmap(jax.random.key)(jnp.arange(count))))


def test_out_of_curiosity_what_was_never_tried_is_chosen(mixed, lived):
    state, step = lived
    # Everywhere but the third choice of the first component and the last part of the second: its fourth and fifth.
    tried = np.array([[1e3, 1e3, 0, 1e3, 1e3, 0]], np.float32)
    tables = lambda s: (s.stream.novelty.tried, s.stream.novelty.ahead)  # noqa: E731
    everywhere = jnp.zeros_like(tables(state)[0]) + tried
    known = eqx.tree_at(tables, state, (everywhere, jnp.zeros_like(everywhere)))
    for spell in (7, 0):
        now = eqx.tree_at(lambda s: s.stream.novelty.spell, known, jnp.array(spell))
        spells, actions = decided_by_many(mixed, now, step, 50)
        assert set(spells.tolist()) == {spell}
        chosen = (actions[:, 0] == 2) & (actions[:, 1] > 2)
        # Now and then it is any action all the same; at work it is another one.
        assert np.sum(chosen) >= 45 if spell else np.sum(chosen) <= 25


def test_curiosity_is_given_its_share_of_the_episodes_while_there_is_something_to_hope_for(mixed, lived):
    state, step = lived
    # It has just found something, and work has not.
    state = eqx.tree_at(
        lambda s: (s.stream.novelty.finds, s.stream.novelty.spell), state, (jnp.array([0.0, 0.1]), jnp.array(0))
    )
    first = dataclasses.replace(step, first=np.array(True))
    begun = decided_by_many(mixed, state, first, 400)[0]
    assert set(begun.tolist()) == {0, SMALL.patience_steps}
    # A half of 400, give or take five standard deviations of 10.
    assert 150 < np.count_nonzero(begun) < 250
    # Within an episode about once in a thousand steps at the most.
    assert np.count_nonzero(decided_by_many(mixed, state, step, 400)[0]) < 8
    heads = lambda s: s.interface.learned.slow[1].linear.weight  # noqa: E731
    sated = eqx.tree_at(heads, state, heads(state) + 10.0)
    assert not np.any(decided_by_many(mixed, sated, first, 400)[0])
    idle = eqx.tree_at(lambda s: s.stream.novelty.finds, state, jnp.array([0.1, 0.1]))
    assert not np.any(decided_by_many(mixed, idle, first, 400)[0])
