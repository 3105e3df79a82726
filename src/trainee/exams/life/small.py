"""Many small jobs in a row: what comes of them beside new agents, and how able to learn the brain still is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trainee.exams.life import measures
from trainee.exams.life.log import Row
from trainee.exams.life.measures import Range, Ranges
from trainee.exams.stats import bounds, ratio_bounds
from trainee.jobs.variants import BASES

# Parts that the small jobs are told of in, and how many of them a part has at least.
WINDOWS, LEAST = 10, 10


@dataclass(frozen=True)
class Window:
    """Some small jobs in a row: what comes of them beside new agents, and how the brain is, by `health`'s names.

    Attributes:
      first, last: their numbers, from 1.
      relative, low, high: the area under their curves over that of new agents, and its 95% interval over jobs.
      health: a mean over jobs.
    """

    first: int
    last: int
    relative: float
    low: float
    high: float
    health: Mapping[str, float]


def windows(lives: Mapping[int, list[Row]], fresh: Mapping[int, list[Row]]) -> list[Window]:
    """What came of the small jobs, in ten parts, seeds together.

    Args:
      lives: of one arm, by seed.
      fresh: of new agents for each job, by seed.
    """
    pairs = [(life, fresh[seed]) for seed, life in lives.items() if seed in fresh]
    if not pairs:
        return []
    ranges = _ranges(list(fresh.values()))
    count = len(pairs[0][0])
    edges = np.linspace(0, count, max(min(WINDOWS, count // LEAST), 1) + 1).astype(int).tolist()
    return [_window(pairs, ranges, first, last) for first, last in pairwise(edges)]


def _window(pairs: Sequence[tuple[list[Row], list[Row]]], ranges: Ranges, first: int, last: int) -> Window:
    ours = [row for life, _ in pairs for row in life[first:last]]
    theirs = [row for _, fresh in pairs for row in fresh[first:last]]
    names = [name for name in ("dormant", "rank", "norm") if any(name in row.health for row in ours)]
    health = {name: float(np.mean([row.health[name] for row in ours if name in row.health])) for name in names}
    return Window(first + 1, last, *_relative(ours, theirs, ranges), health)


def _relative(ours: Sequence[Row], theirs: Sequence[Row], ranges: Ranges) -> tuple[float, float, float]:
    """The areas together over those of new agents, and how sure that is."""
    known = [(row, new) for row, new in zip(ours, theirs, strict=True) if row.job in ranges]
    areas = np.array([[measures.area(one, ranges) for one in pair] for pair in known]).reshape(-1, 2)
    if len(areas) < 2 or areas[:, 1].mean() <= 0:
        nothing = float("nan")
        return nothing, nothing, nothing
    return float(areas[:, 0].mean() / areas[:, 1].mean()), *ratio_bounds(areas[:, 0], areas[:, 1])


def _ranges(fresh: Sequence[Sequence[Row]]) -> Ranges:
    """Of each small job: from what a new agent brings in the first tenth of its turn to what it does in the last, the
    mean over those made of the same job; of those alone in which the last tenth is better for sure.
    """
    ranges: Ranges = {}
    for kind in range(len(BASES)):
        alike = [row for life in fresh for row in life[kind :: len(BASES)]]
        curves = np.array([measures.curve(row) for row in alike if row.episodes])
        if len(curves) > 1 and bounds(curves[:, -1] - curves[:, 0])[0] > 0:
            first, last = curves[:, 0].mean(), curves[:, -1].mean()
            ranges.update(dict.fromkeys((row.job for row in alike), Range(float(first), float(last))))
    return ranges
