"""What the gates promise, counted over simulated releases with fixed seeds.

Each bar is set so that a gate whose true rate is just the promised one would fail its test for one seed in a thousand,
and all twelve tests together for one in eighty at most.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from trainee.release import blank, finished
from trainee.release.bounds import ERROR, LATER, UPPER, share_bounds
from trainee.release.gates import returns

ALARM = 0.001
# The error of the upper bound, over all time.
WRONG = UPPER[0] + UPPER[1] / (1 - LATER)


def most(count, rate):
    """The number that so many trials exceed with a probability of `ALARM` at most."""
    below, number = 0.0, -1
    while below < 1 - ALARM:
        number += 1
        below += math.comb(count, number) * rate**number * (1 - rate) ** (count - number)
    return number


def outcome(canary, serving, share, draws):
    """What becomes of a release with these returns, whichever arm decides."""
    measurements = blank(share)
    for one, other in zip(canary, serving, strict=True):
        here = bool(draws.random() < share)
        measurements = finished(measurements, here, float(one if here else other))
        found = returns(measurements).outcome
        if found != "inconclusive":
            return found
    return "inconclusive"


def outcomes(drawn, effect, episodes, releases, share=0.5, drift=0.0):
    draws = np.random.default_rng(7)
    pairs = [(drawn(draws, episodes) - effect + drift, drawn(draws, episodes) + drift) for _ in range(releases)]
    return [outcome(*pair, share, draws) for pair in pairs]


def normal(draws, count):
    return draws.normal(size=count)


def success(draws, count):
    return (draws.random(count) < 0.8).astype(float)


def lognormal(draws, count):
    return draws.lognormal(size=count)


def costs(draws, count):
    return -draws.lognormal(size=count)


@pytest.mark.parametrize(
    ("drawn", "share"), [(normal, 0.5), (success, 0.5), (lognormal, 0.5), (lognormal, 0.1), (costs, 0.1)]
)
def test_an_equal_version_is_seldom_rolled_back(drawn, share):
    found = outcomes(drawn, 0.0, 200, 100, share)
    assert found.count("fail") <= most(100, WRONG)


def test_an_equal_version_is_promoted():
    found = outcomes(normal, 0.0, 1000, 50)
    assert found.count("pass") >= 50 - most(50, 0.1)


def test_a_worse_version_is_rolled_back_within_200_episodes():
    found = outcomes(normal, 0.6, 200, 100)
    assert found.count("fail") >= 100 - most(100, 0.05)


@pytest.mark.parametrize("drift", [np.arange(200) / 20, 5.0 * (np.arange(200) >= 100)], ids=["slowly", "at once"])
def test_what_drifts_for_both_alike_is_held_against_neither(drift):
    found = outcomes(normal, 0.0, 200, 100, 0.25, drift)
    assert found.count("fail") <= most(100, WRONG)


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.99])
def test_the_bounds_of_a_share_hold_at_every_look(rate):
    series, length = 200, 2000
    draws = np.random.default_rng(11)
    hits = np.cumsum(draws.random((series, length)) < rate, axis=1)
    looks = np.unique(np.geomspace(1, length, 40).astype(int))
    left = 0
    for counts in hits:
        pairs = (share_bounds(int(counts[look - 1]), int(look), 0.99) for look in looks)
        left += not all(low <= rate <= high for low, high in pairs)
    assert left <= most(series, ERROR)
