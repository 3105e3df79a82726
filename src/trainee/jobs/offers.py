"""Offers: a little now, or more that comes later or only perhaps; how steeply delays and odds are discounted."""

from __future__ import annotations

from typing import NamedTuple

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

# Steps by which what is more comes later than what is less, and the probabilities with which it comes.
DELAYS = (1.0, 2.0, 4.0, 8.0)
CHANCES = (0.9, 0.75, 0.5, 0.25, 0.1)
# What the second choice takes; the first takes the certain amount at once.
NOW, MORE = 0, 1


class Offer(NamedTuple):
    """One offer, and what became of it.

    Attributes:
      amount: what can be had at once, of the 1 that is more.
      place: among delays and, behind them, probabilities.
      waiting: steps until it comes; 0 while it is offered.
    """

    amount: Float[Array, ""]
    place: Int[Array, ""]
    waiting: Int[Array, ""]


class Offers:
    """One choice an episode, as a pure JAX job: an amount between 0 and 1 at once, or 1, later or perhaps.

    Which it is, and of what size, is drawn evenly and is seen. The episode is over when the reward has come: while it
    is waited for, actions do nothing. Whoever values what is more at V takes it with probability V, as amounts are
    drawn evenly: so the share of such choices is what it is worth.
    """

    name = "offers"

    def __init__(self) -> None:
        self.observation_space: gymnasium.Space = spaces.Box(0.0, 1.0, (5,), np.float32)
        self.action_space: gymnasium.Space = spaces.Discrete(2)

    def reset(self, key: PRNGKeyArray) -> tuple[Offer, Float[Array, "5"]]:
        """See `JaxJob.reset`."""
        amount_key, place_key = jax.random.split(key)
        place = jax.random.randint(place_key, (), 0, len(DELAYS) + len(CHANCES))
        offer = Offer(jax.random.uniform(amount_key), place, jnp.int32(0))
        return offer, _seen(offer)

    def step(
        self, key: PRNGKeyArray, state: Offer, action: Int[Array, ""]
    ) -> tuple[Offer, Float[Array, "5"], Array, Array, Array]:
        """See `JaxJob.step`."""
        offered = state.waiting == 0
        more = ~offered | (action == MORE)
        waiting = jnp.where(offered, jnp.where(more, _delay(state), 0), state.waiting - 1)
        over = waiting == 0
        came = jax.random.uniform(key) < _chance(state)
        reward = jnp.where(over, jnp.where(more, came.astype(jnp.float32), state.amount), 0.0)
        after = Offer(state.amount, state.place, waiting)
        return after, _seen(after), reward, over, jnp.array(False)


def _delay(offer: Offer) -> Int[Array, ""]:
    return jnp.array([*DELAYS, *[0] * len(CHANCES)], jnp.int32)[offer.place]


def _chance(offer: Offer) -> Float[Array, ""]:
    return jnp.array([*[1.0] * len(DELAYS), *CHANCES], jnp.float32)[offer.place]


def _seen(offer: Offer) -> Float[Array, "5"]:
    """Whether it is to be chosen, the amount, the delay, the probability, and how long it is still to wait."""
    longest = max(DELAYS)
    offered = (offer.waiting == 0).astype(jnp.float32)
    return jnp.stack([offered, offer.amount, _delay(offer) / longest, _chance(offer), offer.waiting / longest])
