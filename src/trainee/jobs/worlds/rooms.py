"""A chain of rooms: a key lies in one of them, and the door that it opens is in the last."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

LEAST_ROOMS, MOST_ROOMS = 4, 8
LIMIT_STEPS = 80
LEFT, RIGHT, TAKE = 0, 1, 2
STEP_COST, VAIN_COST = 0.01, 0.05


class House(NamedTuple):
    """One world.

    Attributes:
      last: the number of the last room.
      key: the room where the key lies.
      turned: in which rooms left and right are the other way round.
      slip: how likely a step leads the wrong way.
    """

    last: Int[Array, ""]
    key: Int[Array, ""]
    turned: Bool[Array, " rooms"]
    slip: Float[Array, ""]


class Guest(NamedTuple):
    """Where it is, whether it has the key, and how late it is."""

    room: Int[Array, ""]
    has_key: Bool[Array, ""]
    time: Int[Array, ""]


class Rooms:
    """It begins in any room but the last. To take what is not there costs as much as five steps; to open the door
    brings 1.

    It is to be learned what has to be done before anything pays.
    """

    # The room, and whether it has the key.
    observation_space = spaces.MultiDiscrete(np.array([MOST_ROOMS, 2]))
    action_space = spaces.Discrete(3)

    def draw(self, key: PRNGKeyArray) -> House:
        count, where, turned, slip = jax.random.split(key, 4)
        last = jax.random.randint(count, (), LEAST_ROOMS - 1, MOST_ROOMS)
        return House(
            last,
            jax.random.randint(where, (), 0, last),
            jax.random.bernoulli(turned, 0.5, (MOST_ROOMS,)),
            jax.random.uniform(slip, (), minval=0.0, maxval=0.2),
        )

    def reset(self, world: House, key: PRNGKeyArray) -> tuple[Guest, Int[Array, "2"]]:
        room = jax.random.randint(key, (), 0, world.last)
        state = Guest(room, jnp.zeros((), bool), jnp.zeros((), jnp.int32))
        return state, _seen(state)

    def step(self, world: House, key: PRNGKeyArray, state: Guest, action: Int[Array, ""]) -> Step:
        slips = jax.random.uniform(key) < world.slip
        right = (action == RIGHT) ^ world.turned[state.room] ^ slips
        way = jnp.where(action == TAKE, 0, jnp.where(right, 1, -1))
        finds = (action == TAKE) & (state.room == world.key) & ~state.has_key
        opens = (action == TAKE) & (state.room == world.last) & state.has_key
        in_vain = (action == TAKE) & ~finds & ~opens
        after = Guest(jnp.clip(state.room + way, 0, world.last), state.has_key | finds, state.time + 1)
        reward = jnp.where(opens, 1.0, 0.0) - jnp.where(in_vain, VAIN_COST, STEP_COST)
        return after, _seen(after), reward, opens, after.time >= LIMIT_STEPS


def _seen(state: Guest) -> Int[Array, "2"]:
    return jnp.stack([state.room, state.has_key.astype(jnp.int32)])
