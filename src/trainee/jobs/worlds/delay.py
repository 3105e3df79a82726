"""Delayed pay-offs: what is chosen at once pays much later, and other things bring a little in between."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

CUES, CHOICES, DISTRACTIONS = 3, 4, 2
SHORTEST, LONGEST = 3, 30
LATEST = 2 * LONGEST


class Deal(NamedTuple):
    """One world.

    Attributes:
      right: the choice that pays, for each cue.
      due: after how many steps, at the earliest; twice as many at the latest.
      prize: what it pays then.
      lures: what each choice brings at every later step.
      scatter: the standard deviation of what comes on top, at every step.
    """

    right: Int[Array, " cues"]
    due: Int[Array, ""]
    prize: Float[Array, ""]
    lures: Float[Array, " choices"]
    scatter: Float[Array, ""]


class Wait(NamedTuple):
    """The cue, what was chosen, when it is due, and how late it is."""

    cue: Int[Array, ""]
    chosen: Int[Array, ""]
    due: Int[Array, ""]
    time: Int[Array, ""]


class Delay:
    """A cue is seen once, and the first action is the choice. When it is due is drawn anew in each episode.

    It is to be learned what a late reward was for, among many that have nothing to do with it.
    """

    # The cue at the first step, how late it is, and numbers that mean nothing.
    observation_space = spaces.Box(
        np.array([0] * (CUES + 1) + [-3] * DISTRACTIONS, np.float32),
        np.array([1] * (CUES + 1) + [3] * DISTRACTIONS, np.float32),
    )
    action_space = spaces.Discrete(CHOICES)

    def draw(self, key: PRNGKeyArray) -> Deal:
        right, due, prize, lures, scatter = jax.random.split(key, 5)
        return Deal(
            jax.random.randint(right, (CUES,), 0, CHOICES),
            jax.random.randint(due, (), SHORTEST, LONGEST + 1),
            jax.random.uniform(prize, (), minval=1.0, maxval=3.0),
            jax.random.uniform(lures, (CHOICES,), minval=-0.05, maxval=0.05),
            jax.random.uniform(scatter, (), minval=0.0, maxval=0.2),
        )

    def reset(self, world: Deal, key: PRNGKeyArray) -> tuple[Wait, Float[Array, " numbers"]]:
        cue, due, noise = jax.random.split(key, 3)
        none = jnp.zeros((), jnp.int32)
        due = world.due + jax.random.randint(due, (), 0, world.due + 1)
        state = Wait(jax.random.randint(cue, (), 0, CUES), none, due, none)
        return state, _seen(state, noise)

    def step(self, world: Deal, key: PRNGKeyArray, state: Wait, action: Int[Array, ""]) -> Step:
        scattered, noise = jax.random.split(key)
        chooses = state.time == 0
        chosen = jnp.where(chooses, action, state.chosen).astype(jnp.int32)
        after = Wait(state.cue, chosen, state.due, state.time + 1)
        over = after.time >= state.due
        reward = jnp.where(chooses, 0.0, world.lures[action]) + world.scatter * jax.random.normal(scattered)
        reward += jnp.where(over & (chosen == world.right[state.cue]), world.prize, 0.0)
        return after, _seen(after, noise), reward, over, jnp.zeros((), bool)


def _seen(state: Wait, noise: PRNGKeyArray) -> Float[Array, " numbers"]:
    cue = jnp.where(state.time == 0, jax.nn.one_hot(state.cue, CUES), 0.0)
    late = jnp.array(state.time, jnp.float32)[None] / LATEST
    return jnp.concatenate([cue, late, jnp.clip(jax.random.normal(noise, (DISTRACTIONS,)), -3, 3)])
