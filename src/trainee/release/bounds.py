"""Bounds that hold at every look: a release may be judged after each decision and each episode, and at no set time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, lgamma, log, sqrt
from statistics import NormalDist

# How often the bounds of a share are wrong at any look.
ERROR = 0.05
# Decisions that the prior of a share is worth; its mean is the bar.
PRIOR = 10.0

# Episodes of both arms until the end of the first epoch, and how many times longer each next one is.
FIRST, GROWTH = 200, 5
# How often a bound of a difference is wrong in the first epoch, and in the second; of each later one the tenth.
# What is worse has to be found in the first, so the upper bound spends its errors there, and the lower one later.
UPPER, LOWER = (0.03, 0.009), (0.005, 0.04)
LATER = 0.1


def share_bounds(hits: int, total: int, bar: float) -> tuple[float, float]:
    """Between which two values a share lies, at every look, but for one series in twenty.

    The values that a mixture of all shares, Beta(10 bar, 10 (1 − bar)), does not explain twenty times better. Exact for
    independent trials; a series that is never wrong settles for 0.99 after 334 of them.

    Args:
      hits, total: how many trials came out so, and how many there were.
      bar: the share it is to be compared with, above 0 and below 1. Bounds are narrowest there.
    Source: Robbins (1970), as a confidence sequence in Howard et al. (2021), arXiv 1810.08240, §3.
    """
    if not total:
        return 0.0, 1.0
    a, b = PRIOR * bar, PRIOR * (1 - bar)
    misses, middle = total - hits, hits / total
    mixed = _log_beta(a + hits, b + misses) - _log_beta(a, b) + log(ERROR)

    def explained(share: float) -> bool:
        return _likelihood(hits, share) + _likelihood(misses, 1 - share) > mixed

    low = 0.0 if not hits else _edge(0.0, middle, explained)
    high = 1.0 if not misses else _edge(1.0, middle, explained)
    return low, high


def reach(weight: float, share: float, spent: tuple[float, float]) -> float:
    """How far beyond an estimated difference its bound lies, in standard errors of the estimate.

    The sum behind the estimate goes as a Brownian motion whose time is `weight`. Until the time T it ever leaves c √T
    behind with the probability 2 Φ(−c), by reflection. So in each epoch the bound is c √(T / weight) standard errors
    away, where 2 Φ(−c) is what the epoch may spend: wide at first, almost that of a single look at the epoch's end.

    Args:
      weight: Σ n₁ n₀ / (n₁ + n₀) over blocks.
      share: of the canary. The epoch of n episodes ends at T = share (1 − share) n.
      spent: how often the bound may be wrong in the first epoch and the second, as `UPPER`.
    Source: O'Brien & Fleming (1979) at every look, as in Lan & DeMets (1983), §2. Differs: one epoch follows another,
      and their errors add up, so that there is no last look.
    """
    if weight <= 0:
        return inf
    for end, error in _epochs(share, spent):
        if weight <= end:
            return -NormalDist().inv_cdf(error / 2) * sqrt(end / weight)
    raise AssertionError("epochs never end")


def _epochs(share: float, spent: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """The weight at which each epoch ends, and what it may spend."""
    end, (first, error) = share * (1 - share) * FIRST, spent
    yield end, first
    while True:
        end *= GROWTH
        yield end, error
        error *= LATER


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _likelihood(count: int, share: float) -> float:
    """Of so many trials, as a logarithm."""
    return 0.0 if not count else count * log(share) if share > 0 else -inf


def _edge(outside: float, inside: float, explained: Callable[[float], bool]) -> float:
    """Where what is explained begins, by bisection down to neighbouring numbers, on the outer side."""
    while (middle := (outside + inside) / 2) not in (outside, inside):
        if explained(middle):
            inside = middle
        else:
            outside = middle
    return outside
