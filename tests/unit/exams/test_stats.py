"""Statistics of exams: intervals that hold as often as they say, by hand where that can be."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.exams.stats import bounds, ratio_bounds

# Two-sided, of 1 and of 2 degrees of freedom.
T_1, T_2 = 12.7062, 4.3027


def test_bounds_of_two_and_three_by_hand():
    assert bounds(np.array([0.0, 1.0])) == pytest.approx((0.5 - T_1 / 2, 0.5 + T_1 / 2), abs=1e-4)
    assert bounds(np.array([1.0, 2.0, 3.0])) == pytest.approx((2 - T_2 / np.sqrt(3), 2 + T_2 / np.sqrt(3)), abs=1e-4)
    assert bounds(np.ones(5)) == (1.0, 1.0)


def test_a_difference_is_as_unsure_as_both():
    draw = np.random.default_rng(0)
    more, less = draw.normal(3, 1, 400), draw.normal(1, 1, 400)
    low, high = bounds(more, less)
    assert (low + high) / 2 == pytest.approx(more.mean() - less.mean())
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(2 / 400), rel=0.1)
    assert bounds(np.array([1.0, 3.0]), np.array([5.0, 5.0])) == pytest.approx((-3 - T_1, -3 + T_1), abs=1e-3)


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_of_few_seeds_it_holds_as_often_as_it_says(seeds):
    """Of 2,000 samples 95% ± 1.7%, which is three and a half standard errors: a false alarm in 2,000 runs."""
    samples = np.random.default_rng(seeds).normal(0, 1, (2_000, seeds))
    held = [low <= 0 <= high for low, high in map(bounds, samples)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.017)


def test_a_ratio_whose_parts_vary_together_is_sure():
    of = np.array([10.0, 20.0, 30.0])
    assert ratio_bounds(0.5 * of, of) == pytest.approx((0.5, 0.5))
    low, high = ratio_bounds(np.array([9.0, 20.0, 31.0]), of)
    assert (low, high) == pytest.approx((1 - T_2 / np.sqrt(3) / 20, 1 + T_2 / np.sqrt(3) / 20), abs=1e-4)
