"""Outcomes: where an action leads and what it brings, also where it is not the same each time.

Where places are known for sure, what comes most often and what it brings on the mean is gone by: a step that fails once
in thirty times is no end of a way, and what brought much by chance is no prize. What is known in the rough holds many
places, of which one is left only now and then: there the newest outcome is all that is known.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

# A place is kept in so many bits, and above them by how much oftener it came than others, up to so much: it may never
# come again.
PLACE_BITS = 20
MOST_OFTENER = 4
# What an action brings is averaged over so many times.
TIMES = 10.0
# Of the most there was: what brings as much at once is a prize, and as good as new for ever.
PRIZE = 0.5
# Over so many steps the most that anything brings is forgotten.
MOST_STEPS = 100_000.0
# More than any reward is counted as.
NEVER = 1e30


def led(leads: Int[Array, "*batch"]) -> Int[Array, "*batch"]:
    """The place that something led to; −1 where nothing lies behind it, or nothing is known."""
    return leads % 2**PLACE_BITS - 1


def leading(leads: Int[Array, "*batch"], to: Int[Array, ""], exact: Bool[Array, ""]) -> Int[Array, "*batch"]:
    """After it led somewhere once more: what came most is kept, found as Boyer and Moore (1981, doi
    10.1007/978-94-011-3488-0_5) find a majority.

    Args:
      leads: before it; 0 where nothing is known.
      to: the place, −1 where nothing lies behind it.
      exact: places are known for sure.
    """
    same, oftener = led(leads) == to, leads // 2**PLACE_BITS
    kept = same | (exact & (oftener > 1))
    oftener = jnp.where(kept, jnp.minimum(oftener + jnp.where(same, 1, -1), MOST_OFTENER), 1)
    return jnp.where(kept, led(leads), to) + 1 + oftener * 2**PLACE_BITS


def brought(
    mean: Float[Array, "*batch"], reward: Float[Array, ""], times: Float[Array, "*batch"], exact: Bool[Array, ""]
) -> Float[Array, "*batch"]:
    """What it brings, after it brought this as well, the last of so many times."""
    return mean + (reward - mean) / jnp.clip(times, 1.0, jnp.where(exact, TIMES, 1.0))


def most(before: Float[Array, ""], got: Float[Array, " actions"], times: Float[Array, " actions"]) -> Float[Array, ""]:
    """The most that anything brings at once. Of what came but once half is believed, as if the same had brought nothing
    once before.
    """
    return jnp.maximum(before * (1 - 1 / MOST_STEPS), jnp.sum(got * times / (times + 1)))


def prize(
    most: Float[Array, ""], usual: Float[Array, ""], unit: Float[Array, ""], exact: Bool[Array, ""]
) -> Float[Array, ""]:
    """How much a prize brings at once, at least; `NEVER` where nothing ever brought anything.

    Args:
      most: that anything brings at once, all in reward units.
      usual: what lines bring.
      unit: the largest return there was.
      exact: places are known for sure.
    """
    least = PRIZE * jnp.where(exact, jnp.maximum(most, usual), unit)
    return jnp.where(least > 0, least, NEVER)
