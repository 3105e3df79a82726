"""Statistics that exams share: how sure a mean over a few seeds is, and how to draw episodes of several seeds anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

RESAMPLES = 10_000
ENDS = 2.5, 97.5


def bounds(
    values: Float[np.ndarray, " seeds"], less: Float[np.ndarray, " others"] | None = None
) -> tuple[float, float]:
    """The 95% interval of a mean over seeds by bootstrap, or of what it is more than that of others.

    Differs from Efron & Tibshirani (1993, §13.3) in that it is widened by √(n / (n − 1)) for n seeds: resamples of a
    few spread less than new ones would.

    Args:
      values: two or more.
      less: those of other agents, two or more, drawn apart from these.
    """
    means = _means(values, 0) - (0.0 if less is None else _means(less, 1))
    low, high = np.percentile(means, ENDS)
    return float(low), float(high)


def pooled_bounds(returns: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The 95% interval of the mean of the episodes of several seeds, as `drawn_anew`."""
    low, high = np.percentile(np.concatenate(returns)[drawn_anew([*map(len, returns)])].mean(axis=1), ENDS)
    return float(low), float(high)


def drawn_anew(counts: Sequence[int]) -> Int[np.ndarray, "resamples episodes"]:
    """Which episodes each resample holds, of those of several seeds, seed behind seed: seeds are drawn first, and then
    episodes of each. Those of one seed are alike, and do not count as so many (Davison & Hinkley 1997, §3.8).

    Args:
      counts: how many episodes each seed has.
    """
    random, of_seed, begins = np.random.default_rng(0), np.asarray(counts), np.cumsum([0, *counts[:-1]])
    seeds = random.integers(0, len(of_seed), (RESAMPLES, len(of_seed), 1))
    within = random.integers(0, of_seed[seeds], (RESAMPLES, len(of_seed), max(counts)))
    return (begins[seeds] + within).reshape(RESAMPLES, -1)


def _means(values: Float[np.ndarray, " seeds"], seed: int) -> Float[np.ndarray, " resamples"]:
    """Of resamples, as far from the mean as new ones would be."""
    count = len(values)
    drawn = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
    mean = values.mean()
    return mean + np.sqrt(count / (count - 1)) * (values[drawn].mean(axis=1) - mean)
