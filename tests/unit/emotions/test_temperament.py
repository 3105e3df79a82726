"""The table of numbers: what is out of range is refused by name, and what is in it is explained."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import pytest

from trainee.emotions import TABLE, Temperament, modulators
from trainee.errors import InvalidArgument


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf")])
def test_a_number_out_of_range_is_refused_with_the_range(value):
    with pytest.raises(InvalidArgument, match=r"fear_stays is .*from 0 to 0\.999"):
        Temperament(fear_stays=value)


def test_every_number_has_a_range_and_belongs_to_one_emotion():
    names = [field.name for field in dataclasses.fields(Temperament)]
    assert sorted(Temperament.RANGES) == sorted(names)
    assert sorted(name for entry in TABLE for name in entry.numbers) == sorted(names)


def test_modulators_are_one_line_each():
    t = Temperament(fear_usual=0.75, fear_weight=3.0, security_weight=2.0, mood_weight=0.5, satiety_weight=0.25)
    swayed = modulators(t, jnp.array([1.25, 0.75, 0.9, -0.4, 0.8, 0.3, 0.1]))
    assert [round(float(part), 6) for part in swayed] == [0.75, 0.75, 0.2, -0.2, 0.2, 0.3, 0.1]


def test_alarm_is_for_more_fear_than_usual_and_no_more_than_sure():
    alarms = [
        float(modulators(Temperament(fear_usual=0.5, fear_weight=4.0), jnp.array([fear, *[0.0] * 6])).alarm)
        for fear in (0.4, 0.75, 9)
    ]
    assert alarms == [0.0, 0.25, 1.0]
