"""Seasons: fields that bear at different times of a year, of which only the haze over its warmth is seen."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

FIELDS = 4
WARMEST = 3.0
LIMIT_STEPS = 60


class Climate(NamedTuple):
    """One world.

    Attributes:
      year: how many steps it has.
      bears: what each field bears, on the mean of a year.
      swing: by how much more at its best time, and less half a year later.
      peak: when that is, as a share of the year.
      haze: standard deviation of what is added to the warmth that is seen.
      move: what it costs to go to another field.
    """

    year: Float[Array, ""]
    bears: Float[Array, " fields"]
    swing: Float[Array, " fields"]
    peak: Float[Array, " fields"]
    haze: Float[Array, ""]
    move: Float[Array, ""]


class Farmer(NamedTuple):
    """The field, the time of the year as a share of it, and how late it is."""

    field: Int[Array, ""]
    season: Float[Array, ""]
    time: Int[Array, ""]


class Seasons:
    """An action is the field to work in next. Warmth goes up and down, and is the same in spring and in autumn.

    It is to be learned that what pays now will not pay for long, and to tell from what was before when it will again.
    """

    observation_space = spaces.Box(
        np.array([-WARMEST] + [0] * FIELDS, np.float32), np.array([WARMEST] + [1] * FIELDS, np.float32)
    )
    action_space = spaces.Discrete(FIELDS)

    def draw(self, key: PRNGKeyArray) -> Climate:
        year, bears, swing, peak, haze, move = jax.random.split(key, 6)
        return Climate(
            10.0 * 6.0 ** jax.random.uniform(year),
            jax.random.uniform(bears, (FIELDS,), minval=-0.5, maxval=0.5),
            jax.random.uniform(swing, (FIELDS,), minval=0.2, maxval=1.5),
            jax.random.uniform(peak, (FIELDS,)),
            jax.random.uniform(haze, (), minval=0.0, maxval=0.5),
            jax.random.uniform(move, (), minval=0.0, maxval=0.5),
        )

    def reset(self, world: Climate, key: PRNGKeyArray) -> tuple[Farmer, Float[Array, " numbers"]]:
        field, season, haze = jax.random.split(key, 3)
        begins = jax.random.uniform(season)
        state = Farmer(jax.random.randint(field, (), 0, FIELDS), begins, jnp.zeros((), jnp.int32))
        return state, _seen(world, state, haze)

    def step(self, world: Climate, key: PRNGKeyArray, state: Farmer, action: Int[Array, ""]) -> Step:
        field = jnp.asarray(action, jnp.int32)
        season = (state.season + 1 / world.year) % 1.0
        after = Farmer(field, season, state.time + 1)
        borne = world.bears[field] + world.swing[field] * _turn(season - world.peak[field])
        reward = borne - jnp.where(field == state.field, 0.0, world.move)
        return after, _seen(world, after, key), reward, jnp.zeros((), bool), after.time >= LIMIT_STEPS


def _turn(share: Float[Array, ""]) -> Float[Array, ""]:
    """From 1 through −1 and back, as the share of a year goes from 0 to 1."""
    return jnp.cos(2 * jnp.pi * share)


def _seen(world: Climate, state: Farmer, haze: PRNGKeyArray) -> Float[Array, " numbers"]:
    warmth = jnp.clip(_turn(state.season) + world.haze * jax.random.normal(haze), -WARMEST, WARMEST)
    return jnp.concatenate([warmth[None], jax.nn.one_hot(state.field, FIELDS)])
