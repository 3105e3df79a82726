"""What is counted of a release."""

from __future__ import annotations

import json
import math

import pytest

from trainee.errors import InvalidArgument
from trainee.release import LIMIT_MS, SHARE, Measurements, blank, finished, foreseen, shadowed


def test_decisions_in_the_shadow_are_counted():
    measurements = blank()
    # As long as allowed is not too long; what never came is.
    for valid, took_ms, agreed in [(True, 25.0, True), (True, 25.1, False), (False, math.inf, False), (True, 1, True)]:
        measurements = shadowed(measurements, valid, took_ms, agreed)
    counts = (measurements.decisions, measurements.valid, measurements.slow, measurements.agreed)
    assert counts == (4, 3, 2, 2)


def test_returns_that_were_foreseen_are_counted():
    measurements = foreseen(foreseen(foreseen(blank(), True), False), True)
    assert (measurements.returns, measurements.inside) == (3, 2)


def test_episodes_go_to_their_arms():
    measurements = finished(finished(finished(blank(0.25), True, 4.0), False, 1.0), False, 2.0)
    contrast = measurements.contrast
    assert (contrast.share, contrast.canary.count, contrast.serving.count) == (0.25, 1, 2)
    assert (contrast.canary.mean, contrast.serving.mean) == (4.0, 1.5)


def test_the_usual_limits():
    assert (blank().limit_ms, blank().contrast.share) == (LIMIT_MS, SHARE) == (25.0, 0.5)


@pytest.mark.parametrize("limit_ms", [0.0, -1.0, math.nan])
def test_a_limit_that_is_none_is_refused(limit_ms):
    with pytest.raises(InvalidArgument, match="limit of a decision"):
        blank(limit_ms=limit_ms)


def test_a_time_that_is_none_is_refused():
    with pytest.raises(InvalidArgument, match="NaN ms"):
        shadowed(blank(), True, math.nan, True)


def test_written_and_read():
    measurements = finished(foreseen(shadowed(blank(0.1, 5.0), True, 7.0, True), True), True, 1.5)
    assert Measurements.from_json(json.loads(json.dumps(measurements.to_json(), allow_nan=False))) == measurements


@pytest.mark.parametrize("fields", [{}, {"contrast": None}, {**blank().to_json(), "more": 1}])
def test_what_is_none_is_not_read(fields):
    with pytest.raises(InvalidArgument, match="no measurements"):
        Measurements.from_json(fields)
