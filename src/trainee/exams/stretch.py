"""A stretch of work as arrays, and the numbers that are read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from trainee.life import Logbook, tenths


@dataclass(frozen=True)
class Stretch:
    """The episodes that ended in a stretch of work.

    Attributes:
      begin, end: the worker's step count before its first step and after its last.
      steps: `[episodes]`, the step count when each ended.
      totals: `[episodes]`, undiscounted returns.
      predicted: `[episodes]`, values at first time steps, in reward units.
      realised: `[episodes]`, the discounted returns that came true from there.
      parts: the ten means that the online return is the mean of; NaN where no episode ended.
    """

    begin: int
    end: int
    steps: Int[np.ndarray, " episodes"]
    totals: Float[np.ndarray, " episodes"]
    predicted: Float[np.ndarray, " episodes"]
    realised: Float[np.ndarray, " episodes"]
    parts: list[float]

    @property
    def foreseen(self) -> Bool[np.ndarray, " episodes"]:
        """The episodes of which both the predicted and the realised value are finite."""
        return np.isfinite(self.predicted) & np.isfinite(self.realised)


def newest_stretch(logbook: Logbook, steps: int) -> Stretch:
    """The last `steps` steps of a logbook."""
    begin = logbook.steps - steps
    episodes = [episode for episode in logbook.episodes if episode.step > begin]
    return Stretch(
        begin,
        logbook.steps,
        np.array([episode.step for episode in episodes], int),
        np.array([episode.total for episode in episodes], float),
        np.array([episode.predicted for episode in episodes], float),
        np.array([episode.realised for episode in episodes], float),
        tenths(episodes, begin, logbook.steps),
    )


def running_mean(
    steps: Int[np.ndarray, " count"], values: Float[np.ndarray, " count"], span: int
) -> Float[np.ndarray, " count"]:
    """At each step, the mean of its value and of those less than `span` steps before. Nothing later enters.

    Args:
      steps: `[count]`, ascending.
      values: `[count]`, finite.
      span: in steps, 1 or more.
    Returns:
      `[count]`, in the units of `values`.
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    begins = np.searchsorted(steps, steps - span, side="right")
    return (sums[ends] - sums[begins]) / (ends - begins)


def correlation(xs: Float[np.ndarray, " count"], ys: Float[np.ndarray, " count"]) -> float:
    """Pearson's correlation, in [−1, 1]; NaN where there are fewer than two pairs or one side never varies."""
    if len(xs) < 2 or np.ptp(xs) == 0 or np.ptp(ys) == 0:
        return float("nan")
    x, y = ((side - side.mean()) / np.ptp(side) for side in (xs, ys))
    return float(np.clip(np.sum(x * y) / np.sqrt(np.sum(x**2) * np.sum(y**2)), -1.0, 1.0))


def mean_absolute_error(xs: Float[np.ndarray, " count"], ys: Float[np.ndarray, " count"]) -> float:
    """Mean of |x − y|; NaN where there are no pairs."""
    return float(np.mean(np.abs(xs - ys))) if len(xs) else float("nan")


def thinned(count: int, most: int) -> Int[np.ndarray, " kept"]:
    """Indices of at most `most` of `count` points, evenly spaced; the first and the last are kept."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(int)
