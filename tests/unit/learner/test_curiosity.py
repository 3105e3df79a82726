"""When a learner follows what is new, and what it counts as such."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import SMALL

pytestmark = pytest.mark.long


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
    known = eqx.tree_at(lambda s: s.stream.novelty.prizes, known, jnp.zeros(2))
    known = mixed.overrule(known, jnp.array([0.0, 0.5]))
    for spell in (7, 0):
        now = eqx.tree_at(lambda s: s.stream.novelty.spell, known, jnp.array(spell))
        spells, actions = decided_by_many(mixed, now, step, 200)
        assert set(spells.tolist()) == {spell}
        chosen, new, same = actions[:, 0] == 2, actions[:, 1] > 2, np.abs(actions[:, 1] - 0.5) < 0.3
        if spell:
            # Now and then it is any action all the same.
            assert np.mean(chosen) >= 0.95
            # Along a line it does what it did last, but for one step in ten: 20 of 200, and five deviations of 4.2.
            assert 2 <= np.sum(new) <= 41
            assert np.sum(same) >= 150
        else:
            # At work it does something else.
            assert np.sum(same) <= 50


def test_what_a_spell_begins_with_is_new_along_a_line_too(mixed, lived):
    state, step = lived
    known = mixed.overrule(finding(state, ended=1, brought=0.0), jnp.array([0.0, 0.5]))
    tried = jnp.zeros_like(known.stream.novelty.tried) + jnp.array([[1e3, 1e3, 0, 1e3, 1e3, 0]])
    known = eqx.tree_at(lambda s: (s.stream.novelty.tried, s.stream.novelty.ahead), known, (tried, 0 * tried))
    spells, actions = decided_by_many(mixed, known, dataclasses.replace(step, first=np.array(True)), 200)
    begun = actions[spells > 0]
    assert np.mean((begun[:, 0] == 2) & (begun[:, 1] > 2)) > 0.95


def finding(state, ended, brought):
    """Curiosity has just found something, but no prize, and work has not; so many lines are over, and so much did they
    bring.
    """
    known = eqx.tree_at(
        lambda s: (s.stream.lines.ended, s.stream.lines.brought), state, (jnp.array(ended), jnp.float32(brought))
    )
    return eqx.tree_at(found, known, (jnp.array([0.0, 0.1]), jnp.zeros(2), jnp.array(0)))


def found(state):
    return state.stream.novelty.finds, state.stream.novelty.prizes, state.stream.novelty.spell


def sated(state):
    """All heads believe that as much can be had as there ever was."""
    heads = lambda s: s.interface.learned.slow[1].linear.weight  # noqa: E731
    return eqx.tree_at(heads, state, heads(state) + 10.0)


def begun(mixed, state, step, count=400):
    """How many of as many beginnings of an episode are given to curiosity."""
    first = dataclasses.replace(step, first=np.array(True))
    spells = decided_by_many(mixed, state, first, count)[0]
    assert set(spells.tolist()) <= {0, SMALL.whole_spell_steps}
    return np.count_nonzero(spells)


def test_curiosity_is_given_its_share_of_the_episodes_while_it_finds_something(mixed, lived):
    state, step = lived
    state = finding(state, ended=1, brought=0.0)
    # A half of 400, give or take five standard deviations of 10.
    assert 150 < begun(mixed, state, step) < 250
    # Within an episode about once in a thousand steps at the most.
    assert np.count_nonzero(decided_by_many(mixed, state, step, 400)[0]) < 8
    idle = eqx.tree_at(lambda s: s.stream.novelty.finds, state, jnp.array([0.1, 0.1]))
    assert begun(mixed, idle, step) == 0


def test_before_a_line_is_over_there_is_to_hope_for_what_is_not_expected(mixed, lived):
    state, step = lived
    # What lines brought says nothing yet; and of what was ever had next to nothing is expected.
    hopeful = finding(state, ended=0, brought=1.0)
    assert 150 < begun(mixed, hopeful, step) < 250
    assert begun(mixed, sated(hopeful), step) == 0


def test_once_a_line_is_over_there_is_to_hope_for_what_lines_do_not_bring(mixed, lived):
    state, step = lived
    # What is believed does not count any more, however much it is.
    state = sated(state)
    assert 150 < begun(mixed, finding(state, ended=1, brought=0.0), step) < 250
    # A quarter of 400, give or take five standard deviations of 8.7: half of the hope, and half of the episodes.
    assert 56 < begun(mixed, finding(state, ended=9, brought=0.5), step) < 144
    assert begun(mixed, finding(state, ended=1, brought=1.0), step) == 0
    # Where lines cost something there is no more to hope for than all.
    assert 150 < begun(mixed, finding(state, ended=1, brought=-1.0), step) < 250


def test_curiosity_has_the_less_the_more_it_cost(mixed, lived):
    state, step = lived
    dear = lambda spent: eqx.tree_at(  # noqa: E731
        lambda s: s.stream.lines.spent, finding(state, ended=1, brought=0.0), jnp.float32(spent)
    )
    # One line in as many as its thrift halves the half that it had: a quarter of 400, give or take five deviations.
    assert 56 < begun(mixed, dear(1 / SMALL.curiosity_thrift), step) < 144
    # Ten lines leave one in six hundred.
    assert begun(mixed, dear(10.0), step) < 8


def test_where_lines_cost_something_curiosity_has_the_less_the_more_it_cost(mixed, lived):
    state, step = lived
    cost = lambda brought: eqx.tree_at(  # noqa: E731
        lambda s: s.stream.lines.spent, finding(state, ended=1, brought=brought), jnp.float32(10.0)
    )
    # One in a hundred and fifty at the most: 400, or fewer than 12.
    assert begun(mixed, cost(-0.5), step) < 12
    # Where they cost a fiftieth of the largest return there was, nothing can be lost: the half that it had.
    assert 150 < begun(mixed, cost(-0.02), step) < 250


def test_curiosity_that_comes_to_prizes_takes_over_within_an_episode(mixed, lived):
    state, step = lived
    state = finding(state, ended=1, brought=0.0)
    prized = lambda at_work, curious: eqx.tree_at(lambda s: found(s)[1], state, jnp.array([at_work, curious]))  # noqa: E731
    # A half of every twentieth step: 100 of 4000, give or take five standard deviations of 10.
    assert 50 < np.count_nonzero(decided_by_many(mixed, prized(0.0, 0.1), step, 4000)[0]) < 150
    # Not where work comes to as many, nor where lines bring as much as there ever was.
    assert np.count_nonzero(decided_by_many(mixed, prized(0.1, 0.1), step, 4000)[0]) < 10
    full = eqx.tree_at(lambda s: s.stream.lines.brought, prized(0.0, 0.1), jnp.float32(1.0))
    assert not np.any(decided_by_many(mixed, full, step, 4000)[0])


def test_until_there_ever_was_a_reward_curiosity_begins_at_any_step(mixed, lived):
    state, step = lived
    idle = eqx.tree_at(lambda s: s.interface.peak, finding(state, ended=1, brought=0.0), jnp.float32(0.0))
    # All of what it finds counts, and not half of it: every time.
    assert np.all(decided_by_many(mixed, idle, step, 400)[0] == SMALL.whole_spell_steps)
    assert begun(mixed, idle, step) == 400
    # One find in two hundred steps is half of what its patience asks for: 200 of 400, give or take five deviations.
    slow = eqx.tree_at(lambda s: found(s)[0], idle, jnp.array([0.0, 0.005]))
    assert 150 < np.count_nonzero(decided_by_many(mixed, slow, step, 400)[0]) < 250
    spent = eqx.tree_at(lambda s: found(s)[0], idle, jnp.array([0.1, 0.1]))
    assert not np.any(decided_by_many(mixed, spent, step, 400)[0])
