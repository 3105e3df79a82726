"""What lies ahead of a way, as sweeps find it, by hand."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from tables import (
    OFTEN,
    PAUSE,
    PLACES,
    RULE,
    assert_ahead,
    brimful,
    fresh,
    table,
    tried_at,
    variants,
    went,
    wide,
)
from trainee.learner import novelty
from trainee.learner.novelty import SWEPT, WAYS


@variants
def test_what_is_new_lies_ahead_of_the_step_to_it(variant):
    known = went(fresh(), (1, None), (2, 0), variant=variant)
    # At the second place nothing was ever taken: a promise of 1, one step on, and more than the bonus that is left.
    assert_ahead(known, {(1, 0): 0.5})
    np.testing.assert_allclose(novelty.promise(known, jnp.array(1)), [0.5, 1.0], rtol=1e-6)


@variants
def test_what_is_new_is_heard_of_one_step_back_a_sweep(variant):
    known = went(fresh(known=(1, 2, 3)), (1, None), (2, 0), (3, 1), variant=variant)
    assert_ahead(known, {})
    # The fourth place is new. All ways are swept over at each step, and none hears what another one hears just then.
    known = went(known, (4, 0), variant=variant)
    assert_ahead(known, {(3, 0): 0.5})
    known = went(known, PAUSE, variant=variant)
    assert_ahead(known, {(3, 0): 0.5, (2, 1): 0.25})
    known = went(known, PAUSE, variant=variant)
    assert_ahead(known, {(3, 0): 0.5, (2, 1): 0.25, (1, 0): 0.125})
    assert_ahead(went(known, PAUSE, variant=variant), {(3, 0): 0.5, (2, 1): 0.25, (1, 0): 0.125})


def test_what_lies_ahead_of_a_place_is_heard_of_on_every_way_to_it():
    known = went(fresh(known=(1, 2, 3)), (2, None), (3, 1), (4, 0), PAUSE)
    assert_ahead(known, {(3, 0): 0.5, (2, 1): 0.25})
    # Another episode only comes to the second place: a quarter lies ahead of it, and so an eighth of the step to it.
    assert_ahead(went(known, (1, None), (2, 1)), {(3, 0): 0.5, (2, 1): 0.25, (1, 1): 0.125})


def test_the_best_that_can_be_reached_is_what_counts():
    # At the fourth place the choice taken once is the better one: ¼ and not 1/16, nor the sum of both.
    known = tried_at(fresh(known=(1,)), 4, [1.0, 3.0])
    assert_ahead(went(known, (1, None), (4, 0)), {(1, 0): 0.125})
    # Where both were taken often, a new place beyond it is the best that can be reached: 1, two steps on.
    known = went(fresh(known=(1, 4)), (1, None), (4, 0), (5, 1), PAUSE)
    assert_ahead(known, {(4, 1): 0.5, (1, 0): 0.25})
    # And where a choice was taken once, the bonus that is left of it is as much as what lies ahead of the other one.
    known = tried_at(known, 4, [1.0, OFTEN])
    assert_ahead(went(known, PAUSE), {(4, 1): 0.5, (1, 0): 0.25})
    # Where one was never taken, it is.
    known = tried_at(known, 4, [0.0, OFTEN])
    assert_ahead(went(known, PAUSE), {(4, 1): 0.5, (1, 0): 0.5})


def test_a_way_leads_where_it_led_the_last_time():
    known = went(fresh(known=(1, 2)), (1, None), (4, 0))
    assert_ahead(known, {(1, 0): 0.5})
    assert_ahead(went(known, (1, None), (2, 0)), {})
    # Also where that was an end.
    assert_ahead(went(known, (1, None), (4, 0, 0.0)), {})
    # What is new at the place itself is one step away from it too.
    known = tried_at(fresh(known=(1,)), 1, [OFTEN, 0.0])
    assert_ahead(went(known, (1, None), (1, 0)), {(1, 0): 0.5})


@variants
def test_no_way_leads_over_the_boundary_of_an_episode(variant):
    known = went(fresh(known=(1, 2, 3, 4)), (1, None), (2, 0), (3, None), (4, 1), (5, 1), variant=variant)
    # As often as it would take to come back from the fifth place to the first.
    known = went(known, *[PAUSE] * 4, variant=variant)
    assert_ahead(known, {(4, 1): 0.5, (3, 1): 0.25})


@variants
def test_nothing_lies_behind_termination(variant):
    way = (1, None), (2, 0)
    known = went(fresh(known=(1, 2)), *way, (5, 1, 0.0), PAUSE, PAUSE, variant=variant)
    assert_ahead(known, {})
    # A time limit, at which the discount is 1, ends an episode and not what could be found.
    known = went(fresh(known=(1, 2)), *way, (5, 1, 1.0), PAUSE, variant=variant)
    assert_ahead(known, {(2, 1): 0.5, (1, 0): 0.25})


@variants
def test_what_is_not_open_promises_nothing(variant):
    # At the second place the second choice was never taken; a half of its bonus is one step away, unless it is closed.
    known = tried_at(fresh(known=(1, 2, 3)), 2, [OFTEN, 0.0])
    way = (1, None), (2, 0)
    assert_ahead(went(known, *way, variant=variant), {(1, 0): 0.5})
    assert_ahead(went(known, *way, closed=[1], variant=variant), {})
    # What counts is what is open where the step leads, and not where it is taken or what came later.
    known = went(known, (1, None), closed=[1], variant=variant)
    opened, shut = (went(known, (2, 0), closed=closed, variant=variant) for closed in ([], [1]))
    assert_ahead(went(opened, (3, None), closed=[1], variant=variant), {(1, 0): 0.5})
    assert_ahead(went(shut, (3, None), variant=variant), {})
    # Nor is what lies ahead of a choice heard of once it is closed.
    ahead = went(fresh(known=(1, 2)), (1, None), (2, 0), (4, 1), PAUSE, variant=variant)
    assert_ahead(ahead, {(2, 1): 0.5, (1, 0): 0.25})
    assert_ahead(went(ahead, (2, None), closed=[1], variant=variant), {(2, 1): 0.5})


@variants
def test_what_was_used_up_is_forgotten_without_being_visited_again(variant):
    known = went(fresh(known=(1, 2)), (1, None), (2, 0), (4, 1), PAUSE, variant=variant)
    assert_ahead(known, {(2, 1): 0.5, (1, 0): 0.25})
    # Other episodes begin at the fourth place, and take both of its choices: ¼ is left of either bonus.
    ends = (4, None), (7, 0, 0.0), (4, None), (7, 1, 0.0)
    known = went(known, *ends, variant=variant)
    assert_ahead(known, {(2, 1): 0.125, (1, 0): 0.25})
    known = went(known, PAUSE, variant=variant)
    assert_ahead(known, {(2, 1): 0.125, (1, 0): 0.0625})
    known = went(tried_at(known, 4, OFTEN), PAUSE, variant=variant)
    assert_ahead(known, {(1, 0): 0.0625})
    assert_ahead(went(known, PAUSE, variant=variant), {})


def test_what_goes_round_in_a_circle_dies_away():
    known = went(fresh(known=(1, 2)), (1, None), (2, 0), (1, 1))
    known = eqx.tree_at(lambda n: n.ahead, known, jnp.array(table({(1, 0): 0.5, (2, 1): 0.25})))
    # Each hears a half of what the other one heard before.
    known = went(known, PAUSE)
    assert_ahead(known, {(1, 0): 0.125, (2, 1): 0.25})
    assert_ahead(went(known, PAUSE), {(1, 0): 0.125, (2, 1): 0.0625})
    # So it does where a step leads back to its own place.
    known = went(fresh(known=(1,)), (1, None), (4, 0), (1, None), (1, 0))
    assert_ahead(known, {(1, 0): 0.25})
    assert_ahead(went(known, PAUSE), {(1, 0): 0.125})


def test_a_table_takes_in_a_share_of_what_a_sweep_finds():
    slow = RULE._replace(rate=0.25)
    known = went(fresh(known=(1, 2)), (1, None), (2, 0), (4, 1), rule=slow)
    # A quarter of ½; and then a quarter of the rest, and of the half of it one step back.
    assert_ahead(known, {(2, 1): 0.125})
    known = went(known, PAUSE, rule=slow)
    assert_ahead(known, {(2, 1): 0.125 + 0.25 * 0.375, (1, 0): 0.25 * 0.0625})
    # What is used up goes by quarters too.
    known = went(tried_at(known, 4, OFTEN), PAUSE, rule=slow)
    assert_ahead(known, {(2, 1): 0.75 * 0.21875, (1, 0): 0.015625 + 0.25 * (0.109375 - 0.015625)})


def test_what_is_new_is_a_mean_over_components():
    known = tried_at(fresh(components=2, known=(1,)), 2, [1.0, 3.0, 0.0, 9.0])
    # The best of each component: ¼ of one taken once, 1 of one never taken.
    assert_ahead(went(known, (1, None), (2, [1, 2])), {(1, 1): 0.5 * 0.625, (1, 2): 0.5 * 0.625}, 4)


def test_each_component_leads_where_it_led_the_last_time():
    known = went(fresh(components=2, known=(1, 3)), (1, None), (2, [0, 2]))
    assert_ahead(known, {(1, 0): 0.5, (1, 2): 0.5}, 4)
    # The second component is taken again, and to where nothing is new; the first of that time is left as it was.
    assert_ahead(went(known, (1, None), (3, [1, 2])), {(1, 0): 0.5}, 4)


@variants
@pytest.mark.parametrize(("held", "stride"), [(1, 1), (SWEPT, 1), (SWEPT + 1, 2), (2 * SWEPT, 2), (70, 3), (96, 3)])
def test_every_way_is_swept_over_once_in_a_stride_of_steps(variant, held, stride):
    # Episodes of one step each: nothing is tried, and no way is found.
    known = eqx.tree_at(lambda n: n.steps, wide(held), jnp.array(6 * stride - 1))
    for back in range(1, stride + 1):
        known = eqx.tree_at(lambda n: n.ahead, known, jnp.zeros_like(known.ahead))
        known = went(known, PAUSE, variant=variant)
        # The last one of each stretch, then the one before it, and so on.
        nth = [n for n in range(held) if n % stride == stride - back]
        expected = np.zeros(PLACES * 12)
        expected[nth] = 0.5
        np.testing.assert_allclose(known.ahead.reshape(-1), expected)


def test_what_was_found_last_is_heard_of_first():
    known = eqx.tree_at(lambda n: n.steps, wide(95), jnp.array(5))
    # From the eighth place by its last choice: the 96th way, the last of the last stretch.
    known = eqx.tree_at(lambda n: n.leads, tried_at(known, (7, 11), 0.0), known.leads.at[7, 11].set(0))
    known = eqx.tree_at(lambda n: n.place, known, jnp.array(7))
    known = went(known, (8, 11))
    assert int(known.ways.count) == 96
    np.testing.assert_allclose(known.ahead[7], [0, 0, 0.5] * 4)


def test_the_newest_ways_are_swept_over_when_there_is_no_room_for_all():
    stride = WAYS // SWEPT
    known = went(brimful(stride - 1), PAUSE)
    assert_ahead(known, {(2, 1): 0.5})
    known = went(known, *[PAUSE] * (stride - 2))
    assert_ahead(known, {(2, 1): 0.5})
    # The oldest one is the first of the first stretch, and so the last that is swept over.
    assert_ahead(went(known, PAUSE), {(2, 1): 0.5, (3, 1): 0.5})


def test_a_new_way_takes_the_place_of_the_oldest():
    stride = WAYS // SWEPT
    before = eqx.tree_at(lambda n: n.place, brimful(stride - 1), jnp.array(5))
    known = went(before, (4, 1))
    ways, before = known.ways, before.ways
    assert int(ways.count) == WAYS + 4
    assert (int(ways.place[3]), int(ways.action[3, 0])) == (5, 1)
    np.testing.assert_array_equal(np.delete(ways.place, 3), np.delete(before.place, 3))
    np.testing.assert_array_equal(np.delete(ways.action[:, 0], 3), np.delete(before.action[:, 0], 3))
    # It is swept over as the newest, the one before it a step later, and the one that it took the place of no more.
    assert_ahead(known, {(5, 1): 0.5})
    known = went(known, PAUSE)
    assert_ahead(known, {(5, 1): 0.5, (2, 1): 0.5})
    assert_ahead(went(known, *[PAUSE] * stride), {(5, 1): 0.5, (2, 1): 0.5})


@variants
def test_what_a_dropped_way_promised_is_forgotten(variant):
    stride = WAYS // SWEPT
    promised = jnp.array(table({(3, 1): 0.5, (2, 0): 0.25}))
    before = eqx.tree_at(lambda n: (n.place, n.ahead), brimful(stride - 1), (jnp.array(5), promised))
    # What was known leaves all as it is but for a way that is swept over, the second place's other choice.
    assert_ahead(went(before, PAUSE, variant=variant), {(3, 1): 0.5, (2, 0): 0.25, (2, 1): 0.5})
    # The oldest one makes room; what is no way at all is not touched.
    assert_ahead(went(before, (4, 1), variant=variant), {(2, 0): 0.25, (5, 1): 0.5})
    # Where there is room nothing is dropped.
    roomy = eqx.tree_at(lambda n: n.ways.count, before, jnp.array(WAYS - 1))
    assert went(roomy, (4, 1), variant=variant).ahead[3, 1] == 0.5


@variants
def test_where_places_are_known_for_sure_to_stay_is_to_come_to_nothing(variant):
    # The second choice was never taken: half of its bonus is one step away, but to stay is no step.
    known = tried_at(fresh(known=(1, 2)), 1, [OFTEN, 0.0])
    assert_ahead(went(known, (1, None), (1, 0), variant=variant), {(1, 0): 0.5})
    stays = went(known, (1, None), (1, 0), exact=True, variant=variant)
    assert_ahead(stays, {})
    # What it had heard before is forgotten, and what leads elsewhere is heard of as ever.
    stays = eqx.tree_at(lambda n: n.ahead, stays, jnp.array(table({(1, 0): 0.5})))
    stays = went(stays, (2, None), (1, 1), exact=True, variant=variant)
    assert_ahead(stays, {(2, 1): 0.5})
