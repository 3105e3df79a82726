"""The gate: how much of what each specialist could do a merged agent still does, and whether that is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainee.errors import JobError
from trainee.fleet.trials import LONGEST_EPISODE, Trial

RESAMPLES = 10_000
# The lower bound of what is retained has to be this much.
BAR = 0.95
EPISODES = 100
# What goes wrong in one episode of ten is not seen at all in 29 in one of twenty cases, and of returns that are all
# alike a bootstrap says that they are so for sure.
FEWEST = 30
UNKNOWN = float("nan"), float("nan"), float("nan")


@dataclass(frozen=True)
class Retention:
    """How much of a job is retained: the merged agent's return over the specialist's, random play being zero.

    Attributes:
      job: the worker's name.
      specialist, merged, random: mean return over the episodes played; NaN where the job could not be played.
      retained, low, high: the ratio and its 95% interval, by bootstrap over episodes; NaN where it cannot be told.
      episodes: that each of the three played.
      verdict: `passed`, `failed`, `inconclusive`, `learned nothing`, `endless` or `not played`.
      why: what failed, by how much, and what to do; empty where it passed.
    """

    job: str
    specialist: float
    merged: float
    random: float
    retained: float
    low: float
    high: float
    episodes: int
    verdict: str
    why: str = ""

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"


def retention(
    job: str,
    specialist: Sequence[float],
    merged: Sequence[float],
    random: Sequence[float],
) -> Retention:
    """What is retained of a job, from the returns of as many episodes of all three.

    Where the episodes of the three begin alike they are compared one by one: what is drawn anew is episodes, with what
    all three did in them, so that no more is said to vary than does. Where they do not begin alike that does no harm.

    Args:
      job: the worker's name.
      specialist, merged, random: returns, as many of each.
    """
    s, m, r = (np.asarray(returns, float) for returns in (specialist, merged, random))
    of_specialist, of_merged, of_random = float(s.mean()), float(m.mean()), float(r.mean())
    means = of_specialist, of_merged, of_random
    drawn = np.random.default_rng(0).integers(0, len(s), (RESAMPLES, len(s)))
    ahead, kept = s[drawn].mean(axis=1) - r[drawn].mean(axis=1), m[drawn].mean(axis=1) - r[drawn].mean(axis=1)
    few = len(s) < FEWEST
    if of_specialist <= of_random or (not few and np.percentile(ahead, 2.5) <= 0):
        why = (
            f"{job}: the specialist, as it is now, does no better than random play, as far as {len(s)} episodes tell "
            f"({means[0]:.4g} against {means[2]:.4g}), so that nothing can be retained. Let it work longer, or leave "
            f"it out"
        )
        return _untold(job, means, len(s), "learned nothing", why)
    low, high = (float(bound) for bound in np.percentile(kept / np.maximum(ahead, 1e-12), [2.5, 97.5]))
    retained = (means[1] - means[2]) / (means[0] - means[2])
    verdict, why = _too_few(job, len(s)) if few else judgement(job, retained, low, high, len(s))
    return Retention(job, *means, retained, low, high, len(s), verdict, why)


def _too_few(job: str, episodes: int) -> tuple[str, str]:
    return "inconclusive", (
        f"{job}: {episodes} episodes say too little to tell what is retained: an interval is worth something from "
        f"{FEWEST} on. Play {FEWEST} or more"
    )


def judgement(job: str, retained: float, low: float, high: float, episodes: int) -> tuple[str, str]:
    """Whether a job is retained well enough, and if not, why and what to do."""
    if low >= BAR:
        return "passed", ""
    share = f"{job}: {retained:.3f} of the specialist's return is retained, [{low:.3f}, {high:.3f}]"
    if retained >= BAR:
        return "inconclusive", (
            f"{share}: the lower bound is {BAR - low:.3f} below {BAR}. Play more episodes than {episodes}, or learn "
            f"from more lessons"
        )
    return "failed", (
        f"{share}: {BAR - retained:.3f} below {BAR}. Learn from more lessons or for more steps, merge fewer jobs, or "
        f"let agents of more width do them"
    )


def not_played(job: str, error: JobError) -> Retention:
    """What is said of a job that cannot be reached from here."""
    why = f"{job}: it cannot be played here, so that nothing is known of it: {error}"
    return _untold(job, UNKNOWN, 0, "not played", why)


def endless(job: str, specialist: Trial, merged: Trial, random: Trial) -> Retention | None:
    """What is said of a job of which an episode does not end; None where all did.

    What does not end has no return. Where random play alone does not end there is no zero to measure from, and both
    other returns are told.
    """
    trials = {"the specialist": specialist, "the merged agent": merged, "random play": random}
    who = next((who for who, trial in trials.items() if trial.cut), None)
    if who is None:
        return None
    why = (
        f"{job}: {trials[who].cut} of the episodes of {who} did not end within {LONGEST_EPISODE:,} steps, and what "
        f"does not end has no return. Give the job a time limit"
    )
    of_specialist, of_merged, of_random = (float("nan") if one.cut else one.mean for one in trials.values())
    return _untold(job, (of_specialist, of_merged, of_random), len(trials[who].returns), "endless", why)


def _untold(job: str, means: tuple[float, float, float], episodes: int, verdict: str, why: str) -> Retention:
    """Where there is no telling how much is retained."""
    nothing = float("nan")
    return Retention(job, *means, nothing, nothing, nothing, episodes, verdict, why)
