"""Hidden hazards: a web of places, some ways between which now and then end in a heavy loss."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.jobs.worlds.family import Step

PLACES, EXITS = 8, 3
LIMIT_STEPS = 60


class Web(NamedTuple):
    """One world.

    Attributes:
      leads: the place that each exit of each place leads to.
      pays: what the way brings.
      risk: how likely it ends in a fall.
      loss: what a fall costs.
    """

    leads: Int[Array, "places exits"]
    pays: Float[Array, "places exits"]
    risk: Float[Array, "places exits"]
    loss: Float[Array, ""]


class Wanderer(NamedTuple):
    """Where it is, and how late it is."""

    place: Int[Array, ""]
    time: Int[Array, ""]


class Hazard:
    """Every way brings something. What is dangerous brings more, until it ends the episode with a loss that is rare.

    Each place has an exit without danger. It is to be learned what a mean hides, from few accidents.
    """

    observation_space = spaces.Discrete(PLACES)
    action_space = spaces.Discrete(EXITS)

    def draw(self, key: PRNGKeyArray) -> Web:
        ring, others, order, pays, danger, how, loss = jax.random.split(key, 7)
        # One exit leads along a ring through all places, so that none is a trap.
        round_trip = jax.random.permutation(ring, PLACES)
        onward = jnp.zeros(PLACES, jnp.int32).at[round_trip].set(jnp.roll(round_trip, -1))
        anywhere = jax.random.randint(others, (PLACES, EXITS - 1), 0, PLACES)
        leads = jnp.concatenate([onward[:, None], anywhere], axis=1)
        leads = jax.random.permutation(order, leads, axis=1, independent=True)
        draws = jax.random.uniform(danger, (PLACES, EXITS))
        # The exit of the smallest draw is always safe.
        dangerous = (draws > jnp.min(draws, axis=1, keepdims=True)) & (draws > 0.5)
        risk = 0.02 * 10.0 ** jax.random.uniform(how, (PLACES, EXITS))
        return Web(
            leads,
            jax.random.uniform(pays, (PLACES, EXITS)) + 0.5 * dangerous,
            jnp.where(dangerous, risk, 0.0),
            jax.random.uniform(loss, (), minval=5.0, maxval=20.0),
        )

    def reset(self, world: Web, key: PRNGKeyArray) -> tuple[Wanderer, Int[Array, ""]]:
        state = Wanderer(jax.random.randint(key, (), 0, PLACES), jnp.zeros((), jnp.int32))
        return state, state.place

    def step(self, world: Web, key: PRNGKeyArray, state: Wanderer, action: Int[Array, ""]) -> Step:
        way = state.place, action
        fell = jax.random.uniform(key) < world.risk[way]
        after = Wanderer(world.leads[way], state.time + 1)
        reward = world.pays[way] - jnp.where(fell, world.loss, 0.0)
        return after, after.place, reward, fell, after.time >= LIMIT_STEPS
