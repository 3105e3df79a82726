"""What can be searched for: places and numbers, and that the shipped table is within the bounds."""

from __future__ import annotations

import pytest

from trainee.errors import InvalidArgument
from trainee.evolution import Field, fields
from trainee.learner import Constants


def test_places_by_hand():
    assert Field("x", 1.0, 100.0).value(0.5) == pytest.approx(10)
    assert Field("x", 1.0, 3.0, "even").value(0.25) == pytest.approx(1.5)
    # Half way between lacking a tenth and lacking a thousandth it lacks a hundredth.
    assert Field("x", 0.9, 0.999, "rest").value(0.5) == pytest.approx(0.99)
    assert Field("x", 0.9, 0.999, "rest").place(0.99) == pytest.approx(0.5)
    assert [Field("x", 1.0, 100.0).value(place) for place in (-1.0, 0.0, 1.0, 2.0)] == [1, 1, 100, 100]


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.name)
def test_the_shipped_number_is_within_its_bounds_and_found_again(field):
    shipped = getattr(Constants(), field.name)
    place = field.place(shipped)
    assert 0 < place <= 1
    assert field.value(place) == pytest.approx(shipped)
    assert field.low <= field.value(0.0) < field.value(1.0) <= field.high
    with pytest.raises(InvalidArgument, match=f"{field.name} is .*, which is not between"):
        field.place(field.high * 1.01)


def test_fields_are_in_the_order_in_which_they_were_named():
    assert [field.name for field in fields(["trace", "learning_rate"])] == ["trace", "learning_rate"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["trace", "tracé"], "'tracé' is no constant: choose of shortest_horizon, "),
        (["trace", "heads"], "'heads' cannot be searched for, as it decides what is compiled"),
        (["trace", "trace"], "named twice"),
        (["trace"], "two fields or more, not trace alone"),
    ],
)
def test_what_cannot_be_searched_for_is_told(names, told):
    with pytest.raises(InvalidArgument, match=told):
        fields(names)
