"""Fitness by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.evolution.fitness import fitness, gains
from trainee.evolution.lives import Told


def told(online, scatter):
    return Told(np.array(online, float), np.array(scatter, float))


def test_chance_is_zero_and_the_shipped_table_is_one():
    shipped, chance = np.array([10.0, -2.0]), told([4.0, -4.0], [1.0, 1.0])
    gained = gains(np.array([shipped, chance.online, [7.0, -3.0], [13.0, -1.0], [99.0, -99.0]]), shipped, chance)
    np.testing.assert_allclose(gained, [[0, 0], [-1, -1], [-0.5, -0.5], [0.5, 0.5], [1, -1]])
    np.testing.assert_allclose(fitness(gained), [1, 0, 0.5, 1.5, 1])


def test_where_the_shipped_table_earns_nothing_a_little_is_not_a_multiple():
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
