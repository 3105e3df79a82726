"""Many small jobs in a row: what comes of them beside new agents, and how able to learn the brain still is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trainee.exams.life import measures
from trainee.exams.life.log import Row
from trainee.exams.life.measures import Range, Ranges
from trainee.jobs.variants import BASES

# Parts that the small jobs are told of in, and how many of them a part has at least.
WINDOWS, LEAST = 10, 10


@dataclass(frozen=True)
class Window:
    """Some small jobs in a row: what comes of them beside new agents, and how the brain is, by `health`'s names."""

    first: int
    last: int
    relative: float
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
    return Window(first + 1, last, measures.relative_area(ours, theirs, ranges), health)


def _ranges(fresh: Sequence[Sequence[Row]]) -> Ranges:
    """Of each small job: from what a new agent brings in the first tenth of its turn to what it does in the last, the
    mean over those made of the same job.
    """
    ranges: Ranges = {}
    for kind in range(len(BASES)):
        alike = [row for life in fresh for row in life[kind :: len(BASES)]]
        curves = np.array([measures.curve(row) for row in alike])
        first, last = np.nanmean(curves[:, 0]), np.nanmean(curves[:, -1])
        if last > first:
            ranges.update(dict.fromkeys((row.job for row in alike), Range(float(first), float(last))))
    return ranges
