"""What every learner in the benchmark is measured by: one meter, so that no two are measured differently."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np

PARTS = 10
# A multiple of every period at which a peer learns (PPO 2048, DQN 256, 16 and 4), so that each chunk holds the same
# share of learning. With shorter chunks most of PPO's would hold none, and their median would leave it out.
CHUNK_STEPS = 2048


def tenths(episodes: Sequence[tuple[int, float]], steps: int) -> list[float | None]:
    """Mean return of the episodes that end in each of ten equal parts of a stream.

    Args:
      episodes: the step at which each episode ended, counted from 1, and its return.
      steps: length of the stream. Episodes that end after it do not count.
    Returns:
      Ten means, each the part before's where no episode ends; None as long as there is no part before.
    """
    means: list[float | None] = []
    for part in range(PARTS):
        first, last = part * steps // PARTS + 1, (part + 1) * steps // PARTS
        ended = [total for end, total in episodes if first <= end <= last]
        if ended:
            means.append(float(np.mean(ended)))
        else:
            means.append(means[-1] if means else None)
    return means


def online_return(means: Sequence[float | None]) -> float | None:
    """The average of the ten parts; None where the first has no episode, since nothing then says what it was worth."""
    known = [mean for mean in means if mean is not None]
    return float(np.mean(known)) if len(known) == len(means) else None


def steps_per_second(stamps_s: Sequence[float]) -> float | None:
    """Median speed over the chunks after the first, which holds compilation and warm-up.

    Args:
      stamps_s: when each chunk of `CHUNK_STEPS` steps ended.
    Returns:
      Steps per second; None where fewer than two chunks ended.
    """
    return float(np.median(CHUNK_STEPS / np.diff(stamps_s))) if len(stamps_s) > 1 else None


def versions(*libraries: str) -> dict[str, str]:
    """Versions of Python and of installed libraries."""
    return {"python": platform.python_version()} | {library: version(library) for library in libraries}


@dataclass
class Meter:
    """Watches one learner at one job, step by step.

    Attributes:
      job: the job's Gymnasium id.
      learner: the name it has in the tables.
      seed: of the learner and of the job.
      steps: how many steps of the job are measured; a step is an action that the job took.
      episodes: the step at which each episode ended, and its return.
      stamps_s: when each chunk ended.
    """

    job: str
    learner: str
    seed: int
    steps: int
    episodes: list[tuple[int, float]] = field(default_factory=list)
    stamps_s: list[float] = field(default_factory=list)

    def see(self, step: int, episode_return: float | None = None) -> bool:
        """Take note of one step.

        Args:
          step: its number, counted from 1.
          episode_return: undiscounted return of the episode that this step ended, if it ended one.
        Returns:
          Whether there are steps left to measure.
        """
        if episode_return is not None:
            self.episodes.append((step, episode_return))
        if step % CHUNK_STEPS == 0:
            self.stamps_s.append(time.perf_counter())
        return step < self.steps

    def report(self, *libraries: str) -> dict[str, Any]:
        """The measurement as JSON takes it, with the versions of the libraries behind it."""
        means = tenths(self.episodes, self.steps)
        return {
            "job": self.job,
            "learner": self.learner,
            "seed": self.seed,
            "steps": self.steps,
            "online_return": online_return(means),
            "tenths": means,
            "steps_per_second": steps_per_second(self.stamps_s),
            "versions": versions(*libraries),
        }
