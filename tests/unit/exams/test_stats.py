"""Statistics of exams: intervals that hold as often as they say, by hand where that can be."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.exams.stats import bounds, drawn_anew, pooled_bounds


def test_bounds_of_two_are_wider_than_what_was_drawn():
    assert bounds(np.array([0.0, 1.0])) == pytest.approx((0.5 - np.sqrt(0.5), 0.5 + np.sqrt(0.5)))
    assert bounds(np.ones(5)) == (1.0, 1.0)


def test_a_difference_is_as_unsure_as_both():
    draw = np.random.default_rng(0)
    more, less = draw.normal(3, 1, 400), draw.normal(1, 1, 400)
    low, high = bounds(more, less)
    assert (low + high) / 2 == pytest.approx(more.mean() - less.mean(), abs=0.01)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(2 / 400), rel=0.1)


def test_each_resample_is_of_seeds_and_then_of_their_episodes():
    drawn = drawn_anew([3, 2])
    assert drawn.shape[1] == 2 * 3
    groups = drawn.reshape(-1, 2, 3)
    first = groups < 3
    assert (first.all(axis=2) | ~first.any(axis=2)).all()
    assert set(np.unique(drawn)) == {0, 1, 2, 3, 4}
    assert first[:, 0, 0].mean() == pytest.approx(0.5, abs=0.03)


def test_episodes_of_few_seeds_do_not_count_as_so_many():
    """Two seeds that differ are two numbers, however many episodes each has."""
    low, high = pooled_bounds([[0.0] * 100, [1.0] * 100])
    assert (low, high) == (0.0, 1.0)
    low, high = pooled_bounds([[0.0, 1.0] * 50])
    assert 0.4 < low + 0.02 < 0.5 < high - 0.02 < 0.6
