"""Jobs that take more than a value of what is seen: memory, a long delay, deep exploration, continuous actions.

A fleet of seeds at each, by the scan loop; jobs of gymnax, or on its classes. `python benchmarks/hard.py [NAME …]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from gymnax.environments import environment, spaces
from gymnax.environments.bsuite.deep_sea import DeepSea
from gymnax.environments.classic_control.cartpole import CartPole
from options import chosen

from trainee.jobs.gymnax import GymnaxJob, gymnax_job
from trainee.life import Logbook, fleet_at, tenths

# Of so many episodes in a row a share of .95 has to be right.
JUDGED = 100


class HiddenVelocities(CartPole):
    """CartPole of which only the places are seen."""

    def get_obs(self, state: Any, params: Any = None, key: Any = None) -> jax.Array:
        return jnp.array([state.x, state.theta])

    def observation_space(self, params: Any) -> spaces.Box:
        high = jnp.array([4.8, 0.42])
        return spaces.Box(-high, high, (2,), dtype=jnp.float32)


@struct.dataclass
class DelayState(environment.EnvState):
    right: jax.Array


@struct.dataclass
class DelayParams(environment.EnvParams):
    length: int = 100
    max_steps_in_episode: int = 10**6


class Delay(environment.Environment):
    """The first of four actions decides the reward at the end; until then actions do nothing, and noise is seen."""

    @property
    def default_params(self) -> DelayParams:
        return DelayParams()

    def reset_env(self, key: jax.Array, params: Any) -> tuple[jax.Array, DelayState]:
        return self.noise(key), DelayState(time=0, right=jnp.zeros((), jnp.int32))

    def step_env(self, key: jax.Array, state: DelayState, action: jax.Array, params: Any) -> tuple[Any, ...]:
        right = jnp.where(state.time == 0, (action == 2).astype(jnp.int32), state.right)
        following = DelayState(time=state.time + 1, right=right)
        ended = following.time >= params.length
        reward = jnp.where(ended, right, 0).astype(jnp.float32)
        return self.noise(key), following, reward, ended, {}

    def noise(self, key: jax.Array) -> jax.Array:
        return jax.random.uniform(key, (4,), minval=-1.0)

    def is_terminated(self, state: DelayState, params: Any) -> jax.Array:
        return state.time >= params.length

    @property
    def name(self) -> str:
        return "Delay"

    def action_space(self, params: Any = None) -> spaces.Discrete:
        return spaces.Discrete(4)

    def observation_space(self, params: Any) -> spaces.Box:
        return spaces.Box(-1.0, 1.0, (4,), dtype=jnp.float32)


def on(env: environment.Environment, **params: Any) -> GymnaxJob:
    """A gymnax environment as a job, with some of its parameters changed."""
    return GymnaxJob(env, env.default_params.replace(**params))


def last_tenth(log: Logbook) -> float:
    """The mean return of the episodes that end in the last tenth of the steps."""
    return tenths(log.episodes, 0, log.steps)[-1]


def until_right(right: np.ndarray) -> float:
    """Episodes until 95 of the last hundred were right; infinite if they never are."""
    if len(right) < JUDGED:
        return np.inf
    shares = np.convolve(right, np.ones(JUDGED), "valid") / JUDGED
    return float(np.argmax(shares >= 0.95)) + JUDGED if np.any(shares >= 0.95) else np.inf


def until_known(log: Logbook) -> float:
    """The same where an episode is right that brings more than a half."""
    return until_right(np.array([episode.total > 0.5 for episode in log.episodes]))


def until_found(log: Logbook) -> float:
    """Episodes before the first that brings more than a half; infinite if there is none."""
    found = np.array([episode.total > 0.5 for episode in log.episodes])
    return float(np.argmax(found)) if found.any() else np.inf


RIGHT = "episodes until 95 of the last 100 were right"
# Name: the job, time steps, what is measured, and in words.
JOBS: dict[str, tuple[Callable[[], GymnaxJob], int, Callable[[Logbook], float], str]] = {
    "Pendulum-v1": (lambda: gymnax_job("Pendulum-v1"), 20_000, last_tenth, "last tenth"),
    "MountainCarContinuous-v0": (lambda: gymnax_job("MountainCarContinuous-v0"), 50_000, last_tenth, "last tenth"),
    "CartPole, velocities hidden": (lambda: on(HiddenVelocities()), 100_000, last_tenth, "last tenth"),
    "Delay 100": (lambda: on(Delay(), length=100), 40_000, until_known, RIGHT),
    "Delay 300": (
        lambda: on(Delay(), length=300),
        120_000,
        until_known,
        "episodes until 95 of the last 100 were right",
    ),
    "Delay 1000": (
        lambda: on(Delay(), length=1000),
        400_000,
        until_known,
        "episodes until 95 of the last 100 were right",
    ),
    "DeepSea 10": (lambda: on(DeepSea(size=10)), 8_000, until_found, "episodes before the treasure"),
    "DeepSea 20": (lambda: on(DeepSea(size=20)), 30_000, until_found, "episodes before the treasure"),
    "DeepSea 50": (lambda: on(DeepSea(size=50)), 150_000, until_found, "episodes before the treasure"),
}


def main() -> None:
    """Print a line for each job: every seed, and the mean."""
    names, seeds = chosen(__doc__, JOBS)
    print("| job | steps | measured | mean | each seed |\n|---|---|---|---|---|", flush=True)
    for name in names:
        job, steps, measure, words = JOBS[name]
        found = [measure(log) for log in fleet_at(job(), steps, seeds).logbooks]
        each = ", ".join(f"{value:.1f}" for value in found)
        print(f"| {name} | {steps:,} | {words} | {np.mean(found):.1f} | {each} |", flush=True)


if __name__ == "__main__":
    main()
