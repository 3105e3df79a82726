"""What was tried, what lies ahead and when to look for it, by hand, in tables of a few places."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import signature
from trainee.learner import novelty
from trainee.learner.novelty import TRAIL_STEPS, Novelty, Rule, Trail
from trainee.types import Signature

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])

# What is carried back is taken in at once, and halves with each step.
RULE = Rule(discount=0.5, rate=1.0, memory_steps=4.0, patience_steps=3, most=0.5)
PLACES = 9
# Taken so often that nothing of the bonus is left that could be seen below.
OFTEN = 1e6


def fresh(components=1, choices=2, known=(), spell=0, finds=(0.0, 0.0)):
    """Nothing is known but that everything was taken often at some places."""
    tried = np.zeros((PLACES, components * choices), np.float32)
    tried[list(known)] = OFTEN
    trail = Trail(
        jnp.zeros(TRAIL_STEPS, jnp.int32),
        jnp.zeros((TRAIL_STEPS, components, choices), bool),
        jnp.zeros((TRAIL_STEPS, components), jnp.int32),
        jnp.arange(-TRAIL_STEPS, 0),
        jnp.zeros(TRAIL_STEPS),
    )
    return Novelty(jnp.array(tried), jnp.zeros(tried.shape), trail, jnp.array(finds), jnp.array(spell))


def went(known, *steps, rule=RULE, variant=jax.jit, closed=()):
    """After steps, each a place and the columns of the action that led to it; without one it begins an episode, and a
    third entry is its discount. Columns that are closed are so everywhere.
    """
    note = variant(lambda *told: novelty.noted(*told, rule))
    components = known.trail.action.shape[1]
    there = np.ones(known.trail.open.shape[1:], bool)
    there.reshape(-1)[list(closed)] = False
    for place, action, *discount in steps:
        columns = (
            jnp.zeros(components, jnp.int32) if action is None else jnp.array(action, jnp.int32).reshape(components)
        )
        first, end = jnp.array(action is None), jnp.float32(discount[0] if discount else 1.0)
        known = note(known, jnp.array(place), columns, jnp.array(there), first, end)
    return known


def table(entries, columns=2):
    """A table of these entries, and zeros everywhere else."""
    full = np.zeros((PLACES, columns), np.float32)
    for at, number in entries.items():
        full[at] = number
    return full


def assert_ahead(known, entries, columns=2):
    np.testing.assert_allclose(known.ahead, table(entries, columns), atol=1e-6)


def test_what_is_not_open_promises_nothing():
    # At place 2 the second choice was never taken; a half of its bonus is one step away, unless it is closed.
    known = eqx.tree_at(lambda n: n.tried, fresh(known=[1, 2]), fresh(known=[1, 2]).tried.at[2, 1].set(0.0))
    assert_ahead(went(known, (1, None), (2, 0)), {(1, 0): 0.5})
    assert_ahead(went(known, (1, None), (2, 0), closed=[1]), {})


def test_columns_are_open_where_a_choice_of_theirs_is():
    both = Signature(0, (), (), (2, 7), (False, True), "both")
    allowed = np.zeros((2, 7), bool)
    allowed[0, :2], allowed[1, 6] = True, True
    assert novelty.open_columns(both, jnp.array(allowed)).tolist() == [[True, True, False], [False, False, True]]


def test_the_bonus_falls_with_the_square_of_the_times():
    np.testing.assert_allclose(novelty.bonus(jnp.array([0.0, 1.0, 9.0])), [1, 0.25, 0.01], rtol=1e-6)


@variants
def test_a_promise_is_the_bonus_and_what_lies_ahead(variant):
    known = fresh()
    known = eqx.tree_at(lambda n: n.tried, known, known.tried.at[4].set(jnp.array([1.0, 0.0])))
    known = eqx.tree_at(lambda n: n.ahead, known, known.ahead.at[4, 0].set(0.5))
    promise = variant(novelty.promise)
    np.testing.assert_allclose(promise(known, jnp.array(4)), [0.75, 1.0], rtol=1e-6)
    np.testing.assert_allclose(promise(known, jnp.array([4, 5])), [[0.75, 1.0], [1.0, 1.0]], rtol=1e-6)


@variants
def test_what_was_taken_is_counted_at_the_place_it_was_taken(variant):
    known = went(fresh(), (1, None), (2, 1), (1, 0), (2, 1), (5, None), (1, 0), variant=variant)
    # What is said to have led to the first steps of episodes is no action.
    np.testing.assert_array_equal(known.tried, table({(1, 1): 2, (2, 0): 1, (5, 0): 1}))
    assert known.trail.place[-6:].tolist() == [1, 2, 1, 2, 5, 1]


def test_each_component_of_an_action_is_counted():
    known = went(fresh(components=2, choices=3), (1, None), (2, [1, 5]), (1, [0, 3]), (2, [1, 4]))
    np.testing.assert_array_equal(known.tried, table({(1, 1): 2, (1, 5): 1, (1, 4): 1, (2, 0): 1, (2, 3): 1}, 6))


@variants
def test_what_is_new_lies_ahead_of_the_step_to_it(variant):
    known = went(fresh(), (1, None), (2, 0), variant=variant)
    # At the second place nothing was ever taken: a promise of 1, one step on.
    assert_ahead(known, {(1, 0): 0.5})
    np.testing.assert_allclose(novelty.promise(known, jnp.array(1)), [0.25 + 0.5, 1.0], rtol=1e-6)


@variants
def test_what_is_new_is_carried_back_along_the_whole_trail_at_once(variant):
    way = (1, None), (2, 0), (3, 1)
    assert_ahead(went(fresh(known=(1, 2, 3)), *way, variant=variant), {})
    # The fourth place is new: a half of it lies ahead of the step to it, a quarter and an eighth of those before.
    known = went(fresh(known=(1, 2, 3)), *way, (4, 0), variant=variant)
    assert_ahead(known, {(3, 0): 0.5, (2, 1): 0.25, (1, 0): 0.125})


def test_what_lies_ahead_of_a_place_is_carried_back_too():
    known = went(fresh(known=(1, 2, 3)), (2, None), (3, 1), (4, 0))
    assert_ahead(known, {(3, 0): 0.5, (2, 1): 0.25})
    # Another episode only comes to the second place: a quarter lies ahead of it, and so an eighth of the step to it.
    assert_ahead(went(known, (1, None), (2, 1)), {(3, 0): 0.5, (2, 1): 0.25, (1, 1): 0.125})


def test_the_best_that_was_reached_is_what_counts():
    known = fresh(known=(1, 2, 3))
    known = eqx.tree_at(lambda n: n.tried, known, known.tried.at[4].set(jnp.array([1.0, 3.0])))
    # At the fourth place the choice taken once is the better one: ¼ and not 1/16. Beyond it there is nothing.
    assert_ahead(went(known, (1, None), (4, 0), (2, 1), (3, 0)), {(1, 0): 0.125})
    # Where both were taken often, a new place beyond it is the best that was reached: ¼, two steps on.
    known = eqx.tree_at(lambda n: n.tried, known, known.tried.at[4].set(9.0))
    assert_ahead(went(known, (1, None), (4, 0), (5, 1)), {(4, 1): 0.5, (1, 0): 0.25})


@variants
def test_nothing_is_carried_over_the_boundary_of_an_episode(variant):
    known = went(fresh(known=(1, 2, 3, 4)), (1, None), (2, 0), (3, None), (4, 1), (5, 1), variant=variant)
    assert_ahead(known, {(4, 1): 0.5, (3, 1): 0.25})
    # Nothing was taken at the last step of an episode, and so nothing is heard of what was once taken there.
    known = eqx.tree_at(lambda n: n.ahead, fresh(known=(1, 2)), jnp.array(table({(2, 0): 0.75, (2, 1): 0.75})))
    known = went(known, (1, None), (2, 0, 0.0), (5, None), (6, 1), variant=variant)
    assert_ahead(known, {(2, 0): 0.75, (2, 1): 0.75, (5, 1): 0.5})


@variants
def test_nothing_lies_behind_termination(variant):
    way = (1, None), (2, 0)
    assert_ahead(went(fresh(known=(1, 2)), *way, (5, 1, 0.0), variant=variant), {})
    # A time limit, at which the discount is 1, ends an episode and not what could be found.
    assert_ahead(went(fresh(known=(1, 2)), *way, (5, 1, 1.0), variant=variant), {(2, 1): 0.5, (1, 0): 0.25})


def test_what_was_known_stays_when_the_way_to_it_is_not_walked():
    known = went(fresh(known=(1, 2, 3)), (1, None), (2, 0), (4, 1))
    assert_ahead(known, {(2, 1): 0.5, (1, 0): 0.25})
    # From the second place another way, in another episode: of the first one's steps nothing more is heard.
    known = eqx.tree_at(lambda n: n.trail, known, fresh().trail)
    known = went(known, (2, None), (3, 0))
    assert_ahead(known, {(2, 1): 0.5, (1, 0): 0.25})


def test_what_turns_out_to_be_known_is_forgotten():
    known = went(fresh(known=(1, 2)), (1, None), (2, 0), (4, 1))
    known = eqx.tree_at(lambda n: (n.tried, n.trail), known, (known.tried.at[4].set(OFTEN), fresh().trail))
    assert_ahead(went(known, (2, None), (4, 1)), {(1, 0): 0.25})


def test_a_table_takes_in_a_share_for_each_step_on_the_trail():
    slow = RULE._replace(rate=0.25)
    known = went(fresh(known=(1, 2, 3)), (1, None), (2, 0), (4, 1), rule=slow)
    # A quarter of ½, and a quarter of ¼.
    assert_ahead(known, {(2, 1): 0.125, (1, 0): 0.0625})
    # One step on both are a quarter nearer: at the fourth place there is still a choice that was never taken.
    known = went(known, (3, 0), rule=slow)
    assert_ahead(known, {(2, 1): 0.125 + 0.25 * 0.375, (1, 0): 0.0625 + 0.25 * 0.1875})


@pytest.mark.parametrize(("between", "heard"), [(TRAIL_STEPS - 2, 1.0), (TRAIL_STEPS - 1, 0.0)])
def test_a_trail_is_so_many_steps_long(between, heard):
    endless = RULE._replace(discount=1.0)
    steps = [(1, None), (2, 1), *[(2, 0)] * (between - 1), (3, 0)]
    known = went(fresh(known=(1, 2)), *steps, rule=endless)
    assert_ahead(known, {(1, 1): heard, (2, 0): 1.0})


def test_what_is_new_is_a_mean_over_components():
    known = fresh(components=2)
    tried = jnp.array([1.0, 3.0, 0.0, 9.0])
    known = eqx.tree_at(lambda n: n.tried, known, known.tried.at[2].set(tried).at[1].set(OFTEN))
    # The best of each component: ¼ of one taken once, 1 of one never taken.
    assert_ahead(went(known, (1, None), (2, [1, 2])), {(1, 1): 0.5 * 0.625, (1, 2): 0.5 * 0.625}, 4)


@variants
def test_finds_at_work_are_of_work(variant):
    # The beginning of an episode is no step on which something could have been found.
    known = went(fresh(finds=(0.2, 0.5)), (1, None), variant=variant)
    np.testing.assert_allclose(known.finds, [0.2, 0.5])
    # A find, and then the same again, which is none: 0.2 + 0.8/4, and three quarters of it.
    known = went(known, (1, 0), variant=variant)
    np.testing.assert_allclose(known.finds, [0.4, 0.5], rtol=1e-6)
    known = went(known, (1, 0), variant=variant)
    np.testing.assert_allclose(known.finds, [0.3, 0.5], rtol=1e-6)
    # A find at work begins no spell of curiosity.
    assert known.spell == 0


@variants
def test_finds_out_of_curiosity_are_of_curiosity(variant):
    known = went(fresh(finds=(0.5, 0.2), spell=3, known=(2,)), (1, None), variant=variant)
    np.testing.assert_allclose(known.finds, [0.5, 0.2])
    known = went(eqx.tree_at(lambda n: n.spell, known, jnp.array(3)), (2, 0), variant=variant)
    np.testing.assert_allclose(known.finds, [0.5, 0.4], rtol=1e-6)
    known = went(known, (2, 1), variant=variant)
    np.testing.assert_allclose(known.finds, [0.5, 0.3], rtol=1e-6)


def test_half_of_an_action_that_is_new_is_half_a_find():
    known = went(fresh(components=2), (1, None), (1, [0, 2]), (1, [0, 3]))
    # 1/4, and a quarter of the way from there to ½.
    np.testing.assert_allclose(known.finds, [0.25 + 0.25 * 0.25, 0.0], rtol=1e-6)


@variants
def test_a_spell_ends_after_patience_without_a_find(variant):
    known, left = went(fresh(known=(2,)), (2, None), variant=variant), []
    known = eqx.tree_at(lambda n: n.spell, known, jnp.array(RULE.patience_steps))
    for _ in range(4):
        known = went(known, (2, 0), variant=variant)
        left.append(int(known.spell))
    assert left == [2, 1, 0, 0]


@variants
def test_a_find_renews_the_spell(variant):
    known, left = went(fresh(known=(2,)), (2, None), variant=variant), []
    known = eqx.tree_at(lambda n: n.spell, known, jnp.array(2))
    # To a place where nothing was ever taken, and away from it, which is a find; then what is known; all once more.
    for step in [(1, 0), (2, 0), (2, 1), (1, 1), (2, 1), (2, 0), (2, 0), (3, 0), (2, 0)]:
        known = went(known, step, variant=variant)
        left.append(int(known.spell))
    # The last one finds something too, but no longer out of curiosity.
    assert left == [1, 3, 2, 1, 3, 2, 1, 0, 0]


def test_a_spell_ends_with_its_episode():
    known = went(fresh(spell=3), (1, None))
    assert known.spell == 0


@variants
@pytest.mark.parametrize(
    ("at_work", "curious", "expected"),
    [
        # Three steps of patience: one find in three is worth the most.
        (0.0, 1 / 3, 0.5),
        (0.0, 1 / 6, 0.25),
        (1 / 6, 1 / 3, 0.25),
        (0.2, 0.2, 0.0),
        (0.5, 0.1, 0.0),
        (0.0, 1.0, 0.5),
    ],
)
def test_curiosity_has_a_share_while_it_finds_what_work_does_not(variant, at_work, curious, expected):
    known = fresh(finds=(at_work, curious))
    found = variant(lambda n: novelty.share(n, RULE))(known)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_new_stream_expects_the_most_of_curiosity():
    new = novelty.init_novelty(signature(1), 100)
    # Two choices of one component in 2¹⁹ numbers.
    assert new.tried.shape == new.ahead.shape == (2**18, 2)
    assert not np.any(new.tried)
    assert not np.any(new.ahead)
    np.testing.assert_allclose(novelty.share(new, RULE._replace(patience_steps=100)), 0.5, rtol=1e-6)
    # Three components of up to seven choices: 2¹⁹/21 is between 2¹⁴ and 2¹⁵.
    assert novelty.init_novelty(signature(1, choices=(7, 2, 3)), 100).tried.shape == (2**14, 21)
    # Two that are continuous have three parts each, however many choices there are.
    assert novelty.init_novelty(signature(1, choices=(9, 9), continuous=True), 100).tried.shape == (2**16, 6)


def test_each_choice_has_a_column_and_each_part_of_a_continuous_component():
    assert novelty.columns(signature(1, choices=(4,))).tolist() == [[0, 1, 2, 3]]
    of_two = novelty.columns(signature(1, choices=(4, 2)))
    assert [of_two[0].tolist(), of_two[1, :2].tolist()] == [[0, 1, 2, 3], [4, 5]]
    both = Signature(1, (), (), (2, 6), (False, True), "test")
    of_both = novelty.columns(both)
    assert [of_both[0, :2].tolist(), of_both[1].tolist()] == [[0, 1], [3, 3, 4, 4, 5, 5]]
