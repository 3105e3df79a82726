"""What curiosity finds, and how much of the time it is worth, by hand."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from tables import PAUSE, RULE, assert_ahead, fresh, table, variants, went
from trainee.learner import novelty
from trainee.learner.outcomes import PRIZE


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


@variants
def test_a_spell_ends_after_so_many_steps_without_a_find(variant):
    known, left = went(fresh(known=(2,)), (2, None), variant=variant), []
    known = eqx.tree_at(lambda n: n.spell, known, jnp.array(RULE.spell_steps))
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
def test_what_brought_much_is_a_prize_and_a_find(variant):
    known = went(fresh(finds=(0.2, 0.5), prizes=(0.4, 0.6), known=(1, 2)), (1, None, 1.0, 1.0), variant=variant)
    # Nothing is brought by what begins an episode.
    np.testing.assert_allclose((known.finds, known.prizes), ([0.2, 0.5], [0.4, 0.6]), rtol=1e-6)
    assert not np.any(known.brings)
    # 0.2 + 0.8/4, and 0.4 + 0.6/4, of what was taken often; and then three quarters of both, where it brings less.
    known = went(known, (2, 0, 1.0, PRIZE), variant=variant)
    np.testing.assert_allclose((known.finds, known.prizes), ([0.4, 0.5], [0.55, 0.6]), rtol=1e-6)
    known = went(known, (1, 1, 1.0, 0.75 * PRIZE), variant=variant)
    np.testing.assert_allclose((known.finds, known.prizes), ([0.3, 0.5], [0.4125, 0.6]), rtol=1e-6)
    np.testing.assert_allclose(known.brings, table({(1, 0): PRIZE, (2, 1): 0.75 * PRIZE}))
    # What was never taken is a find without being a prize.
    known = went(known, (3, None), (1, 0), variant=variant)
    np.testing.assert_allclose((known.finds, known.prizes), ([0.475, 0.5], [0.309375, 0.6]), rtol=1e-6)


@variants
def test_a_prize_out_of_curiosity_is_of_curiosity_and_renews_the_spell(variant):
    known = went(fresh(finds=(0.5, 0.2), prizes=(0.6, 0.4), known=(1, 2)), (1, None), variant=variant)
    known = eqx.tree_at(lambda n: n.spell, known, jnp.array(1))
    known = went(known, (2, 0, 1.0, 1.0), variant=variant)
    np.testing.assert_allclose((known.finds, known.prizes), ([0.5, 0.4], [0.6, 0.55]), rtol=1e-6)
    assert known.spell == RULE.spell_steps
    # What costs as much is none.
    known = went(known, (1, 0, 1.0, -1.0), variant=variant)
    np.testing.assert_allclose((known.finds, known.prizes), ([0.5, 0.3], [0.6, 0.4125]), rtol=1e-6)
    assert known.spell == RULE.spell_steps - 1


@variants
def test_where_places_are_known_for_sure_what_was_done_a_few_times_is_a_find_in_part(variant):
    known, found = went(fresh(), (1, None), variant=variant), []
    for _ in range(3):
        before = float(known.finds[0])
        known = went(known, (1, 0), exact=True, variant=variant)
        found.append(4 * (float(known.finds[0]) - before) + before)
    np.testing.assert_allclose(found, [1, 1 / 4, 1 / 9], rtol=1e-5)
    # A spell goes on while that is more than curiosity is to find in its patience: a quarter is not more than a third.
    known = eqx.tree_at(lambda n: n.spell, went(known, (2, None), variant=variant), jnp.array(3))
    for place, spell in ((2, RULE.spell_steps), (2, RULE.spell_steps - 1)):
        known = went(known, (place, 0), exact=True, variant=variant)
        assert known.spell == spell


@variants
def test_where_places_are_known_for_sure_a_prize_is_what_brings_much_on_the_mean(variant):
    known, promised = went(fresh(), (1, None), variant=variant), []
    for brought in (1.0, 1.0, -0.2, -1.4, -2.0):
        known = went(known, (1, 0, 0.0, brought), (1, None), exact=True, unit=50.0, variant=variant)
        promised.append(float(variant(novelty.promise)(known, jnp.array(1))[0]))
    # Means of 1, 1, 0.6, 0.1 and −0.32, and two thirds is the most that is believed: 1 while it is a third or more.
    np.testing.assert_allclose(promised, [1, 1, 1, 1 / 25, 1 / 36], rtol=1e-5)
    # Where lines bring more than that it is none.
    known = went(fresh(), (1, None), (1, 0, 0.0, 1.0), exact=True, usual=2.5, variant=variant)
    assert novelty.promise(known, jnp.array(1))[0] == 0.25
    # At work that was a find and no prize.
    np.testing.assert_allclose((known.finds[0], known.prizes[0]), (0.25, 0.0))


def test_a_prize_is_one_no_more_when_a_larger_one_was_brought():
    known = went(fresh(known=(1, 2)), (1, None), (2, 0, 1.0, 0.6))
    np.testing.assert_allclose(novelty.promise(known, jnp.array(1)), [1, 0], atol=1e-6)
    # In the same reward units: 0.6 is less than a half of 2, and as much as a half of 1.2.
    for unit, promised in ((2.0, 0), (1.2, 1)):
        later = went(known, (8, None), unit=unit)
        np.testing.assert_allclose(novelty.promise(later, jnp.array(1)), [promised, 0], atol=1e-6)


@variants
def test_a_prize_is_as_good_as_new_while_it_is_brought(variant):
    known = went(fresh(known=(1, 2, 3)), (1, None), (2, 0), (3, 1, 0.0, 1.0), variant=variant)
    promise = variant(novelty.promise)
    np.testing.assert_allclose(promise(known, jnp.array(2)), [0.0, 1.0], atol=1e-6)
    # The way back to it is heard of, one step a sweep, although all was taken often.
    assert_ahead(known, {(1, 0): 0.5})
    known = went(known, *[PAUSE] * 5, variant=variant)
    assert_ahead(known, {(1, 0): 0.5})
    # When it brings less that is forgotten.
    known = went(known, (2, None), (3, 1, 0.0, 0.75 * PRIZE), variant=variant)
    np.testing.assert_allclose(promise(known, jnp.array(2)), [0.0, 0.0], atol=1e-6)
    assert_ahead(known, {})


@variants
def test_a_prize_that_is_not_open_promises_nothing(variant):
    way = (1, None), (2, 0), (3, 1, 0.0, 1.0)
    known = went(fresh(known=(1, 2)), *way, closed=[1], variant=variant)
    assert_ahead(known, {})


@variants
def test_curiosity_has_a_lead_while_it_comes_to_prizes_that_work_does_not(variant):
    # A half of the most, by prizes; and by finds, which are all of work, none.
    known = fresh(finds=(1.0, 0.0), prizes=(0.1, 0.1 + 1 / 6))
    both = variant(lambda n: (novelty.lead(n, RULE), novelty.share(n, RULE)))
    np.testing.assert_allclose(both(known), [0.25, 0.0], atol=1e-6)
    np.testing.assert_allclose(both(fresh(finds=(0.0, 1.0), prizes=(0.3, 0.3))), [0.0, 0.5], atol=1e-6)
    np.testing.assert_allclose(both(fresh(prizes=(0.3, 0.2))), [0.0, 0.0], atol=1e-6)


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


def test_half_of_an_action_that_is_new_is_half_a_find():
    known = went(fresh(components=2), (1, None), (1, [0, 2]), (1, [0, 3]))
    # 1/4, and a quarter of the way from there to ½.
    np.testing.assert_allclose(known.finds, [0.25 + 0.25 * 0.25, 0.0], rtol=1e-6)
