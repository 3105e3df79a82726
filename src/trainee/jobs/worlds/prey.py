"""Prey: to find food on a meadow without being caught by what comes after it."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

SIDE = 6
LIMIT_STEPS = 80
# To stay, and to all sides.
WAYS = np.array([[0, 0], [0, 1], [1, 0], [0, -1], [-1, 0]], np.int32)


class Meadow(NamedTuple):
    """One world.

    Attributes:
      order: which way each action leads.
      keen: how likely the hunter takes a step in the prey's direction; otherwise it goes anywhere.
      harm: what it costs to be caught.
      food: what food brings.
    """

    order: Int[Array, " ways"]
    keen: Float[Array, ""]
    harm: Float[Array, ""]
    food: Float[Array, ""]


class Chase(NamedTuple):
    """Where the prey, the hunter and the food are, and how late it is."""

    prey: Int[Array, "2"]
    hunter: Int[Array, "2"]
    food: Int[Array, "2"]
    time: Int[Array, ""]


class Prey:
    """Food that is eaten grows again elsewhere. To be caught ends the episode.

    It is to be learned what each action does, and to weigh what is near against what is dangerous.
    """

    # The prey's place, and how far off food and hunter are.
    observation_space = spaces.Box(-1.0, 1.0, (6,), np.float32)
    action_space = spaces.Discrete(len(WAYS))

    def draw(self, key: PRNGKeyArray) -> Meadow:
        order, keen, harm, food = jax.random.split(key, 4)
        return Meadow(
            jax.random.permutation(order, len(WAYS)),
            jax.random.uniform(keen, (), minval=0.1, maxval=0.7),
            jax.random.uniform(harm, (), minval=0.5, maxval=3.0),
            jax.random.uniform(food, (), minval=0.5, maxval=1.5),
        )

    def reset(self, world: Meadow, key: PRNGKeyArray) -> tuple[Chase, Float[Array, "6"]]:
        prey, food = jax.random.split(key)
        place = jax.random.randint(prey, (2,), 0, SIDE)
        # As far off as it can be where the meadow has no rim.
        state = Chase(place, (place + SIDE // 2) % SIDE, _anywhere(food), jnp.zeros((), jnp.int32))
        return state, _seen(state)

    def step(self, world: Meadow, key: PRNGKeyArray, state: Chase, action: Int[Array, ""]) -> Step:
        keen, wander, grown = jax.random.split(key, 3)
        prey = jnp.clip(state.prey + jnp.array(WAYS)[world.order[action]], 0, SIDE - 1)
        met = jnp.all(prey == state.hunter)
        off = prey - state.hunter
        # Along the longer side first.
        longer = jnp.arange(2) == (jnp.abs(off[1]) > jnp.abs(off[0]))
        after_it = jnp.where(longer, jnp.sign(off), 0)
        anyhow = jnp.array(WAYS)[jax.random.randint(wander, (), 0, len(WAYS))]
        stalks = jax.random.uniform(keen) < world.keen
        hunter = jnp.clip(state.hunter + jnp.where(stalks, after_it, anyhow), 0, SIDE - 1)
        caught = met | jnp.all(prey == hunter)
        eats = jnp.all(prey == state.food) & ~caught
        after = Chase(prey, hunter, jnp.where(eats, _anywhere(grown), state.food), state.time + 1)
        reward = jnp.where(eats, world.food, 0.0) - jnp.where(caught, world.harm, 0.0)
        return after, _seen(after), reward, caught, after.time >= LIMIT_STEPS


def _anywhere(key: PRNGKeyArray) -> Int[Array, "2"]:
    return jax.random.randint(key, (2,), 0, SIDE)


def _seen(state: Chase) -> Float[Array, "6"]:
    parts = state.prey, state.food - state.prey, state.hunter - state.prey
    return jnp.concatenate(parts).astype(jnp.float32) / (SIDE - 1)
