"""What the gates say, at and beside their limits."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from trainee.errors import InvalidArgument
from trainee.release import GATES, Verdict, blank, canary_verdicts, finished, shadow_verdicts
from trainee.release.gates import agreement, calibration, latency, returns, validity


def shown(**counts):
    return replace(blank(), **counts)


def canary(arms, share=0.5):
    """The first verdict that does not wait, and after how many episodes; arms in turn."""
    measurements = blank(share)
    for episode, totals in enumerate(zip(*arms, strict=True)):
        for which, total in zip((True, False), totals, strict=True):
            measurements = finished(measurements, which, float(total))
        verdict = returns(measurements)
        if verdict.outcome != "inconclusive":
            return verdict.outcome, 2 * (episode + 1)
    return "inconclusive", None


def test_each_stage_has_its_gates():
    assert tuple(verdict.gate for verdict in shadow_verdicts(blank())) == GATES["shadow"]
    assert tuple(verdict.gate for verdict in canary_verdicts(blank())) == GATES["canary"]


def test_before_anything_is_measured_all_gates_wait_but_the_one_that_never_fails():
    outcomes = {verdict.gate: verdict.outcome for verdict in (*shadow_verdicts(blank()), *canary_verdicts(blank()))}
    assert outcomes.pop("agreement") == "pass"
    assert set(outcomes.values()) == {"inconclusive"}


@pytest.mark.parametrize(
    ("valid", "decisions", "outcome"),
    [(333, 333, "inconclusive"), (334, 334, "pass"), (990, 1000, "inconclusive"), (960, 1000, "fail"), (0, 3, "fail")],
)
def test_validity(valid, decisions, outcome):
    verdict = validity(shown(valid=valid, decisions=decisions))
    assert (verdict.outcome, verdict.measured, verdict.count) == (outcome, valid / decisions, decisions)


@pytest.mark.parametrize(
    ("slow", "decisions", "outcome"),
    [(0, 333, "inconclusive"), (0, 334, "pass"), (10, 1000, "inconclusive"), (40, 1000, "fail"), (10, 10, "fail")],
)
def test_latency(slow, decisions, outcome):
    verdict = latency(shown(slow=slow, decisions=decisions))
    assert verdict.outcome == outcome
    assert "25 ms" in verdict.why


@pytest.mark.parametrize(
    ("inside", "count", "outcome"),
    [
        (19, 19, "inconclusive"),
        (20, 20, "pass"),
        (3, 20, "pass"),
        (2, 20, "fail"),
        (0, 11, "inconclusive"),
        (0, 12, "fail"),
        (99, 99, "pass"),
    ],
)
def test_calibration_fails_only_where_it_is_far_off(inside, count, outcome):
    assert calibration(shown(inside=inside, returns=count)).outcome == outcome


@pytest.mark.parametrize("agreed", [0, 500, 1000])
def test_agreement_never_fails(agreed):
    verdict = agreement(shown(agreed=agreed, decisions=1000))
    assert (verdict.outcome, verdict.measured) == ("pass", agreed / 1000)


def test_returns_that_never_vary():
    # Ten of each are enough for what is worse, fifty for what goes on.
    assert canary(([200] * 100, [500] * 100)) == ("fail", 20)
    assert canary(([500] * 100, [500] * 100)) == ("pass", 100)
    assert canary(([500] * 100, [200] * 100)) == ("pass", 100)
    assert canary(([0] * 100, [0] * 100)) == ("pass", 100)


def test_a_difference_that_is_rounding_is_none():
    assert canary(([0.3] * 100, [0.1 + 0.2] * 100)) == ("pass", 100)


def test_beside_returns_that_never_vary_a_hundredth_of_their_size_is_like_them():
    almost, far = [500] * 30 + [499] + [500] * 30, [500] * 30 + [0] + [500] * 30
    assert canary((almost, [500] * 61))[0] == "pass"
    assert canary((far, [500] * 61))[0] == "inconclusive"


def test_returns_do_not_depend_on_units():
    draws = np.random.default_rng(3)
    one, other = draws.normal(-0.7, 1, 400), draws.normal(0, 1, 400)
    expected = canary((one, other))
    assert expected[0] == "fail"
    assert canary((1e-9 * one, 1e-9 * other)) == expected
    # The margin is one of deviations, not of returns, however far from 0 these are.
    assert canary((50 * one + 1e6, 50 * other + 1e6)) == expected
    assert canary((one - 1e6, other - 1e6)) == expected


def test_a_verdict_on_returns_says_what_it_is_of():
    draws = np.random.default_rng(0)
    measurements = blank()
    for total in draws.normal(5, 1, 40):
        measurements = finished(finished(measurements, True, total), False, 10.0 + total)
    verdict = returns(measurements)
    assert verdict.count == 80
    assert verdict.measured == pytest.approx(-10)
    assert verdict.low < -10 < verdict.high < 0
    assert "worse for sure" in verdict.why


def test_without_one_of_the_arms_nothing_is_said():
    measurements = blank()
    for _ in range(100):
        measurements = finished(measurements, False, 1.0)
    verdict = returns(measurements)
    assert (verdict.outcome, verdict.measured, verdict.low, verdict.high) == ("inconclusive", None, None, None)


def test_verdicts_are_plain_data():
    for verdict in (*shadow_verdicts(blank()), *canary_verdicts(blank())):
        assert Verdict.from_json(json.loads(json.dumps(verdict.to_json(), allow_nan=False))) == verdict
        assert all(bound is None or math.isfinite(bound) for bound in (verdict.low, verdict.high))


@pytest.mark.parametrize("fields", [{}, {**validity(blank()).to_json(), "outcome": "perhaps"}])
def test_what_is_no_verdict_is_not_read(fields):
    with pytest.raises(InvalidArgument, match="verdict"):
        Verdict.from_json(fields)
