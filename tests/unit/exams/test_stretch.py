"""The numbers behind the figures, by values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trainee.exams.stretch import correlation, mean_absolute_error, newest_stretch, running_mean, thinned
from trainee.life import Episode, Logbook


def test_the_newest_stretch_leaves_out_what_ended_before_it():
    episodes = [Episode(50, 50, 1.0, 0.1, 0.2), Episode(100, 50, 2.0, 0.3, 0.4), Episode(150, 50, 3.0, 0.5, 0.6)]
    stretch = newest_stretch(Logbook(0.99, 200, episodes), 100)
    assert (stretch.begin, stretch.end) == (100, 200)
    # An episode that ended with the last step before the stretch is the stretch before's.
    assert stretch.steps.tolist() == [150]
    assert (stretch.totals.tolist(), stretch.predicted.tolist(), stretch.realised.tolist()) == ([3.0], [0.5], [0.6])
    assert stretch.parts == [3.0] * 10


def test_a_stretch_without_an_episode_is_empty():
    stretch = newest_stretch(Logbook(0.99, 100), 100)
    assert stretch.steps.shape == stretch.totals.shape == (0,)
    assert np.isnan(stretch.parts).all()


def test_an_episode_is_foreseen_only_with_both_values_finite():
    nan, inf = float("nan"), float("inf")
    pairs = [(1.0, 2.0), (nan, 2.0), (1.0, inf), (-inf, nan)]
    episodes = [Episode(10 * (i + 1), 10, 1.0, *pair) for i, pair in enumerate(pairs)]
    assert newest_stretch(Logbook(0.99, 40, episodes), 40).foreseen.tolist() == [True, False, False, False]


def test_a_running_mean_reaches_back_by_steps_and_not_by_episodes():
    steps, values = np.array([10, 20, 30, 100, 105]), np.array([1.0, 2.0, 6.0, 10.0, 20.0])
    # At 30, the one at 10 is 20 steps back and out; at 100 there is no other; at 105 there are two.
    assert running_mean(steps, values, 20).tolist() == [1.0, 1.5, 4.0, 10.0, 15.0]


def test_a_running_mean_knows_nothing_of_later_values():
    steps = np.arange(1, 51)
    values = np.random.default_rng(0).normal(size=50)
    whole = running_mean(steps, values, 7)
    np.testing.assert_allclose(running_mean(steps[:30], values[:30], 7), whole[:30])


def test_a_running_mean_of_nothing_is_nothing():
    assert running_mean(np.zeros(0, int), np.zeros(0), 5).shape == (0,)


def test_correlation_by_hand():
    # Deviations (−1, 0, 1) and (−1, 1, 0): 1 / √(2 · 2).
    assert correlation(np.array([1.0, 2.0, 3.0]), np.array([4.0, 6.0, 5.0])) == pytest.approx(0.5)
    assert correlation(np.array([1.0, 2.0]), np.array([5.0, 3.0])) == -1.0


def test_correlation_agrees_with_numpy_whatever_the_units():
    x, y = np.random.default_rng(1).normal(size=(2, 40))
    expected = np.corrcoef(x, x + y)[0, 1]
    assert correlation(1e-200 * x, 1e200 * (x + y) + 1e200) == pytest.approx(expected)


@pytest.mark.parametrize(("xs", "ys"), [([], []), ([1.0], [2.0]), ([1.0, 2.0], [3.0, 3.0]), ([3.0, 3.0], [1.0, 2.0])])
def test_correlation_is_not_defined_without_variation(xs, ys):
    assert math.isnan(correlation(np.array(xs, float), np.array(ys, float)))


def test_mean_absolute_error_by_hand():
    assert mean_absolute_error(np.array([1.0, -2.0]), np.array([4.0, -1.0])) == 2.0
    assert math.isnan(mean_absolute_error(np.zeros(0), np.zeros(0)))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1000])
def test_thinning_keeps_the_ends_and_no_point_twice(count):
    kept = thinned(count, 8)
    assert len(kept) == min(count, 8)
    assert len(set(kept.tolist())) == len(kept)
    assert kept.tolist() == sorted(kept.tolist())
    assert count == 0 or (kept[0], kept[-1]) == (0, count - 1)
