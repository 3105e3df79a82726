"""Fitness by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.evolution.fitness import fitness, gains
from trainee.evolution.lives import Told


def told(online, scatter):
    return Told(np.array(online, float), np.array(scatter, float))


def test_gains_are_in_units_of_what_all_tables_earn_beyond_chance():
    shipped, chance = np.array([10.0, -2.0]), told([4.0, -4.0], [1.0, 1.0])
    # Beyond chance they earn 6, 2 and 4 in the first world, which is 4 on the mean; in the other one 2, 3 and 4.
    gained = gains(np.array([[6.0, -1.0], [8.0, 0.0]]), shipped, chance)
    np.testing.assert_allclose(gained, [[-1, 1 / 3], [-0.5, 2 / 3]])
    np.testing.assert_allclose(fitness(gained), [2 / 3, 1 + 1 / 12])


def test_no_world_counts_for_more_than_one():
    gained = gains(np.array([[99.0, -99.0]]), np.array([1.0, 1.0]), told([0.0, 0.0], [1.0, 1.0]))
    assert gained.tolist() == [[1, -1]]


def test_a_table_that_is_as_good_gains_nothing_on_the_mean():
    """Luck alone, of the shipped table too: 2,000 worlds, and a standard error of 0.01."""
    random = np.random.default_rng(0)
    online, shipped = random.normal(1.0, 0.3, (1, 2000)), random.normal(1.0, 0.3, 2000)
    gained = gains(online, shipped, told(np.zeros(2000), np.ones(2000)))
    assert abs(gained.mean()) < 0.03
    # In units of the shipped table alone it would seem to gain a tenth.
    assert np.mean(np.clip((online[0] - shipped) / np.maximum(shipped, 0.25), -1, 1)) > 0.05


def test_where_tables_earn_nothing_a_little_is_not_a_multiple():
    # A quarter of a scatter of 8 is the least unit.
    gained = gains(np.array([[5.0, 5.0]]), np.array([4.0, 4.0]), told([3.9, 6.0], [8.0, 8.0]))
    np.testing.assert_allclose(gained, [[0.5, 0.5]])


def test_where_all_is_the_same_nothing_is_gained():
    assert gains(np.array([[3.0]]), np.array([3.0]), told([3.0], [0.0])).tolist() == [[0.0]]


def test_what_comes_to_nothing_finite_is_as_bad_as_can_be():
    gained = gains(np.array([[np.nan], [np.inf]]), np.array([3.0]), told([1.0], [1.0]))
    assert gained.tolist() == [[-1.0], [-1.0]]


def test_the_highest_and_the_lowest_tenth_do_not_count():
    gained = np.array([[1.0, -1.0, *[0.25] * 8]])
    assert fitness(gained) == pytest.approx([1.25])
    # Of fewer than ten none is left out.
    assert fitness(gained[:, :9]) == pytest.approx([1 + 1.75 / 9])
