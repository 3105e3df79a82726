"""What a life is measured by, each a pure function of its log. Scores are normalised: random play is 0, and what an
agent comes to that does nothing but this job is 1.

Perfect: average performance 1, forgetting 0 or less, transfer above 0, relearning near 0, plasticity 1 or more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainee.exams.life.log import Row
from trainee.life import Episode, tenths

# Forward transfer is of the first three tenths of a turn.
FIRST_TENTHS = 3
# How many episodes say how well a job is done while it is learned: a share of those of its first turn, and the fewest.
RECENT, FEWEST = 0.05, 10
# What share of the best is to be reached again.
REACHED = 0.9


@dataclass(frozen=True)
class Range:
    """What a job is measured between.

    Attributes:
      random: the mean return of random play.
      alone: that of an agent which did nothing but this job.
    """

    random: float
    alone: float

    def normalised(self, value: float) -> float:
        """(value − random) / (alone − random)."""
        return (value - self.random) / (self.alone - self.random)


Ranges = dict[str, Range]


def performance(rows: Sequence[Row], ranges: Ranges) -> list[dict[str, float]]:
    """After each turn the normalised score of each job that was played then, frozen; jobs without a range left out."""
    return [
        {job: ranges[job].normalised(float(np.mean(returns))) for job, returns in row.examined.items() if job in ranges}
        for row in rows
    ]


def first_meetings(rows: Sequence[Row]) -> list[int]:
    """The numbers of the turns at which a job was met for the first time."""
    jobs = [row.job for row in rows]
    return [number for number, job in enumerate(jobs) if jobs.index(job) == number]


def average_performance(scores: Sequence[dict[str, float]]) -> float:
    """The mean score of all jobs at the end of life; NaN where none was played."""
    return _mean(scores[-1].values()) if scores else float("nan")


def forgotten(rows: Sequence[Row], scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """By job: the score just after it was learned less that when every job had been met, before any was met again.

    The job that was met last is left out: there was no time to forget it.
    """
    first = first_meetings(rows)
    end = scores[first[-1]]
    return {
        rows[number].job: scores[number][rows[number].job] - end[rows[number].job]
        for number in first[:-1]
        if rows[number].job in scores[number] and rows[number].job in end
    }


def backward_transfer(rows: Sequence[Row], scores: Sequence[dict[str, float]]) -> float:
    """The mean over jobs of the score at the end of life less that just after the job was first learned.

    Source: Lopez-Paz & Ranzato (2017), arXiv 1706.08840. Differs: not at all; what was met again is in it, too.
    """
    last = scores[-1]
    jobs = [(rows[number].job, scores[number]) for number in first_meetings(rows)]
    return _mean([last[job] - after[job] for job, after in jobs if job in after and job in last])


def area(row: Row, ranges: Ranges, parts: int = 10) -> float:
    """The area under the learning curve of a turn: the mean of its tenths, normalised; of so many of the first ones."""
    return ranges[row.job].normalised(float(np.mean(curve(row)[:parts])))


def curve(row: Row) -> list[float]:
    """The mean return in each tenth of a turn."""
    return tenths(_as_episodes(row.episodes), 0, row.steps)


def forward_transfer(rows: Sequence[Row], fresh: Sequence[Row], ranges: Ranges) -> float:
    """The mean over first meetings, but the very first, of the area under the first three tenths less a new agent's.

    Source: Wołczyk et al. (2021), arXiv 2105.10919. Differs: it is a difference, not a ratio, and of the first part.
    """
    numbers = [n for n in first_meetings(rows)[1:] if rows[n].job in ranges]
    return _mean([area(rows[n], ranges, FIRST_TENTHS) - area(fresh[n], ranges, FIRST_TENTHS) for n in numbers])


def relative_area(rows: Sequence[Row], fresh: Sequence[Row], ranges: Ranges) -> float:
    """Plasticity: the areas under some turns' curves together over those of new agents; NaN where these learned
    nothing.
    """
    known = [(row, new) for row, new in zip(rows, fresh, strict=True) if row.job in ranges]
    ours, theirs = (
        sum(area(one, ranges) for one in side) for side in (zip(*known, strict=True) if known else ((), ()))
    )
    return ours / theirs if theirs > 0 else float("nan")


def online_return(rows: Sequence[Row], ranges: Ranges) -> float:
    """Online return over a whole life: life is cut into ten equal parts by step, and returns are normalised by job."""
    ended: list[Episode] = []
    step = 0
    for row in rows:
        if row.job in ranges:
            scale = ranges[row.job]
            ended += [
                dataclasses.replace(one, step=step + one.step, total=scale.normalised(one.total))
                for one in _as_episodes(row.episodes)
            ]
        step += row.steps
    return float(np.mean(tenths(ended, 0, step)))


def forgetting(lost: dict[str, float]) -> float:
    """The mean over jobs of what was forgotten of each: what was gained at one does not make up for another's loss."""
    return _mean([max(0.0, of_one) for of_one in lost.values()])


def relearning(first: Row, second: Row, span: Range) -> float:
    """Steps of the second meeting after which a job is done as well as 0.9 of its best, over those of the first.

    Its best is that of its best tenth, above random play: the best of many short stretches would be luck. How well it
    is done is the mean of a twentieth of the episodes of the first meeting in a row, ten at the least; what counts are
    the steps before the first such episode, so that who does it well from the first step on has none. Where the bar is
    not reached again, the steps of the whole second meeting count; NaN where the first had fewer episodes than that,
    was never better than random play, or was done so well from its first step on.
    """
    many = max(FEWEST, round(RECENT * len(first.episodes)))
    before, after = _running(first, many), _running(second, many)
    best = float(np.max(curve(first)))
    bar = span.random + REACHED * (best - span.random)
    once = next((step for step, value in before if value >= bar), None)
    if best <= span.random or once is None:
        return float("nan")
    again = next((step for step, value in after if value >= bar), second.steps)
    return again / once if once else float("nan")


def relearned(rows: Sequence[Row], ranges: Ranges) -> float:
    """The mean of `relearning` over the jobs that were met again; NaN where none was."""
    jobs = [row.job for row in rows]
    again = [n for n, job in enumerate(jobs) if jobs.index(job) < n and job in ranges]
    return _mean([relearning(rows[jobs.index(jobs[n])], rows[n], ranges[jobs[n]]) for n in again])


def _running(row: Row, many: int) -> list[tuple[int, float]]:
    """The mean of so many episodes in a row, and the steps before the first of them."""
    before, sums = [0, *(step for step, _ in row.episodes)], np.cumsum([0.0, *(total for _, total in row.episodes)])
    return [(before[n - many], float(sums[n] - sums[n - many]) / many) for n in range(many, len(before))]


def _as_episodes(ended: Sequence[tuple[int, float]]) -> list[Episode]:
    nothing = float("nan")
    return [Episode(step, 0, total, nothing, nothing) for step, total in ended]


def _mean(values) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
