from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import InvalidArgument
from trainee.jobs.lines import Line


def values(box, *coordinates, choices=11):
    line = Line(box, choices)
    return line.values(np.array(coordinates, np.float32), np)


def test_between_two_bounds_choices_lie_evenly():
    box = spaces.Box(np.float32([-2, 0]), np.float32([2, 10]))
    np.testing.assert_allclose(values(box, 0, 0), [-2, 0])
    np.testing.assert_allclose(values(box, 5, 2.5), [0, 2.5])
    np.testing.assert_allclose(values(box, 10, 10), [2, 10])


def test_without_bounds_a_tenth_and_ten_can_both_be_reached():
    box = spaces.Box(-np.inf, np.inf, (11,))
    line = values(box, *range(11))
    # 100·sinh(8.6·t) / sinh(8.6) at t = 0, 0.2, ..., 1.
    half = [0, 0.100, 0.573, 3.20, 17.9, 100]
    np.testing.assert_allclose(line[5:], half, rtol=0.01)
    np.testing.assert_allclose(line[:6], -line[:4:-1], atol=1e-6)


def test_with_one_bound_choices_reach_away_from_it():
    above = values(spaces.Box(5, np.inf, (3,), np.float64), 0, 5, 10)
    # Half way: 100·sinh(4.3) / sinh(8.6) = 100 / (2·cosh(4.3)) = 1.357.
    np.testing.assert_allclose(above, [5, 6.357, 105], rtol=1e-3)
    below = values(spaces.Box(-np.inf, -3, (3,), np.float64), 0, 5, 10)
    np.testing.assert_allclose(below, [-103, -4.357, -3], rtol=1e-3)


def test_coordinates_turn_values_round():
    box = spaces.Box(np.array([-1, -np.inf, 2, -np.inf]), np.array([3, np.inf, np.inf, 2]), dtype=np.float64)
    line = Line(box, 11)
    point = np.array([7.3, 2.2, 4.9, 8.1], np.float32)
    np.testing.assert_allclose(line.coordinates(line.values(point, np)), point, atol=1e-4)


def test_whole_numbers_are_rounded_and_have_no_more_choices_than_there_are():
    line = Line(spaces.Box(0, 3, (1,), np.int32), 11)
    assert line.choices == (4,)
    for coordinate, value in ((0, 0), (1, 1), (1.4, 1), (2.6, 3), (3, 3)):
        got = line.values(np.array([coordinate], np.float32), np)
        assert got.tolist() == [value]
        assert got.dtype == np.int32
    assert Line(spaces.Box(0, 255, (2,), np.uint8), 11).choices == (11, 11)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.int8, np.float16, np.float32, np.float64])
def test_the_widest_line_of_a_type_stays_inside_it(dtype):
    limits = np.finfo(dtype) if np.dtype(dtype).kind == "f" else np.iinfo(dtype)
    box = spaces.Box(np.array([limits.min], dtype), np.array([limits.max], dtype), dtype=dtype)
    line = Line(box, 11)
    for coordinate in (0, 3.3, 10):
        value = line.values(np.array([coordinate], np.float32), np)
        assert box.contains(value)
        assert np.all(np.isfinite(line.coordinates(value)))


def test_a_line_of_one_point_is_that_point():
    box = spaces.Box(np.float32([4]), np.float32([4]))
    assert values(box, 7).tolist() == [4]
    np.testing.assert_array_equal(Line(box, 11).coordinates(np.float32([4])), [0])
    assert Line(spaces.Box(4, 4, (1,), np.int64), 11).choices == (1,)


def test_a_line_needs_two_choices():
    with pytest.raises(InvalidArgument, match="2 choices or more on its line, not 1"):
        Line(spaces.Box(0, 1, (1,)), 1)
