"""Drifting bandits: what an arm pays depends on what is seen, and how it does changes slowly."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

ARMS, FEATURES = 5, 4
FARTHEST = 3.0
LIMIT_STEPS = 50
# How much of the way home the weights are drawn at each step.
HOMING = 0.02


class Arms(NamedTuple):
    """One world.

    Attributes:
      weights: what a unit of each feature adds to what an arm pays.
      pays: what it pays beside that.
      drift: the standard deviation of what is added to each weight at a step.
      scatter: that of what an arm pays.
    """

    weights: Float[Array, "arms features"]
    pays: Float[Array, " arms"]
    drift: Float[Array, ""]
    scatter: Float[Array, ""]


class Table(NamedTuple):
    """The weights as they are now, what is seen, and how late it is."""

    weights: Float[Array, "arms features"]
    seen: Float[Array, " features"]
    time: Int[Array, ""]


class Drift:
    """What is seen is drawn anew at each step, whatever is done. The weights drift, and begin where they were at home.

    It is to be learned to generalise, from noise, and to keep learning.
    """

    observation_space = spaces.Box(-FARTHEST, FARTHEST, (FEATURES,), np.float32)
    action_space = spaces.Discrete(ARMS)

    def draw(self, key: PRNGKeyArray) -> Arms:
        weights, pays, drift, scatter = jax.random.split(key, 4)
        return Arms(
            jax.random.normal(weights, (ARMS, FEATURES)) / 2,
            jax.random.normal(pays, (ARMS,)) / 2,
            0.005 * 20.0 ** jax.random.uniform(drift),
            jax.random.uniform(scatter, (), minval=0.1, maxval=1.0),
        )

    def reset(self, world: Arms, key: PRNGKeyArray) -> tuple[Table, Float[Array, " features"]]:
        state = Table(world.weights, _drawn(key), jnp.zeros((), jnp.int32))
        return state, state.seen

    def step(self, world: Arms, key: PRNGKeyArray, state: Table, action: Int[Array, ""]) -> Step:
        scatter, drift, seen = jax.random.split(key, 3)
        paid = world.pays[action] + state.weights[action] @ state.seen
        moved = state.weights + world.drift * jax.random.normal(drift, state.weights.shape)
        after = Table(moved + HOMING * (world.weights - moved), _drawn(seen), state.time + 1)
        reward = paid + world.scatter * jax.random.normal(scatter)
        return after, after.seen, reward, jnp.zeros((), bool), after.time >= LIMIT_STEPS


def _drawn(key: PRNGKeyArray) -> Float[Array, " features"]:
    return jnp.clip(jax.random.normal(key, (FEATURES,)), -FARTHEST, FARTHEST)
