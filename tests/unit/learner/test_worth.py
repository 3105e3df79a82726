"""What a way that is known is worth, as sweeps find it, by hand."""

from __future__ import annotations

import numpy as np

from learners import signature
from tables import PAUSE, RULE, assert_worth, fresh, variants, went
from trainee.learner import novelty


@variants
def test_a_way_is_worth_what_it_brings_and_half_of_the_best_behind_it(variant):
    known = fresh(known=(1, 2, 3), ways_worth=True)
    known = went(known, (1, None), (2, 0, 1.0, 0.125), (3, 1, 1.0, 0.25), (4, 0, 0.0, 1.0), variant=variant)
    # All at once, so that none hears what another one hears just then: the end, and what came before it a sweep later.
    assert_worth(known, {(1, 0): 0.125 + 0.5 * 0.25, (2, 1): 0.25, (3, 0): 1.0})
    known = went(known, PAUSE, variant=variant)
    assert_worth(known, {(1, 0): 0.25, (2, 1): 0.25 + 0.5 * 1.0, (3, 0): 1.0})
    known = went(known, PAUSE, variant=variant)
    assert_worth(known, {(1, 0): 0.125 + 0.5 * 0.75, (2, 1): 0.75, (3, 0): 1.0})
    assert_worth(went(known, PAUSE, variant=variant), {(1, 0): 0.5, (2, 1): 0.75, (3, 0): 1.0})
    # The last time counts, of what it brought and of where it led: to an end, and to a quarter more.
    known = went(known, (2, None), (3, 1, 0.0, 0.5), PAUSE, variant=variant)
    assert_worth(known, {(1, 0): 0.125 + 0.5 * 0.5, (2, 1): 0.5, (3, 0): 1.0})


@variants
def test_the_best_that_is_open_is_what_a_way_is_worth(variant):
    way = (1, None), (2, 0)
    ends = (2, None), (7, 0, 0.0, -0.25), (2, None), (7, 1, 0.0, -0.75)
    known = went(fresh(known=(1, 2), ways_worth=True), *ends, *way, variant=variant)
    assert_worth(known, {(1, 0): 0.5 * -0.25, (2, 0): -0.25, (2, 1): -0.75})
    # What is shut there is not what it is worth, even where that is the better one, and all that is left costs more.
    known = went(known, (2, None), closed=[0], variant=variant)
    assert_worth(went(known, PAUSE, variant=variant), {(1, 0): 0.5 * -0.75, (2, 0): -0.25, (2, 1): -0.75})


def test_worth_is_a_mean_over_components_of_the_best_of_each():
    known = fresh(components=2, known=(1, 2), ways_worth=True)
    known = went(known, (2, None), (7, [0, 2], 0.0, 0.5), (2, None), (7, [1, 3], 0.0, 0.25))
    known = went(known, (2, None), (7, [1, 2], 0.0, 1.0), (1, None), (2, [0, 3], 1.0, 0.125))
    # ½ and 1 at the second place of the first component, and 1 and ¼ of the second: both have 1.
    ends = {(2, 0): 0.5, (2, 1): 1.0, (2, 2): 1.0, (2, 3): 0.25}
    assert_worth(known, {(1, 0): 0.125 + 0.5, (1, 3): 0.125 + 0.5, **ends}, 4)
    known = went(known, (2, None), (7, [1, 3], 0.0, 0.25))
    # The first has ½ now, and the second 1 as before.
    ends |= {(2, 1): 0.25}
    known = went(known, PAUSE)
    assert_worth(known, {(1, 0): 0.125 + 0.5 * 0.75, (1, 3): 0.125 + 0.5 * 0.75, **ends}, 4)


def test_worth_is_taken_in_whole_whatever_the_rate():
    slow = RULE._replace(rate=0.25)
    known = went(fresh(known=(1,), ways_worth=True), (1, None), (5, 0, 0.0, 0.5), rule=slow)
    assert_worth(known, {(1, 0): 0.5})


def test_worth_is_only_kept_where_it_is_asked_for():
    known = went(fresh(known=(1,)), (1, None), (5, 0, 0.0, 0.5))
    assert known.worth is None
    assert novelty.init_novelty(signature(1), 100, ways_worth=False).worth is None
    worth = novelty.init_novelty(signature(1), 100, ways_worth=True).worth
    assert worth.shape == (2**18, 2)
    assert not np.any(worth)


@variants
def test_to_stay_counts_as_any_step_does(variant):
    known = fresh(known=(2,), ways_worth=True)
    known = went(known, (1, None), (1, 0, 1.0, 0.25), exact=True, variant=variant)
    known = went(known, (2, None), (1, 1), exact=True, variant=variant)
    # A quarter, and a half of what it was worth before, three times.
    assert_worth(known, {(1, 0): 0.25 + 0.125 + 0.0625, (2, 1): 0.5 * (0.25 + 0.125)})
