"""What was tried, what lies ahead and when to look for it, by hand, in tables of a few places."""

from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import signature
from trainee.learner import novelty
from trainee.learner.novelty import PRIZE, SWEPT, WAYS, Novelty, Rule, Ways
from trainee.types import Signature

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])

# What a sweep finds is taken in at once, and halves with each step.
RULE = Rule(discount=0.5, rate=1.0, memory_steps=4.0, patience_steps=3, most=0.5)
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
        jnp.array(tried),
        jnp.zeros(tried.shape),
        jnp.full(tried.shape, -1),
        jnp.zeros((PLACES, components, choices), bool),
        ring(place, action),
        jnp.array(0),
        jnp.array(0),
        jnp.array(finds),
        jnp.array(prizes),
        jnp.array(spell),
        jnp.array(1.0),
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
    return variant(lambda *told: novelty.noted(*told[:-3], rule, *told[-3:]))


def went(known, *steps, rule=RULE, variant=jax.jit, closed=(), exact=False, unit=1.0):
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
        known = noting(variant, rule)(known, *told, jnp.float32(brought), jnp.array(exact), jnp.float32(unit))
    return known


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


def test_columns_are_open_where_a_choice_of_theirs_is():
    both = Signature(0, (), (), (2, 7), (False, True), "both")
    allowed = np.zeros((2, 7), bool)
    allowed[0, :2], allowed[1, 6] = True, True
    assert novelty.open_columns(both, jnp.array(allowed)).tolist() == [[True, True, False], [False, False, True]]


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


def wide(held):
    """Twelve choices at each of eight places, all of which lead to the ninth, where nothing was tried: 96 ways in their
    order, of which so many were found.
    """
    known, nth = fresh(choices=12), np.arange(96)
    known = tried_at(known, np.arange(8), OFTEN)
    ways = ring(nth // 12, nth[:, None] % 12, held)
    leads = known.leads.at[:8].set(8)
    return eqx.tree_at(lambda n: (n.ways, n.leads), known, (ways, leads))


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
    known = eqx.tree_at(lambda n: n.leads, tried_at(known, (7, 11), 0.0), known.leads.at[7, 11].set(-1))
    known = eqx.tree_at(lambda n: n.place, known, jnp.array(7))
    known = went(known, (8, 11))
    assert int(known.ways.count) == 96
    np.testing.assert_allclose(known.ahead[7], [0, 0, 0.5] * 4)


def brimful(steps):
    """Three more ways were found than there is room for: the one in the third slot is the newest, and the one in the
    fourth the oldest that is left. Both lead to the fourth place, where nothing was tried, and no other leads anywhere.
    """
    known = fresh(known=(2, 3))
    ways = ring(np.array([0, 0, 2, 3]), np.array([[0], [0], [1], [1]]), WAYS + 3)
    leads = known.leads.at[2, 1].set(4).at[3, 1].set(4)
    parts = lambda n: (n.ways, n.leads, n.open, n.steps)  # noqa: E731
    return eqx.tree_at(parts, known, (ways, leads, known.open.at[4].set(True), jnp.array(steps)))


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
    assert known.spell == RULE.patience_steps
    # What costs as much is none.
    known = went(known, (1, 0, 1.0, -1.0), variant=variant)
    np.testing.assert_allclose((known.finds, known.prizes), ([0.5, 0.3], [0.6, 0.4125]), rtol=1e-6)
    assert known.spell == RULE.patience_steps - 1


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


def assert_worth(known, entries, columns=2):
    """Where something was taken: all that is open and never was is worth nothing yet."""
    np.testing.assert_allclose(known.worth, table(entries, columns), atol=1e-6)


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
def test_where_places_are_known_for_sure_to_stay_is_to_come_to_nothing(variant):
    # The second choice was never taken: half of its bonus is one step away, but to stay is no step.
    known = tried_at(fresh(known=(1, 2), ways_worth=True), 1, [OFTEN, 0.0])
    assert_ahead(went(known, (1, None), (1, 0), variant=variant), {(1, 0): 0.5})
    stays = went(known, (1, None), (1, 0, 1.0, 0.25), exact=True, variant=variant)
    assert_ahead(stays, {})
    # What it had heard before is forgotten, and what leads elsewhere is heard of as ever.
    stays = eqx.tree_at(lambda n: n.ahead, stays, jnp.array(table({(1, 0): 0.5})))
    stays = went(stays, (2, None), (1, 1), exact=True, variant=variant)
    assert_ahead(stays, {(2, 1): 0.5})
    # For what it is worth staying counts as any step does: ¼, and a half of what it was worth before, three times.
    assert_worth(stays, {(1, 0): 0.25 + 0.125 + 0.0625, (2, 1): 0.5 * (0.25 + 0.125)})


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
    new = novelty.init_novelty(signature(1), 100, ways_worth=False)
    # Two choices of one component in 2¹⁹ numbers.
    assert new.tried.shape == new.ahead.shape == (2**18, 2)
    assert not np.any(new.tried)
    assert not np.any(new.ahead)
    # Nothing leads anywhere, and nothing is swept over.
    assert np.all(new.leads == -1)
    assert not np.any(new.open)
    assert new.open.shape == (2**18, 1, 2)
    assert new.ways.count == 0
    np.testing.assert_allclose(novelty.share(new, RULE._replace(patience_steps=100)), 0.5, rtol=1e-6)
    # Three components of up to seven choices: 2¹⁹/21 is between 2¹⁴ and 2¹⁵.
    assert novelty.init_novelty(signature(1, choices=(7, 2, 3)), 100, False).tried.shape == (2**14, 21)
    # Two that are continuous have three parts each, however many choices there are.
    assert novelty.init_novelty(signature(1, choices=(9, 9), continuous=True), 100, False).tried.shape == (2**16, 6)


def test_each_choice_has_a_column_and_each_part_of_a_continuous_component():
    assert novelty.columns(signature(1, choices=(4,))).tolist() == [[0, 1, 2, 3]]
    of_two = novelty.columns(signature(1, choices=(4, 2)))
    assert [of_two[0].tolist(), of_two[1, :2].tolist()] == [[0, 1, 2, 3], [4, 5]]
    both = Signature(1, (), (), (2, 6), (False, True), "test")
    of_both = novelty.columns(both)
    assert [of_both[0, :2].tolist(), of_both[1].tolist()] == [[0, 1], [3, 3, 4, 4, 5, 5]]
