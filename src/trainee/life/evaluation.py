"""Evaluation: episodes of a frozen agent, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainee.errors import InvalidArgument, MissingExtra
from trainee.jobs import GymnasiumJob, Job
from trainee.life.policy import Policy

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
    """95% bootstrap interval of a mean (percentiles; Efron & Tibshirani 1993, §13.3)."""
    sample = np.asarray(values, float)
    draws = np.random.default_rng(seed).choice(sample, (RESAMPLES, len(sample))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def evaluated(policy: Policy, job: Job, episodes: int, video: Path | None = None) -> Evaluation:
    """Play `episodes` episodes to their ends; the first is filmed if `video` names a file.

    Raises:
      InvalidArgument: `episodes` is not positive, or the video's format is unknown.
      JobFailed: the environment raised.
    """
    if episodes < 1:
        raise InvalidArgument(f"episodes must be 1 or more, not {episodes}")
    frames: list[np.ndarray] = []
    returns = []
    for episode in range(episodes):
        film = video is not None and episode == 0
        step, total = job.reset(), 0.0
        while not step.last:
            if film:
                frames.append(_frame(job))
            step = job.step(np.asarray(policy.decide([step])[0].action))
            total += float(step.reward)
        returns.append(total)
        if film:
            frames.append(_frame(job))
    if video is not None:
        write_video(video, frames)
    low, high = interval(returns)
    return Evaluation(job.name, tuple(returns), float(np.mean(returns)), low, high)


def _frame(job: Job) -> np.ndarray:
    if not isinstance(job, GymnasiumJob):
        raise InvalidArgument(f"{job.name} is not a Gymnasium environment: only those can be filmed")
    return job.frame()


def write_video(path: Path, frames: Sequence[np.ndarray], frames_per_second: int = 30) -> None:
    """Write RGB frames `[height, width, 3]` as an `.mp4` or a `.gif`."""
    if path.suffix not in {".mp4", ".gif"}:
        raise InvalidArgument(f"a video's name must end in .mp4 or .gif, not {path.name!r}")
    try:
        import imageio.v3 as iio  # noqa: PLC0415 an optional library
    except ImportError as error:
        raise MissingExtra("imageio", "video", "writing a video") from error
    if path.suffix == ".gif":
        iio.imwrite(path, np.stack(frames), duration=1000 / frames_per_second, loop=0)
    else:
        # Codecs want even sizes; the last odd row and column are left out.
        even = np.stack(frames)[:, : frames[0].shape[0] // 2 * 2, : frames[0].shape[1] // 2 * 2]
        iio.imwrite(path, even, fps=frames_per_second, macro_block_size=1)
