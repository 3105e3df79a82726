"""Numbers as a reader sees them."""

from __future__ import annotations

import math

import pytest

from trainee.exams.numerals import counted, duration, numeral, numeral_between


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (-0.001, "0.00"),
        (0.756, "0.76"),
        (-9.994, "−9.99"),
        (-104.26, "−104.3"),
        (1234.5, "1,234.5"),
        (-123456.7, "−123,457"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_numeral(value, text):
    assert numeral(value) == text


def test_a_numeral_takes_the_decimals_of_what_it_stands_beside():
    assert numeral(9.5, beside=250.0) == "9.5"
    assert numeral(9.5, beside=math.nan) == "9.50"


def test_a_numeral_between_its_ends_where_these_are_known():
    assert numeral_between(0.934, 0.9, -0.97) == "0.93 [0.90, −0.97]"
    assert numeral_between(0.934, math.nan, math.nan) == "0.93"


def test_counted():
    assert [counted(n, "step") for n in (0, 1, 1200)] == ["0 steps", "1 step", "1,200 steps"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "less than 1 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (151.0, "2 min 31 s"),
        (3599.9, "1 h 0 min"),
        (11_130.0, "3 h 5 min"),
        (math.nan, "–"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text
