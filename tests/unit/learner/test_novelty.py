"""What was tried at which place, and what it promises, by hand, in tables of a few places."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from learners import signature
from tables import RULE, assert_ahead, fresh, table, tried_at, variants, went
from trainee.learner import columns, novelty, outcomes
from trainee.types import Signature


def test_columns_are_open_where_a_choice_of_theirs_is():
    both = Signature(0, (), (), (2, 7), (False, True), "both")
    allowed = np.zeros((2, 7), bool)
    allowed[0, :2], allowed[1, 6] = True, True
    assert columns.opened(both, jnp.array(allowed)).tolist() == [[True, True, False], [False, False, True]]


def test_the_bonus_falls_with_the_square_of_the_times():
    np.testing.assert_allclose(novelty.bonus(jnp.array([0.0, 1.0, 9.0])), [1, 0.25, 0.01], rtol=1e-6)


@variants
def test_a_promise_is_the_larger_of_the_bonus_and_what_lies_ahead(variant):
    known = tried_at(fresh(), 4, [1.0, 1.0])
    known = eqx.tree_at(lambda n: n.ahead, known, jnp.array(table({(4, 0): 0.5, (4, 1): 0.125})))
    promise = variant(novelty.promise)
    np.testing.assert_allclose(promise(known, jnp.array(4)), [0.5, 0.25], rtol=1e-6)
    np.testing.assert_allclose(promise(known, jnp.array([4, 5])), [[0.5, 0.25], [1.0, 1.0]], rtol=1e-6)


@variants
def test_what_was_taken_is_counted_at_the_place_it_was_taken(variant):
    known = went(fresh(), (1, None), (2, 1), (1, 0), (2, 1), (5, None), (1, 0), variant=variant)
    # What is said to have led to the first steps of episodes is no action.
    np.testing.assert_array_equal(known.tried, table({(1, 1): 2, (2, 0): 1, (5, 0): 1}))
    assert (int(known.place), int(known.steps)) == (1, 6)


@variants
def test_what_was_taken_for_the_first_time_is_a_way(variant):
    known = went(fresh(), (1, None), (2, 1), (1, 0), (2, 1), (5, None), (1, 0), variant=variant)
    assert int(known.ways.count) == 3
    assert list(zip(known.ways.place[:3].tolist(), known.ways.action[:3, 0].tolist(), strict=True)) == [
        (1, 1),
        (2, 0),
        (5, 0),
    ]
    assert not np.any(known.ways.place[3:])


def test_each_component_of_an_action_is_counted():
    known = went(fresh(components=2, choices=3), (1, None), (2, [1, 5]), (1, [0, 3]), (2, [1, 4]))
    np.testing.assert_array_equal(known.tried, table({(1, 1): 2, (1, 5): 1, (1, 4): 1, (2, 0): 1, (2, 3): 1}, 6))


def test_an_action_is_a_way_where_any_of_its_components_is_new():
    known = went(fresh(components=2), (1, None), (2, [0, 2]), (1, None), (2, [0, 3]), (1, None), (2, [0, 2]))
    assert int(known.ways.count) == 2
    assert known.ways.action[:2].tolist() == [[0, 2], [0, 3]]
    # The half that both have is swept over twice, and what is heard of it is the same.
    assert_ahead(known, {(1, 0): 0.5, (1, 2): 0.5, (1, 3): 0.5}, 4)


def test_a_new_stream_expects_the_most_of_curiosity():
    new = novelty.init_novelty(signature(1), 100, ways_worth=False)
    # Two choices of one component in 2¹⁹ numbers.
    assert new.tried.shape == new.ahead.shape == (2**18, 2)
    assert not np.any(new.tried)
    assert not np.any(new.ahead)
    # Nothing leads anywhere, and nothing is swept over.
    assert np.all(outcomes.led(new.leads) == -1)
    assert not np.any(new.open)
    assert new.open.shape == (2**18, 1, 2)
    assert new.ways.count == 0
    np.testing.assert_allclose(novelty.share(new, RULE._replace(patience_steps=100)), 0.5, rtol=1e-6)
    # Three components of up to seven choices: 2¹⁹/21 is between 2¹⁴ and 2¹⁵.
    assert novelty.init_novelty(signature(1, choices=(7, 2, 3)), 100, False).tried.shape == (2**14, 21)
    # Two that are continuous have three parts each, however many choices there are.
    assert novelty.init_novelty(signature(1, choices=(9, 9), continuous=True), 100, False).tried.shape == (2**16, 6)


def test_each_choice_has_a_column_and_each_part_of_a_continuous_component():
    assert columns.of_choices(signature(1, choices=(4,))).tolist() == [[0, 1, 2, 3]]
    of_two = columns.of_choices(signature(1, choices=(4, 2)))
    assert [of_two[0].tolist(), of_two[1, :2].tolist()] == [[0, 1, 2, 3], [4, 5]]
    both = Signature(1, (), (), (2, 6), (False, True), "test")
    of_both = columns.of_choices(both)
    assert [of_both[0, :2].tolist(), of_both[1].tolist()] == [[0, 1], [3, 3, 4, 4, 5, 5]]
