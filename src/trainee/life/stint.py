"""A stint: what a stretch of work came to."""

from __future__ import annotations

from dataclasses import dataclass

from trainee.life.callbacks import Work


@dataclass(frozen=True)
class Stint:
    """What a stretch of work came to.

    Attributes:
      name: the worker's name.
      steps: steps made in the stretch.
      episodes: episodes that ended in it.
      online_return: over the stretch: mean over its ten equal parts of the mean return of the episodes ending in each.
      recent_return: mean return of the last ten episodes.
      steps_per_second: over the stretch, learning included, compiling not.
      unfit: time steps of the stretch that were left out because they could not be learned from.
    """

    name: str
    steps: int
    episodes: int
    online_return: float
    recent_return: float
    steps_per_second: float
    unfit: int


def stint(work: Work, unfit_before: int) -> Stint:
    """What a stretch came to that is over.

    Args:
      work: the stretch.
      unfit_before: unfit time steps in the logbook when it began.
    """
    log = work.logbook
    ended = sum(episode.step > work.begin for episode in log.episodes)
    unfit = log.unfit - unfit_before
    return Stint(work.name, work.done, ended, log.online_return(work.begin), log.recent(), work.steps_per_second, unfit)
