"""Evaluation: episodes of a frozen agent, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import SupportsIndex

import numpy as np

from trainee.jobs import Job
from trainee.learner import Memory
from trainee.life.film import Film
from trainee.life.policy import Policy
from trainee.life.whole import whole

RESAMPLES = 10_000


@dataclass(frozen=True)
class Evaluation:
    """Returns of a frozen agent.

    Attributes:
      job: what it worked at.
      returns: undiscounted return of each episode.
      mean: their mean.
      low, high: 95% interval of the mean, by bootstrap over episodes.
    """

    job: str
    returns: tuple[float, ...]
    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.job}: {self.mean:.1f} [{self.low:.1f}, {self.high:.1f}] over {len(self.returns)} episodes"


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


def evaluated(policy: Policy, job: Job, episodes: SupportsIndex, video: Path | None = None) -> Evaluation:
    """Play `episodes` episodes to their ends; the first is filmed if `video` names a file.

    Raises:
      InvalidArgument: `episodes` is not a positive whole number, or no such video can be made.
      MissingExtra: the library that writes videos is not installed.
      UnfitTimeStep: an observation or a reward is not fit, so that there is no return.
      JobFailed: the environment raised.
    """
    episodes = whole("episodes", episodes, 1)
    film = Film(video, job) if video is not None else None
    try:
        returned, memory = _return(policy, job, film, None)
    finally:
        if film is not None:
            film.close()
    returns = [returned]
    for _ in range(episodes - 1):
        returned, memory = _return(policy, job, None, memory)
        returns.append(returned)
    low, high = interval(returns)
    return Evaluation(job.name, tuple(returns), float(np.mean(returns)), low, high)


def _return(policy: Policy, job: Job, film: Film | None, memory: Memory | None) -> tuple[float, Memory | None]:
    """The return of one episode, in which every decision is the best on the ensemble's mean, and the memory after it.
    What actions did is remembered from one episode to the next.
    """
    step, total = job.reset(), 0.0
    while not step.last:
        if film is not None:
            film.shoot()
        (decision,), memory = policy.decide([step], memory)
        step = job.step(np.asarray(decision.action))
        total += float(step.reward)
    if film is not None:
        film.shoot()
    return total, memory
