"""Lives: agents of one arm at one environment, all seeds side by side in one program, and what is kept of them."""

from __future__ import annotations

import dataclasses
import functools
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from trainee.exams import arrays
from trainee.exams.emotions.arms import INTACT, RANDOM, TRIED, Held, Levels, Strength, disturbance, free, held
from trainee.exams.emotions.environments import Environment
from trainee.jobs import JaxJob, TracedJob
from trainee.jobs.disturbed import Disturbed
from trainee.learner import Constants
from trainee.life import Logbook, fleet_at, tenths
from trainee.life.runtime import prepare
from trainee.types import EMOTIONS

# Files and folders of the package that decide what is done here, beside the learner and its emotions.
WORK = ("exams/emotions/arms.py", "exams/emotions/environments.py", "exams/emotions/load.py", "jobs", "life/scan.py")
# Settings are tried on seeds that no arm has.
TRIED_SEEDS = 1_000_000


class Lives(NamedTuple):
    """What agents came to.

    Attributes:
      online: the online return of each, in the job's own units; NaN where no episode ended.
      usual: what they felt on the mean; NaN of random play.
      felt: what was felt at each step; of the intact ones alone, and of the others none.
    """

    online: Float[np.ndarray, " seeds"]
    usual: Levels
    felt: Held


class Workplace(NamedTuple):
    """What all arms have in common: how many agents there are, and what they are.

    Attributes:
      seeds: how many agents of each arm; an agent has its number for a seed.
      constants: of the learner.
      width: units in each of its layers.
    """

    seeds: int
    constants: Constants = Constants()
    width: int = 64


def lives(
    environment: Environment, arm: str, workplace: Workplace, felt: Held | None = None, levels: Levels | None = None
) -> Lives:
    """What agents of an arm come to at an environment. The same seeds in every arm, so that what differs is the arm.

    Args:
      environment: where they work.
      arm: its name.
      workplace: who they are.
      felt: by the intact agents there; None where the arm does not need it.
      levels: of a setting that is tried, or of the best.
    """
    seeds, steps = workplace.seeds, environment.steps
    none = np.zeros((0, steps, len(EMOTIONS)), np.float32)
    if arm == RANDOM:
        return Lives(_by_chance(environment, seeds), np.full(len(EMOTIONS), np.nan, np.float32), none)
    strength, lever = disturbance(arm)
    job = _job(environment.name, strength)
    # Of one kind for all arms, so that they share one compiled program.
    levers = held(lever, free(seeds, steps) if felt is None else felt, levels)
    first = TRIED_SEEDS if arm in TRIED else 0
    work = fleet_at(
        job,
        steps,
        range(first, first + seeds),
        held=levers,
        whole=True,
        width=workplace.width,
        # Replay that holds a whole life is as good as one that could hold more.
        constants=dataclasses.replace(workplace.constants, replay_steps=min(workplace.constants.replay_steps, steps)),
    )
    assert work.trace.decision is not None
    online = np.array([_online(log) for log in work.logbooks]) / strength.scale
    feelings = np.asarray(work.trace.decision.feelings)
    return Lives(online, feelings.mean(axis=(0, 1)), feelings if arm == INTACT else none)


def kept(home: Path, environment: Environment, arm: str) -> Path:
    """Where the lives of an arm are kept."""
    return home / environment.folder / f"{arm}.npz"


def keep(path: Path, found: Lives) -> None:
    """Keep lives; raises as `trainee.exams.arrays.keep`."""
    arrays.keep(path, found._asdict())


def recalled(path: Path, whole: bool = False) -> Lives:
    """Lives that were kept; what was felt at each step only where it is asked for, as it is most of the file.

    Raises:
      DamagedPart: the file is not what was written.
    """
    nothing = {"felt": np.zeros((0, 0, len(EMOTIONS)), np.float32)}
    return Lives(**({} if whole else nothing), **arrays.recalled(path, ("online", "usual", *(["felt"] * whole))))


def timed(environment: Environment, arm: str, workplace: Workplace, **rest: Any) -> tuple[Lives, float]:
    """The lives, and at how many steps a second they went, all seeds together, compiling included."""
    began_s = time.perf_counter()
    found = lives(environment, arm, workplace, **rest)
    return found, workplace.seeds * environment.steps / (time.perf_counter() - began_s)


# The compiled program is kept by the job, so that all arms have to have the same one.
@functools.lru_cache(maxsize=8)
def _job(name: str, strength: Strength) -> JaxJob:
    job = Environment(name, 0).job()
    return job if strength == Strength() else Disturbed(job, *strength)


def _by_chance(environment: Environment, seeds: int) -> Float[np.ndarray, " seeds"]:
    """The online returns of random play."""
    prepare()
    job = TracedJob(_job(environment.name, Strength()))

    def step(carry: Any, key: PRNGKeyArray) -> tuple[Any, tuple[Array, Array, Array]]:
        state, now = carry
        action_key, job_key = jax.random.split(key)
        following = job.advance(job_key, state, now.last, job.random_action(action_key))
        return following, (now.reward, now.first, now.last)

    def one(key: PRNGKeyArray) -> tuple[Array, Array, Array]:
        reset_key, key = jax.random.split(key)
        return jax.lax.scan(step, job.reset(reset_key), jax.random.split(key, environment.steps))[1]

    columns = jax.device_get(jax.jit(jax.vmap(one))(jax.vmap(jax.random.key)(jnp.arange(seeds))))
    logs = [Logbook(1.0) for _ in range(seeds)]
    for log, *of_one in zip(logs, *columns, strict=True):
        for reward, first, last in zip(*(column.tolist() for column in of_one), strict=True):
            log.enter(reward, 1.0, first, last, 0.0)
    return np.array([_online(log) for log in logs])


def _online(log: Logbook) -> float:
    """The online return; NaN where no episode ended."""
    return float(np.mean(tenths(log.episodes, 0, log.steps)))
