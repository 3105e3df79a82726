"""The logbook: what a worker has done so far, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

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
    """Steps, finished episodes, and sums over the episode under way, which may never end.

    Attributes:
      discount: of the agent's value, as it is now.
      steps: time steps that were learned from, first ones of episodes not counted.
      episodes: the finished ones.
      unfit: time steps that could not be learned from.
      length, total, predicted, realised: of the episode under way, as in `Episode`.
      weight: what a reward that comes next counts in `realised`.
    """

    discount: float
    steps: int = 0
    episodes: list[Episode] = field(default_factory=list)
    unfit: int = 0
    length: int = 0
    total: float = 0.0
    predicted: float = 0.0
    realised: float = 0.0
    weight: float = 1.0

    def enter(
        self, reward: float, discount: float, first: bool, last: bool, value: float, by: float | None = None
    ) -> Episode | None:
        """A time step, the value that it was answered with, and by what that is discounted, if not as before; returns
        the episode if it ended with it.
        """
        self.discount = self.discount if by is None else by
        if first:
            self.length, self.total, self.predicted, self.realised, self.weight = 0, 0.0, value, 0.0, 1.0
            return None
        self.realised += self.weight * reward
        self.total += reward
        self.weight *= self.discount
        self.length += 1
        self.steps += 1
        if not last:
            return None
        realised = self.realised + self.weight * discount * value
        episode = Episode(self.steps, self.length, self.total, self.predicted, realised)
        self.episodes.append(episode)
        return episode

    def online_return(self, begin: int = 0) -> float:
        """Online return over the steps after `begin`."""
        return float(np.mean(tenths(self.episodes, begin, self.steps)))

    def recent(self, count: int = 10) -> float:
        """Mean return of the last episodes; NaN before the first has ended."""
        totals = [episode.total for episode in self.episodes[-count:]]
        return float(np.mean(totals)) if totals else float("nan")


def joined(logbooks: Sequence[Logbook]) -> Logbook:
    """The logbook of streams side by side: steps are those of all, episodes in the order in which they ended."""
    ended = sorted((episode for log in logbooks for episode in log.episodes), key=lambda episode: episode.step)
    # When one stream has made n steps, each has.
    episodes = [replace(episode, step=episode.step * len(logbooks)) for episode in ended]
    steps, unfit = sum(log.steps for log in logbooks), sum(log.unfit for log in logbooks)
    return Logbook(logbooks[0].discount, steps, episodes, unfit)


def tenths(episodes: Sequence[Episode], begin: int, end: int) -> list[float]:
    """Mean return of the episodes that end in each of ten equal parts of the steps from `begin` to `end`.

    A part in which none ends takes the part before's; the parts before the first episode's end take that of the first
    part that has one. NaN throughout where none has ended.
    """
    edges = begin + (end - begin) * np.arange(PARTS + 1) / PARTS
    steps = np.array([episode.step for episode in episodes])
    totals = np.array([episode.total for episode in episodes])
    result: list[float] = []
    for low, high in pairwise(edges):
        inside = totals[(steps > low) & (steps <= high)] if len(steps) else totals
        result.append(float(inside.mean()) if len(inside) else (result[-1] if result else float("nan")))
    known = [value for value in result if not np.isnan(value)]
    return [known[0] if np.isnan(value) else value for value in result] if known else result
