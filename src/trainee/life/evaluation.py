"""Evaluation: episodes of a frozen agent, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, SupportsIndex

import numpy as np

from trainee.jobs import Job
from trainee.learner import Memory
from trainee.life.film import Film
from trainee.life.policy import Policy
from trainee.life.whole import whole

RESAMPLES = 10_000
# Where an episode is cut that does not end; those of Atari have 27,000 steps.
LONGEST_EPISODE = 100_000


@dataclass(frozen=True)
class Evaluation:
    """Returns of a frozen agent.

    Attributes:
      job: what it worked at.
      returns: undiscounted return of each episode; of one that was cut, what it had brought until then.
      mean: their mean.
      low, high: 95% interval of the mean, by bootstrap over episodes.
      cut: how many did not end within the steps that an episode may have.
    """

    job: str
    returns: tuple[float, ...]
    mean: float
    low: float
    high: float
    cut: int = 0

    def __str__(self) -> str:
        cut = f", {self.cut} of them cut before their end" if self.cut else ""
        return f"{self.job}: {self.mean:.1f} [{self.low:.1f}, {self.high:.1f}] over {len(self.returns)} episodes{cut}"


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """95% bootstrap interval of a mean (percentiles; Efron & Tibshirani 1993, §13.3).

    Args:
      values: one or more.
      seed: of the resampling.
    """
    sample, random = np.asarray(values, float), np.random.default_rng(seed)
    # One resample at a time, so that many episodes do not fill the memory.
    means = [random.choice(sample, len(sample)).mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def evaluated(
    policy: Policy,
    job: Job,
    episodes: SupportsIndex,
    video: Path | None = None,
    longest: SupportsIndex = LONGEST_EPISODE,
) -> Evaluation:
    """Play `episodes` episodes to their ends, or for `longest` steps; the first is filmed if `video` names a file.

    Raises:
      InvalidArgument: `episodes` or `longest` is not a positive whole number, or no such video can be made.
      MissingExtra: the library that writes videos is not installed.
      UnfitTimeStep: an observation or a reward is not fit, so that there is no return.
      JobFailed: the environment raised.
    """
    episodes, longest = whole("episodes", episodes, 1), whole("longest", longest, 1)
    film = Film(video, job) if video is not None else None
    try:
        played = [_played(policy, job, film, None, longest)]
    finally:
        if film is not None:
            film.close()
    for _ in range(episodes - 1):
        played.append(_played(policy, job, None, played[-1].memory, longest))
    returns = [one.returned for one in played]
    cut = sum(one.cut for one in played)
    return Evaluation(job.name, tuple(returns), float(np.mean(returns)), *interval(returns), cut)


class _Episode(NamedTuple):
    """One that was played: its return, what is remembered after it, and whether it was cut."""

    returned: float
    memory: Memory | None
    cut: bool


def _played(policy: Policy, job: Job, film: Film | None, memory: Memory | None, longest: int) -> _Episode:
    """An episode in which every decision is the best on the ensemble's mean. What actions did is remembered from one
    episode to the next.
    """
    step, total, length = job.reset(), 0.0, 0
    while not step.last and length < longest:
        if film is not None:
            film.shoot()
        (decision,), memory = policy.decide([step], memory)
        step = job.step(np.asarray(decision.action))
        total, length = total + float(step.reward), length + 1
    if film is not None:
        film.shoot()
    return _Episode(total, memory, not step.last)
