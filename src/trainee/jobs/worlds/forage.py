"""Foraging: patches of food on a ring, which are eaten up and grow back."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

PATCHES = 6
MOST_FOOD = 2.0
LIMIT_STEPS = 100
BITE, LEFT, RIGHT = 0, 1, 2


class Land(NamedTuple):
    """One world.

    Attributes:
      richness: the most food that each patch holds.
      regrowth: the share of what is missing that grows back in a step.
      bite: the share of what is there that a bite takes.
      walk: what a step to the next patch costs.
    """

    richness: Float[Array, " patches"]
    regrowth: Float[Array, " patches"]
    bite: Float[Array, ""]
    walk: Float[Array, ""]


class Forager(NamedTuple):
    """Where it is, what food there is in each patch, and how late it is."""

    patch: Int[Array, ""]
    food: Float[Array, " patches"]
    time: Int[Array, ""]


class Forage:
    """To bite brings what is eaten, and leaves less; to walk on costs a little. Only the patch where it stands is seen.

    It is to be learned which patches are worth the way, and when to leave one.
    """

    observation_space = spaces.Box(0.0, 1.0, (PATCHES + 1,), np.float32)
    action_space = spaces.Discrete(3)

    def draw(self, key: PRNGKeyArray) -> Land:
        rich, grow, bite, walk = jax.random.split(key, 4)
        return Land(
            MOST_FOOD * jax.random.uniform(rich, (PATCHES,)) ** 2,
            0.002 * 30.0 ** jax.random.uniform(grow, (PATCHES,)),
            jax.random.uniform(bite, (), minval=0.1, maxval=0.5),
            jax.random.uniform(walk, (), minval=0.0, maxval=0.1),
        )

    def reset(self, world: Land, key: PRNGKeyArray) -> tuple[Forager, Float[Array, " numbers"]]:
        where, eaten = jax.random.split(key)
        food = world.richness * jax.random.uniform(eaten, (PATCHES,), minval=0.5)
        state = Forager(jax.random.randint(where, (), 0, PATCHES), food, jnp.zeros((), jnp.int32))
        return state, _seen(state)

    def step(self, world: Land, key: PRNGKeyArray, state: Forager, action: Int[Array, ""]) -> Step:
        eaten = jnp.where(action == BITE, world.bite * state.food[state.patch], 0.0)
        food = state.food.at[state.patch].add(-eaten)
        food = food + world.regrowth * (world.richness - food)
        way = jnp.where(action == LEFT, -1, jnp.where(action == RIGHT, 1, 0))
        after = Forager((state.patch + way) % PATCHES, food, state.time + 1)
        reward = eaten - jnp.where(action == BITE, 0.0, world.walk)
        return after, _seen(after), reward, jnp.zeros((), bool), after.time >= LIMIT_STEPS


def _seen(state: Forager) -> Float[Array, " numbers"]:
    here = jax.nn.one_hot(state.patch, PATCHES)
    return jnp.append(here, state.food[state.patch] / MOST_FOOD)
