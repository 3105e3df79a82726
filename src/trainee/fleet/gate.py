"""The gate: how much of what each specialist could do a merged agent still does, and whether that is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainee.errors import JobError, UnfitTimeStep
from trainee.jobs import Job, make
from trainee.life import Agent
from trainee.life.agent import EVALUATION_SEED

RESAMPLES = 10_000
# The lower bound of what is retained has to be this much.
BAR = 0.95
EPISODES = 100
# An episode of random play that does not end is cut here.
LONGEST_EPISODE = 100_000


@dataclass(frozen=True)
class Retention:
    """How much of a job is retained: the merged agent's return over the specialist's, random play being zero.

    Attributes:
      job: the worker's name.
      specialist, merged, random: mean return over the episodes played; NaN where the job could not be played.
      retained, low, high: the ratio and its 95% interval, by bootstrap over episodes.
      episodes: that each of the three played.
      verdict: `passed`, `failed`, `inconclusive`, `learned nothing` or `not played`.
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


def retention(job: str, specialist: Sequence[float], merged: Sequence[float], random: Sequence[float]) -> Retention:
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
    if np.percentile(ahead, 2.5) <= 0:
        why = (
            f"{job}: the specialist does no better than random play ({means[0]:.4g} against {means[2]:.4g} over "
            f"{len(s)} episodes), so that nothing can be retained. Let it work longer, or leave it out"
        )
        nothing = float("nan")
        return Retention(job, *means, nothing, nothing, nothing, len(s), "learned nothing", why)
    low, high = (float(bound) for bound in np.percentile(kept / np.maximum(ahead, 1e-12), [2.5, 97.5]))
    retained = (means[1] - means[2]) / (means[0] - means[2])
    verdict, why = judgement(job, retained, low, high, len(s))
    return Retention(job, *means, retained, low, high, len(s), verdict, why)


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
    nothing = float("nan")
    why = f"{job}: it cannot be played here, so that nothing is known of it: {error}"
    return Retention(job, nothing, nothing, nothing, nothing, nothing, nothing, 0, "not played", why)


def returns_of(agent: Agent, job: str, episodes: int) -> list[float]:
    """Returns of episodes of an agent, frozen; the same ones for every agent where the job draws by its seed.

    Raises:
      JobError: the job cannot be played.
    """
    return list(agent.evaluate(job, episodes).returns)


def random_returns(job: str, episodes: int) -> list[float]:
    """Returns of episodes in which each choice is drawn at random from those allowed.

    Raises:
      JobError: the job cannot be played.
    """
    opened, draw = make(job, seed=EVALUATION_SEED), np.random.default_rng(EVALUATION_SEED)
    try:
        return [_random_return(opened, draw) for _ in range(episodes)]
    finally:
        getattr(opened, "close", lambda: None)()


def _random_return(opened: Job, draw: np.random.Generator) -> float:
    step, total, length = opened.reset(), 0.0, 0
    signature = opened.spec.signature
    widest = signature.grid[1]
    exists = np.arange(widest)[None] < np.array(signature.choices)[:, None]
    while not step.last and length < LONGEST_EPISODE:
        allowed = exists if step.action_mask is None else exists & np.asarray(step.action_mask)
        drawn = [
            draw.uniform(0, size - 1) if continuous else draw.choice(np.flatnonzero(row))
            for row, size, continuous in zip(allowed, signature.choices, signature.continuous, strict=True)
        ]
        try:
            step = opened.step(np.array(drawn, np.float32))
        except UnfitTimeStep as fault:
            if fault.last:
                break
            continue
        total, length = total + float(step.reward), length + 1
    return total
