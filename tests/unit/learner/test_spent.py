"""What curiosity cost, by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import lines
from worked_lines import MEMORY, after, entering, variants, worked


def led(known, *episodes, variant=jax.jit):
    """After more episodes: the steps of each, how many of them curiosity decided, and what it brought in the end."""
    enter = entering(variant, MEMORY)
    for steps, curious, brought in episodes:
        for step in range(steps + 1):
            flags = jnp.array(step == 0), jnp.array(step == steps)
            returned = jnp.float32(brought if step == steps else 0.0)
            decided = jnp.array(0 < step <= curious)
            known = enter(known, *flags, returned, decided)
    return known


@variants
def test_what_curiosity_cost_is_what_its_lines_fell_short_of_the_usual(variant):
    usual = worked((4, 0.8), variant=variant)
    assert float(usual.spent) == 0
    # One that brought a quarter of the usual; then one that brought nothing, and of which it decided most.
    one = led(usual, (4, 4, 0.2), variant=variant)
    # Rounding leaves a standard error of a hundred-thousandth.
    np.testing.assert_allclose(one.spent, 0.75, rtol=1e-3)
    both = led(one, (6, 4, 0.0), variant=variant)
    np.testing.assert_allclose(both.spent, 0.75 * (1 - 1 / lines.SPENT_LINES) + 1, rtol=1e-3)
    # Of what lines bring those that it decided say nothing.
    np.testing.assert_allclose(both.brought, 0.8, rtol=1e-5)
    assert float(both.mean) == pytest.approx((4 + 4 + 6) / 3)
    # Half of a line, or less, is work: it is the fourth that is over.
    half = led(both, (6, 3, 0.0), variant=variant)
    np.testing.assert_allclose(half.spent, (1 - 1 / lines.SPENT_LINES) * both.spent, rtol=1e-5)
    np.testing.assert_allclose(half.brought, 0.8 * 3 / 4, rtol=1e-5)
    # A line at work costs it nothing, whatever it brings; what it cost is slowly forgotten.
    after_work = led(both, (3, 0, 0.0), variant=variant)
    np.testing.assert_allclose(after_work.spent, (1 - 1 / lines.SPENT_LINES) * both.spent, rtol=1e-5)


def test_a_line_that_curiosity_decided_costs_nothing_where_it_brings_as_much_or_lines_bring_nothing():
    better = led(worked((4, 0.5)), (4, 4, 0.9))
    assert float(better.spent) == 0
    for usual in (0.0, -0.7):
        assert float(led(worked((4, usual)), (4, 4, -1.0)).spent) == 0
    # Where lines bring next to nothing there is little to lose: a hundredth of the best, of a tenth.
    np.testing.assert_allclose(led(worked((4, 0.01)), (4, 4, 0.0)).spent, 0.1, rtol=1e-3)


@variants
def test_what_may_be_an_accident_is_not_lost(variant):
    # 0.8 and nothing: 0.4 on the mean, with a deviation of 0.4, and so a standard error of 0.4/√2 of two lines.
    known = led(worked((4, 0.8), (4, 0.0), variant=variant), (4, 4, 0.0), variant=variant)
    np.testing.assert_allclose(known.returns, 0.32, rtol=1e-5)
    np.testing.assert_allclose(known.spent, 1.0, rtol=1e-5)
    # The usual is what they bring at least: next to nothing, of which a line that brings a tenth lacks little.
    known = led(worked((4, 0.8), (4, 0.0), variant=variant), (4, 4, 0.1), variant=variant)
    usual = 0.4 * (1 - np.sqrt(0.5))
    np.testing.assert_allclose(known.spent, (usual - 0.1) / usual, rtol=1e-4)
    # Where they are as often a gain as a loss, and nearly as large, it is none.
    known = led(worked((4, 0.8), (4, -0.6), variant=variant), (4, 4, 0.0), variant=variant)
    assert float(known.spent) == 0


@variants
@pytest.mark.parametrize(
    ("usual", "brought", "short"), [(-0.2, -0.3, 0.5), (-0.2, -1.0, 1), (-0.2, -0.1, 0), (0.8, -1.0, 1)]
)
def test_where_costs_count_a_line_falls_short_that_costs_more_than_usual(variant, usual, brought, short):
    known = worked((4, usual), variant=variant)
    enter = variant(lambda k, first, last, returned: after(k, first, last, returned, ~first, costly=True))
    for step in range(5):
        known = enter(known, jnp.array(step == 0), jnp.array(step == 4), jnp.float32(brought))
    np.testing.assert_allclose(known.spent, short, rtol=1e-5)


def test_what_curiosity_decided_is_of_the_line_under_way():
    known = led(worked((4, 0.5)), (6, 2, 0.5))
    assert float(known.aside) == 2
    # The next one begins without it; another is given up, and what was decided in it counts.
    known = worked((0,), known=known)
    assert float(known.aside) == 0
    enter = entering(jax.jit, MEMORY)
    no, yes, nothing = jnp.array(False), jnp.array(True), jnp.float32(0.0)
    for _ in range(5):
        known = enter(known, no, no, nothing, yes)
    before = float(known.spent)
    known = enter(known, yes, no, nothing, no)
    np.testing.assert_allclose(known.spent, (1 - 1 / lines.SPENT_LINES) * before + 1, rtol=1e-5)
    # In another unit it is as much: it is counted in lines as they are.
    assert float(known.rescaled(jnp.float32(0.1)).spent) == float(known.spent)
