"""Calibration: between which bounds the return to come will lie, learned from what came of earlier steps.

The spread of an ensemble says where it lacks experience, not how far returns scatter. So a few steps of every episode
are followed to its end, and two lines through what came of them less what was expected, one with a tenth of it below
and one with a tenth above, are the bounds. A line that too much lies beyond moves by a step of the same size whatever
the distance, so that in the long run a tenth lies beyond it, also where the job or the agent changes (quantile
regression by the pinball loss, Koenker & Bassett 1978, online as in Gibbs & Candès 2021, arXiv 2106.00170).
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, UInt32

from trainee.learner.chance import STRIDE, mixed

# Steps that are followed at once, drawn evenly from those of an episode.
FOLLOWED = 16
# Shares of the returns that lie below each bound.
SHARES = (0.1, 0.9)
# How far a line moves for each step that was followed, in mean sizes of a surprise.
RATE = 0.1
# Lines start at 0.1 and 0.9 of a normal distribution, whose mean size is √(2/π) deviations.
START = 1.2816 * 1.2533
# Over how many of what they are means of the usual numbers are: an episode's, a surprise's, and three of steps.
MEMORY = np.array([30.0, 300.0, 1000.0, 1000.0, 1000.0], np.float32)
# After so many horizons an episode counts as over, if what is still to come of a step counts less than the share.
HORIZONS, LATE = 3.0, 0.1
# What a bound depends on: nothing, the value and the spread, each as far as it is unusual, up to a largest.
FEATURES = 3
# What is kept of a step that is followed, a row of a table each. Apart they would be an operation each at every step.
FEATURE, LINES, VALUE, DISCOUNT, EARNED, WEIGHT, ROWS = slice(0, 3), slice(3, 5), 5, 6, 7, 8, 9
LARGEST = 3.0


class Calibration(eqx.Module):
    """What one stream knows of how far its returns are from their values.

    Attributes:
      table: a column for each step that is followed: what the bounds depend on; where the lines were there; the
        value and its discount, as decided; what has come since, discounted; and what a reward that comes next counts,
        which is below 0 where none is followed.
      steps: since the episode began, or since it last counted as over.
      longest: after so many it counts as over.
      word: what the next draw is made of.
      usual: means of late, in this order: how many steps each one that is followed stands for; the size of a surprise,
        a return less its value, in reward units; the value; how far it is from the mean; the spread.
      counted: how many of what each of these is a mean, up to `MEMORY`.
      bounds: the two lines, in mean sizes of a surprise.
    """

    table: Float[Array, "rows followed"]
    steps: Float[Array, ""]
    longest: Float[Array, ""]
    word: UInt32[Array, ""]
    usual: Float[Array, "5"]
    counted: Float[Array, "5"]
    bounds: Float[Array, "2 features"]


def init_calibration() -> Calibration:
    """Of a stream in which nothing has happened."""
    zero, word, means = jnp.zeros(()), jnp.zeros((), jnp.uint32), jnp.zeros(MEMORY.size)
    table = jnp.zeros((ROWS, FOLLOWED)).at[WEIGHT].set(-1.0)
    bounds = jnp.zeros((2, FEATURES)).at[:, 0].set(jnp.array([-START, START]))
    return Calibration(table, zero, zero, word, means, means, bounds)


def interval(calibration: Calibration, value: Float[Array, ""], spread: Float[Array, ""]) -> Float[Array, "2"]:
    """Bounds between which four fifths of the returns to come lie, in reward units.

    Args:
      calibration: what is known of them.
      value, spread: as decided, in reward units.
    """
    low, high = _lines(calibration, value, spread)
    return jnp.stack([jnp.minimum(low, high), jnp.maximum(low, high)])


def followed(
    calibration: Calibration,
    reward: Float[Array, ""],
    discount: Float[Array, ""],
    first: Bool[Array, ""],
    last: Bool[Array, ""],
    value: Float[Array, ""],
    spread: Float[Array, ""],
    ahead: Float[Array, ""],
) -> Calibration:
    """After one more time step and what was decided there.

    Args:
      calibration: before it.
      reward, discount, first, last: of the time step. An episode that a first step cuts off says nothing.
      value, spread: as decided, in reward units; at the end by a time limit the value stands for what would follow.
      ahead: the discount of the value, a time step.
    """
    old, table = calibration, calibration.table
    held = table[WEIGHT] >= 0
    earned = table[EARNED] + table[WEIGHT] * reward
    weight = jnp.where(held, table[WEIGHT] * table[DISCOUNT] * discount, -1.0)
    over = ~first & (last | (old.steps >= old.longest))
    told = held & over & (last | (weight < LATE))

    came = earned + weight * value
    count = jnp.sum(told.astype(jnp.float32))
    surprise = jnp.sum(jnp.where(told, jnp.abs(came - table[VALUE]), 0.0)) / jnp.maximum(count, 1.0)
    # A step of a long episode stands for more than one of a short one.
    stands_for = jnp.maximum(old.steps / FOLLOWED, 1.0)
    one = jnp.ones(())
    news = jnp.stack([stands_for, surprise, value, jnp.abs(value - old.usual[2]), spread])
    counted = old.counted + jnp.stack([over.astype(jnp.float32), count, one, one, one])
    usual = old.usual + (counted - old.counted) / jnp.clip(counted, 1.0, MEMORY) * (news - old.usual)
    counts = jnp.where(told, stands_for / jnp.maximum(usual[0], 1.0), 0.0)
    moves = RATE * counts[None] * (jnp.array(SHARES)[:, None] - (came[None] < table[LINES]))

    begins = first | over
    steps = jnp.where(begins, 0.0, old.steps)
    # Of n steps each is followed with the same chance (reservoir sampling: Vitter 1985, algorithm R).
    word = mixed(old.word + jnp.uint32(STRIDE))
    drawn = jnp.floor((word >> 8).astype(jnp.float32) / 2**24 * (steps + 1))
    slot = jnp.where(steps < FOLLOWED, steps, drawn)
    here = (jnp.arange(FOLLOWED) == slot) & ~last
    said = jnp.stack([value, ahead, jnp.zeros(()), one])
    column = jnp.concatenate([_features(old, value, spread), _lines(old, value, spread), said])
    rows = jnp.arange(ROWS)[:, None]
    grown = jnp.where(rows == EARNED, earned[None], table)
    grown = jnp.where(rows == WEIGHT, jnp.where(begins, -1.0, weight)[None], grown)
    return Calibration(
        jnp.where(here[None], column[:, None], grown),
        steps + 1,
        jnp.where(begins, HORIZONS / (1 - ahead), old.longest),
        word,
        usual,
        jnp.minimum(counted, MEMORY),
        old.bounds + jnp.sum(moves[:, None] * table[FEATURE][None], axis=-1),
    )


def _lines(calibration: Calibration, value: Float[Array, ""], spread: Float[Array, ""]) -> Float[Array, "2"]:
    """Where the lines are, in reward units. They may cross: put in order each would learn from the other's mistakes."""
    size = jnp.where(calibration.counted[1] > 0, calibration.usual[1], spread)
    return value + size * jnp.sum(calibration.bounds * _features(calibration, value, spread)[None], axis=1)


def _features(calibration: Calibration, value: Float[Array, ""], spread: Float[Array, ""]) -> Float[Array, " features"]:
    _, _, mean, deviation, usual_spread = calibration.usual
    apart = (value - mean) / jnp.where(deviation > 0, deviation, 1.0)
    wider = jnp.where(usual_spread > 0, spread / jnp.where(usual_spread > 0, usual_spread, 1.0) - 1, 0.0)
    return jnp.clip(jnp.stack([jnp.ones(()), apart, wider]), -LARGEST, LARGEST)
