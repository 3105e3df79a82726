"""Steering: a mass on a spring, moved by a force of unknown gain, to be held where it wants to be held."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

FARTHEST, FASTEST = 3.0, 6.0
STEP_S = 0.1
LIMIT_STEPS = 100


class Spring(NamedTuple):
    """One world, of mass 1.

    Attributes:
      stiffness: force back to the middle for each unit of distance; below 0 it pushes away.
      damping: force against each unit of speed.
      gain: force of a full action; below 0 it is the other way round.
      gusts: standard deviation of the force that the wind adds.
      goal: where it is to be.
      price: of a full action for one step.
    """

    stiffness: Float[Array, ""]
    damping: Float[Array, ""]
    gain: Float[Array, ""]
    gusts: Float[Array, ""]
    goal: Float[Array, ""]
    price: Float[Array, ""]


class Mass(NamedTuple):
    """Where it is, how fast it goes, and how late it is."""

    place: Float[Array, ""]
    speed: Float[Array, ""]
    time: Int[Array, ""]


class Steer:
    """Each step costs the squared distance from the goal, at most 1, and the price of the action.

    It is to be learned which way an action pushes, how much, and where the goal is.
    """

    observation_space = spaces.Box(
        np.array([-FARTHEST, -FASTEST], np.float32), np.array([FARTHEST, FASTEST], np.float32)
    )
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def draw(self, key: PRNGKeyArray) -> Spring:
        stiffness, damping, gain, sign, gusts, goal, price = jax.random.split(key, 7)
        between = jax.random.uniform
        return Spring(
            between(stiffness, (), minval=-0.5, maxval=2.0),
            between(damping, (), minval=0.05, maxval=1.0),
            between(gain, (), minval=1.5, maxval=4.0) * jax.random.rademacher(sign, (), jnp.float32),
            between(gusts, (), minval=0.0, maxval=1.0),
            between(goal, (), minval=-1.0, maxval=1.0),
            between(price, (), minval=0.0, maxval=0.1),
        )

    def reset(self, world: Spring, key: PRNGKeyArray) -> tuple[Mass, Float[Array, "2"]]:
        place = jax.random.uniform(key, (), minval=-2.0, maxval=2.0)
        state = Mass(place, jnp.zeros(()), jnp.zeros((), jnp.int32))
        return state, _seen(state)

    def step(self, world: Spring, key: PRNGKeyArray, state: Mass, action: Float[Array, "1"]) -> Step:
        push = jnp.clip(action[0], -1.0, 1.0)
        force = world.gain * push + world.gusts * jax.random.normal(key)
        force -= world.stiffness * state.place + world.damping * state.speed
        speed = jnp.clip(state.speed + STEP_S * force, -FASTEST, FASTEST)
        place = state.place + STEP_S * speed
        # A wall stops it.
        inside = jnp.abs(place) < FARTHEST
        place, speed = jnp.clip(place, -FARTHEST, FARTHEST), jnp.where(inside, speed, 0.0)
        after = Mass(place, speed, state.time + 1)
        reward = -jnp.minimum(jnp.square(place - world.goal), 1.0) - world.price * jnp.square(push)
        return after, _seen(after), reward, jnp.zeros((), bool), after.time >= LIMIT_STEPS


def _seen(state: Mass) -> Float[Array, "2"]:
    return jnp.stack([state.place, state.speed])
