"""How long lines of work are, and how far to look ahead because of it, by hand."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import lines
from worked_lines import AT_WORK, MEMORY, MEMORY_STEPS, after, entering, variants, worked


def horizon(known, shortest=1.0, dense=1e4, longest=1e4, variant=jax.jit, reach=1.0):
    return 1 / (1 - float(variant(lambda k: lines.discount(k, shortest, dense, longest, reach))(known)))


def rewarded(*rewards, steps=MEMORY_STEPS):
    """After one line with these rewards, which is not over."""
    known = lines.init_lines()
    enter = jax.jit(
        lambda k, first, reward: lines.entered(k, first, jnp.array(False), reward, reward, MEMORY, steps, AT_WORK)
    )
    for i, reward in enumerate((0.0, *rewards)):
        known = enter(known, jnp.array(i == 0), jnp.float32(reward))
    return known


def assert_means(known, mean, brought, weight, weighted):
    found = (known.mean, known.brought, known.weight, known.weighted)
    np.testing.assert_allclose(found, (mean, brought, weight, weighted), rtol=1e-5, atol=1e-6)


@variants
def test_the_length_of_the_line_under_way_is_its_steps(variant):
    # The first time step of an episode is no step of it, and neither is what came before.
    for steps, *end in ((0,), (1,), (4,), (4, 0.0)):
        known = worked((3, 1.0), (steps, *end), variant=variant)
        assert (int(known.length), int(known.ended)) == (steps, 1 + len(end))
    # Of one that never ends, as far as the number holds.
    endless = eqx.tree_at(lambda k: k.length, worked((1,)), jnp.int32(lines.LONGEST))
    assert int(entering(variant, MEMORY)(endless, *jnp.array([False, False]), jnp.float32(0)).length) == lines.LONGEST


@variants
def test_means_are_of_all_lines_and_the_weight_is_what_they_brought(variant):
    known = worked((2, 1.0), variant=variant)
    assert_means(known, mean=2.0, brought=1.0, weight=1.0, weighted=2.0)
    # (2 + 8)/2 steps; (1 + ½)/2 each time; (1·2 + ½·8)/2.
    known = worked((8, 0.5), known=known, variant=variant)
    assert_means(known, mean=5.0, brought=0.75, weight=0.75, weighted=3.0)
    # What one cost weighs as much as what one brought, and takes away from the mean return: (1 + ½ − ¾)/3 = ¼.
    known = worked((5, -0.75), known=known, variant=variant)
    assert_means(known, mean=5.0, brought=0.25, weight=0.75, weighted=(2 + 4 + 3.75) / 3)


@variants
def test_nothing_is_averaged_before_a_line_ends(variant):
    known = worked((2, 1.0), variant=variant)
    assert_means(worked((9,), known=known, variant=variant), mean=2.0, brought=1.0, weight=1.0, weighted=2.0)
    # What it brings on the way is not what it brought.
    enter = entering(variant, MEMORY)
    under_way = enter(known, jnp.array(False), jnp.array(False), jnp.float32(0.5))
    assert_means(under_way, mean=2.0, brought=1.0, weight=1.0, weighted=2.0)
    assert int(under_way.ended) == 1


@variants
def test_a_line_that_brought_nothing_does_not_tell_how_long_one_has_to_be(variant):
    known = worked((2, 1.0), (90, 0.0), variant=variant)
    # It counts among all lines: (2 + 90)/2 steps, and ½ brought.
    assert_means(known, mean=46.0, brought=0.5, weight=1.0, weighted=2.0)
    assert int(known.ended) == 2
    assert horizon(eqx.tree_at(lambda k: k.length, known, jnp.array(0))) == pytest.approx(2.0, rel=1e-4)


@variants
def test_what_is_long_ago_is_forgotten(variant):
    # Of four lines the mean is exact: (4 + 4 + 8 + 8)/4. From then on each moves it by a quarter of the way.
    known = worked((4, 1.0), (4, 1.0), (8, 1.0), (8, 1.0), memory_lines=4.0, variant=variant)
    assert_means(known, mean=6.0, brought=1.0, weight=1.0, weighted=6.0)
    known = worked((2, 0.5), known=known, memory_lines=4.0, variant=variant)
    # 6 + ¼(2 − 6), 1 + ¼(½ − 1), and 6 + ¼(½·2 − 6).
    assert_means(known, mean=5.0, brought=0.875, weight=0.875, weighted=4.75)


def test_the_first_line_that_brings_something_is_the_measure_however_late_it_comes():
    known = worked(*[(50, 0.0)] * 9)
    assert horizon(known) == pytest.approx(50.0, rel=1e-4)
    # A tenth of what it brought, and of its 20 steps: the quotient is what counts.
    known = worked((20, 0.5), known=known)
    assert_means(known, mean=47.0, brought=0.05, weight=0.05, weighted=1.0)
    assert horizon(known) == pytest.approx(20.0, rel=1e-3)


@variants
def test_the_horizon_is_as_long_as_the_lines_that_brought_something(variant):
    # (1·12 + ½·24 + ½·8)/(1 + ½ + ½).
    known = worked((12, 1.0), (24, 0.5), (8, -0.5), (90, 0.0), (0,))
    assert horizon(known, variant=variant) == pytest.approx(14.0, rel=1e-4)


@variants
def test_lines_that_end_for_good_are_looked_past_where_most_do(variant):
    def ended(known, for_good):
        first, last = jnp.array(True), jnp.array(False)
        known = after(known, first, last, jnp.float32(0))
        for step in range(1, 5):
            known = after(known, ~first, jnp.array(step == 4), jnp.float32(step == 4), for_good=for_good)
        return known

    known, found = lines.init_lines(), []
    for for_good in (True, True, False, False, True):
        known = ended(known, for_good)
        found.append(horizon(known, reach=20.0, variant=variant))
    # Of all, two in three, half, and three in five: so that 20, 1 + 19/3, 1 and 1 + 19/5 times the four steps.
    np.testing.assert_allclose(found, [80.0, 80.0, 4 * (1 + 19 / 3), 4.0, 4 * (1 + 19 / 5)], rtol=1e-3)
    assert horizon(known, dense=7.0, variant=variant) == pytest.approx(4.0, rel=1e-3)
    # No farther than rewards are apart, which are four steps here.
    assert horizon(known, dense=7.0, reach=20.0, variant=variant) == pytest.approx(4 * (1 + 19 / 5), rel=1e-3)


@variants
def test_lines_that_are_given_up_end_for_no_good(variant):
    known = worked((4, 1.0), (4,), (0,), variant=variant)
    assert (int(known.ended), float(known.whole)) == (2, 0.0)


@variants
def test_the_horizon_is_as_long_as_all_lines_while_none_brought_anything(variant):
    assert horizon(worked((10, 0.0), (30, 0.0), (0,)), variant=variant) == pytest.approx(20.0, rel=1e-4)


@variants
def test_the_horizon_is_at_least_as_long_as_the_line_under_way(variant):
    paid, unpaid = worked((10, 1.0)), worked((10, 0.0))
    for steps, expected in [(9, 10.0), (10, 10.0), (25, 25.0)]:
        for known in (paid, unpaid):
            assert horizon(worked((steps,), known=known), variant=variant) == pytest.approx(expected, rel=1e-4)
    # Also where none ever ends.
    assert horizon(worked((40,)), variant=variant) == pytest.approx(40.0, rel=1e-4)


@variants
def test_the_horizon_is_within_its_bounds(variant):
    known = worked((10, 1.0))
    assert horizon(known, shortest=30.0, variant=variant) == pytest.approx(30.0, rel=1e-4)
    assert horizon(known, shortest=2.0, longest=5.0, variant=variant) == pytest.approx(5.0, rel=1e-4)
    assert horizon(worked((10,)), shortest=2.0, longest=5.0, variant=variant) == pytest.approx(5.0, rel=1e-4)
    # Of a stream in which nothing has happened it is the shortest one.
    assert horizon(lines.init_lines(), shortest=4.0, variant=variant) == pytest.approx(4.0, rel=1e-4)


@variants
def test_a_line_that_was_given_up_counts_once_the_next_one_begins(variant):
    enter, known = entering(variant, MEMORY), worked((2, 1.0), (8,), variant=variant)
    assert (int(known.ended), bool(known.under_way)) == (1, True)
    # The first time step of another one says what the one before had brought: (2 + 8)/2 steps, (1·2 + ½·8)/2.
    known = enter(known, jnp.array(True), jnp.array(False), jnp.float32(0.5))
    assert_means(known, mean=5.0, brought=0.75, weight=0.75, weighted=3.0)
    assert (int(known.ended), int(known.length), bool(known.under_way)) == (2, 0, True)
    # It is not counted again, and the other one is when it ends: (2 + 8 + 2)/3, and (1·2 + ½·8 + ¾·2)/3.
    known = enter(known, jnp.array(False), jnp.array(False), jnp.float32(0.0))
    assert_means(known, mean=5.0, brought=0.75, weight=0.75, weighted=3.0)
    known = enter(known, jnp.array(False), jnp.array(True), jnp.float32(0.75))
    assert_means(known, mean=4.0, brought=0.75, weight=0.75, weighted=2.5)
    assert (int(known.ended), int(known.length), bool(known.under_way)) == (3, 2, False)


@variants
def test_a_line_that_is_over_is_not_given_up_as_well(variant):
    over = worked((2, 1.0), variant=variant)
    assert not over.under_way
    # What the one before brought says nothing where that has been counted, nor where there was none.
    for before, count, mean in [(over, 1, 2.0), (lines.init_lines(), 0, 0.0)]:
        known = entering(variant, MEMORY)(before, jnp.array(True), jnp.array(False), jnp.float32(7.0))
        assert (int(known.ended), bool(known.under_way)) == (count, True)
        assert_means(known, mean=mean, brought=float(count), weight=float(count), weighted=mean)


@variants
def test_in_another_unit_lines_are_as_long_and_bring_so_many_times_as_much(variant):
    known = worked((2, 1.0), (8, 0.5), (3,), variant=variant)
    rescaled = variant(lambda k, ratio: k.rescaled(ratio))(known, jnp.float32(0.25))
    assert_means(rescaled, mean=5.0, brought=0.1875, weight=0.1875, weighted=0.75)
    assert (int(rescaled.length), int(rescaled.ended), bool(rescaled.under_way)) == (3, 2, True)
    # The horizon, a quotient, is what it was: 3/0.75.
    assert horizon(rescaled) == pytest.approx(4.0, rel=1e-4)


def test_a_horizon_of_four_steps_is_a_discount_of_three_quarters():
    found = lines.discount(worked((4, 1.0)), 2.0, 100.0, 100.0)
    np.testing.assert_allclose(found, 0.75, rtol=1e-6)


def test_many_streams_at_once_are_as_each_alone():
    alone = [worked((2, 1.0), (6, 0.5)), worked((9, 0.0), (3,))]
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *alone)
    first, last, returned = jnp.array([True, False]), jnp.array([False, True]), jnp.array([0.0, -1.0])
    entered = jax.vmap(after)(together, first, last, returned)
    discounts = jax.vmap(lambda known: lines.discount(known, 2.0, 100.0, 100.0))(entered)
    for i, known in enumerate(alone):
        expected = after(known, first[i], last[i], returned[i])
        jax.tree.map(lambda a, b, i=i: np.testing.assert_allclose(a[i], b, rtol=1e-6), entered, expected)
        np.testing.assert_allclose(discounts[i], lines.discount(expected, 2.0, 100.0, 100.0), rtol=1e-6)
    # (1·2 + ½·6)/(1 + ½), and four steps of a line that is the only one that cost anything.
    np.testing.assert_allclose(1 / (1 - discounts), [10 / 3, 4.0], rtol=1e-4)


def test_rewards_at_every_step_are_one_step_apart_and_one_in_n_are_n_apart():
    assert float(lines.sparsity(rewarded(*[-2.0] * 12))) == pytest.approx(1.0)
    assert float(lines.sparsity(rewarded(*[0.0, 0.0, 0.0, 5.0] * 3))) == pytest.approx(4.0, rel=1e-5)
    # Small costs on the way hardly count: (9 · 0.01² + 1) / 10 over ((9 · 0.01 + 1) / 10)².
    assert float(lines.sparsity(rewarded(*[-0.01] * 9, 1.0))) == pytest.approx(8.424, rel=1e-3)


@pytest.mark.parametrize("scale", [1e-15, 1e-6, 1e6, 1e15])
def test_how_far_rewards_are_apart_does_not_depend_on_their_unit(scale):
    assert float(lines.sparsity(rewarded(*[0.0, 0.0, scale] * 3))) == pytest.approx(3.0, rel=1e-4)


def test_without_any_reward_it_is_not_known_how_far_they_are_apart():
    assert np.isinf(lines.sparsity(rewarded(0.0, 0.0)))
    assert np.isinf(lines.sparsity(lines.init_lines()))


def test_rewards_of_long_ago_are_forgotten():
    assert float(lines.sparsity(rewarded(*[0.0, 1.0] * 20, *[1.0] * 100, steps=10))) == pytest.approx(1.0, rel=1e-3)


def test_where_rewards_come_all_the_way_the_horizon_is_shorter_than_the_line():
    dense, sparse = rewarded(*[1.0] * 50), rewarded(*[0.0] * 49, 1.0)
    assert horizon(dense, dense=20.0) == pytest.approx(20.0, rel=1e-3)
    assert horizon(sparse, dense=20.0) == pytest.approx(50.0, rel=1e-3)
    # As far apart as rewards are, and no farther than the line is long.
    apart = rewarded(*[0.0] * 29, 1.0, *[0.0] * 29, 1.0)
    assert horizon(apart, dense=20.0) == pytest.approx(30.0, rel=1e-3)
    # And farther where lines end for good.
    whole = eqx.tree_at(lambda known: known.whole, apart, jnp.float32(1.0))
    assert horizon(whole, dense=20.0, reach=1.5) == pytest.approx(45.0, rel=1e-3)
    assert horizon(dense, dense=80.0) == pytest.approx(50.0, rel=1e-3)
