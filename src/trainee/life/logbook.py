"""The logbook: what a worker has done so far, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

PARTS = 10


@dataclass(frozen=True)
class Episode:
    """One finished episode.

    Attributes:
      step: the worker's step count when it ended.
      length: its steps.
      total: its undiscounted return.
      predicted: the agent's value at its first time step, in reward units.
      realised: the discounted return that came true from there; at a time limit it goes on with the agent's own value.
    """

    step: int
    length: int
    total: float
    predicted: float
    realised: float


@dataclass
class Logbook:
    """Steps, episodes, and the rewards and values of the episode under way."""

    discount: float
    steps: int = 0
    episodes: list[Episode] = field(default_factory=list)
    unfit: int = 0
    rewards: list[float] = field(default_factory=list)
    predicted: float = 0.0

    def enter(self, reward: float, discount: float, first: bool, last: bool, value: float) -> Episode | None:
        """A time step, and the value that it was answered with; returns the episode if it ended with it."""
        if first:
            self.rewards.clear()
            self.predicted = value
            return None
        self.steps += 1
        self.rewards.append(reward)
        if not last:
            return None
        powers = self.discount ** np.arange(len(self.rewards) + 1)
        realised = float(np.dot(powers, [*self.rewards, discount * value]))
        episode = Episode(self.steps, len(self.rewards), float(np.sum(self.rewards)), self.predicted, realised)
        self.episodes.append(episode)
        return episode

    def online_return(self, begin: int = 0) -> float:
        """Online return over the steps after `begin`."""
        return float(np.mean(tenths(self.episodes, begin, self.steps)))

    def recent(self, count: int = 10) -> float:
        """Mean return of the last episodes; NaN before the first has ended."""
        totals = [episode.total for episode in self.episodes[-count:]]
        return float(np.mean(totals)) if totals else float("nan")


def tenths(episodes: Sequence[Episode], begin: int, end: int) -> list[float]:
    """Mean return of the episodes that end in each of ten equal parts of the steps from `begin` to `end`.

    A part in which none ends takes the part before's; the parts before the first episode's end take that of the first
    part that has one. NaN throughout where none has ended.
    """
    edges = begin + (end - begin) * np.arange(PARTS + 1) / PARTS
    steps = np.array([episode.step for episode in episodes])
    totals = np.array([episode.total for episode in episodes])
    result: list[float] = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = totals[(steps > low) & (steps <= high)] if len(steps) else totals
        result.append(float(inside.mean()) if len(inside) else (result[-1] if result else float("nan")))
    known = [value for value in result if not np.isnan(value)]
    return [known[0] if np.isnan(value) else value for value in result] if known else result
