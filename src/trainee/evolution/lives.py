"""Lives: new agents at work in generated worlds, many beside each other in one compiled program for each family.

The numbers that are searched for are arguments of that program, so that nothing is compiled again for another table.
"""

from __future__ import annotations

import dataclasses
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PRNGKeyArray

from trainee.jobs import TracedJob
from trainee.jobs.worlds import FAMILIES, World
from trainee.learner import Constants, Learner, traced
from trainee.life import Episode, tenths
from trainee.life.runtime import cores, prepare
from trainee.life.scan import begun, scanned

# Lives in one call. A call with fewer is filled up, so that one program is enough.
LANES = 8


class Setting(NamedTuple):
    """What is the same for all lives, and compiled into their program.

    Attributes:
      names: of the constants that lives differ in.
      steps: time steps of a life, the first ones of episodes included.
      width: units in each layer.
      base: the constants that they do not differ in.
    """

    names: tuple[str, ...]
    steps: int
    width: int
    base: Constants


class Told(NamedTuple):
    """What a life came to: its online return, and the standard deviation of its episodes' returns."""

    online: Float[np.ndarray, " lives"]
    scatter: Float[np.ndarray, " lives"]


def lived(
    family: str, setting: Setting, values: Float[np.ndarray, "lives names"], keys: Key[Array, " lives"]
) -> Float[np.ndarray, " lives"]:
    """Online returns of new agents in worlds of a family.

    Args:
      family: of the worlds.
      setting: what they have in common.
      values: the constants that each agent has for its own.
      keys: from each of which a world, an agent and its luck are drawn: the same for the same key.
    """
    return _in_lanes(lambda *lane: _lives(family, setting, *lane), jnp.asarray(values, jnp.float32), keys).online


def by_chance(family: str, steps: int, keys: Key[Array, " lives"]) -> Told:
    """What actions drawn at random bring in the same worlds, for as many steps."""
    return _in_lanes(lambda lane: _chances(family, steps, lane), keys)


def _in_lanes(program: Any, *arguments: Any) -> Told:
    """The lives of a program that lives `LANES` at a time, on all cores."""
    prepare()
    count = len(arguments[-1])
    slots = np.arange(-(-count // LANES) * LANES) % count
    calls = [tuple(argument[part] for argument in arguments) for part in slots.reshape(-1, LANES)]
    # XLA runs a program in the thread that calls it, without Python's lock. The first call compiles.
    done = [jax.block_until_ready(program(*calls[0]))]
    with ThreadPoolExecutor(cores()) as threads:
        done += threads.map(lambda call: jax.block_until_ready(program(*call)), calls[1:])
    reward, first, last = (np.concatenate(parts)[:count] for parts in zip(*jax.device_get(done), strict=True))
    told = [_told(*life) for life in zip(reward, first, last, strict=True)]
    return Told(*np.array(told).T)


@functools.partial(jax.jit, static_argnames=("family", "setting"))
def _lives(family: str, setting: Setting, values: Any, keys: Any) -> tuple[Array, Array, Array]:
    def one(numbers: Array, key: PRNGKeyArray) -> tuple[Array, Array, Array]:
        job, agent_key, job_key = _met(family, key)
        # Replay that holds a whole life is as good as one that could hold more.
        base = dataclasses.replace(setting.base, replay_steps=min(setting.base.replay_steps, setting.steps))
        table = traced(base, dict(zip(setting.names, numbers, strict=True)))
        learner = Learner(job.spec, setting.width, constants=table)
        scene = begun(job, learner.init(agent_key), job_key)
        trace = scanned(learner, job, scene, setting.steps)[1]
        return trace.reward, trace.first, trace.last

    return jax.vmap(one)(values, keys)


@functools.partial(jax.jit, static_argnames=("family", "steps"))
def _chances(family: str, steps: int, keys: Any) -> tuple[Array, Array, Array]:
    def one(key: PRNGKeyArray) -> tuple[Array, Array, Array]:
        job, action_key, job_key = _met(family, key)

        def step(carry: Any, keys: Any) -> tuple[Any, Any]:
            state, now = carry
            following = job.advance(keys[1], state, now.last, job.random_action(keys[0]))
            return following, (now.reward, now.first, now.last)

        keys = jax.random.split(action_key, (steps, 2))
        return jax.lax.scan(step, job.reset(job_key), keys)[1]

    return jax.vmap(one)(keys)


def _met(family: str, key: PRNGKeyArray) -> tuple[TracedJob, PRNGKeyArray, PRNGKeyArray]:
    """The world of a key as a job, and keys for who works there and for what happens."""
    world_key, agent_key, job_key = jax.random.split(key, 3)
    kind = FAMILIES[family]
    return TracedJob(World(kind, kind.draw(world_key))), agent_key, job_key


def _told(reward: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[float, float]:
    """Online return, and the standard deviation of the returns; NaN where no episode ended."""
    steps, earned = np.cumsum(~first), np.cumsum(np.where(first, 0.0, reward))
    ends = np.flatnonzero(last)
    totals = np.diff(earned[ends], prepend=0.0)
    none = float("nan")
    lengths = np.diff(steps[ends], prepend=0)
    episodes = [
        Episode(int(step), int(length), float(total), none, none)
        for step, length, total in zip(steps[ends], lengths, totals, strict=True)
    ]
    return float(np.mean(tenths(episodes, 0, int(steps[-1])))), float(np.std(totals)) if len(ends) else none
