"""Bounds of shares and differences, by numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from trainee.release.bounds import LATER, LOWER, UPPER, reach, share_bounds


def test_of_nothing_nothing_is_known():
    assert share_bounds(0, 0, 0.99) == (0.0, 1.0)


def test_bounds_of_one_trial_by_hand():
    # The prior, Beta(5, 5), gives a hit the probability 1/2; a share explains it a twentieth as well from 1/40 on.
    assert share_bounds(1, 1, 0.5) == pytest.approx((0.025, 1.0))
    assert share_bounds(0, 1, 0.5) == pytest.approx((0.0, 0.975))


def test_bounds_of_two_trials_by_hand():
    # E (1 − p)² = 5/10 · 6/11 = 3/11, and (1 − p)² = 3/220 at the bound.
    assert share_bounds(0, 2, 0.5) == pytest.approx((0.0, 1 - math.sqrt(3 / 220)))
    # E p (1 − p) = 5/10 · 5/11 = 5/22, and p (1 − p) = 1/88 at both.
    low = (1 - math.sqrt(1 - 4 / 88)) / 2
    assert share_bounds(1, 2, 0.5) == pytest.approx((low, 1 - low))


def test_a_series_without_a_miss_settles_for_its_bar_after_334():
    assert share_bounds(333, 333, 0.99)[0] < 0.99 <= share_bounds(334, 334, 0.99)[0]
    assert share_bounds(0, 334, 0.01)[1] <= 0.01 < share_bounds(0, 333, 0.01)[1]


@pytest.mark.parametrize(("hits", "total"), [(1, 3), (17, 20), (990, 1000), (999_000, 1_000_000), (10**6, 10**6)])
def test_bounds_are_around_the_share_and_mirror_each_other(hits, total):
    low, high = share_bounds(hits, total, 0.9)
    assert 0 <= low <= hits / total <= high <= 1
    mirrored = share_bounds(total - hits, total, 0.1)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_the_reach_at_the_end_of_an_epoch_is_that_of_a_single_look_with_half_the_error():
    # Of the standard normal: Φ(−2.17009) = 0.015, Φ(−2.61205) = 0.0045, Φ(−3.32004) = 0.00045.
    assert reach(50, 0.5, UPPER) == pytest.approx(2.17009, abs=1e-5)
    assert reach(250, 0.5, UPPER) == pytest.approx(2.61205, abs=1e-5)
    assert reach(1250, 0.5, UPPER) == pytest.approx(3.32004, abs=1e-4)
    # Φ(−2.05375) = 0.02. A quarter of the episodes have the weight 0.25 · 0.75 · 1,000.
    assert reach(187.5, 0.25, LOWER) == pytest.approx(2.05375, abs=1e-5)


def test_the_reach_before_the_end_of_an_epoch_goes_with_the_root_of_the_time_left():
    assert reach(12.5, 0.5, UPPER) == pytest.approx(2 * 2.17009, abs=1e-4)
    assert reach(50.001, 0.5, UPPER) == pytest.approx(math.sqrt(5) * 2.61205, abs=1e-4)


def test_before_both_arms_have_an_episode_the_reach_is_infinite():
    assert reach(0, 0.5, UPPER) == math.inf


def test_errors_of_all_epochs_together():
    upper, lower = (first + second / (1 - LATER) for first, second in (UPPER, LOWER))
    assert upper == pytest.approx(0.04)
    assert lower < 0.05
