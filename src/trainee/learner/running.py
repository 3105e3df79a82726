"""Running statistics: what is usual in this stream, so that nothing depends on the job's units."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

CLIP = 5.0
# What is farther from its mean than so many deviations counts as that far: one leap is not to drown all else for long.
LEAP = 100.0
# Of so many observations deviations tell nothing yet.
FEWEST = 4.0
# What is larger counts as this large: squares and sums must stay within float32.
LARGEST = 1e15


class Normaliser(eqx.Module):
    """What is usual of each number of the observation.

    Attributes:
      count: of how many observations it is.
      rows: `[3, numbers]`, the mean; the variance; and how far it was from its mean when it last leapt.
      binary: whether it was ever anything but 0 or 1.
    """

    count: Float[Array, ""]
    rows: Float[Array, "3 numbers"]
    binary: Bool[Array, " numbers"]

    @property
    def mean(self) -> Float[Array, " numbers"]:
        """Of each number."""
        return self.rows[0]

    @property
    def variance(self) -> Float[Array, " numbers"]:
        """Of each number."""
        return self.rows[1]


def init_normaliser(numbers: int) -> Normaliser:
    """Of a stream that has seen nothing."""
    none = jnp.zeros(numbers)
    return Normaliser(jnp.zeros(()), jnp.stack([none, none + 1, none]), jnp.ones(numbers, bool))


def part(normaliser: Normaliser, numbers: int) -> Normaliser:
    """The statistics of the first few numbers alone."""
    return Normaliser(normaliser.count, normaliser.rows[:, :numbers], normaliser.binary[:numbers])


def observe(normaliser: Normaliser, numeric: Float[Array, " numbers"], memory_steps: int) -> Normaliser:
    """The statistics after one more observation: exact at first, then an exponential average over `memory_steps`.

    What leaps counts for less; where it stays, the variance grows by half with each step, and faster early on, until
    that is usual. Of a number that never varied the first leap is left out, and the next counts.
    """
    count = normaliser.count + 1
    numeric = jnp.clip(numeric, -LARGEST, LARGEST)
    # Not before the numbers are there: of more than eight operations that can begin at once XLA hands half to a thread.
    rate = jnp.maximum(1 / (count + 0.0 * jnp.sum(numeric[-1:])), 1 / memory_steps)
    mean, variance, leapt = normaliser.rows
    deviation = jnp.sqrt(variance)
    usual = LEAP * jnp.where(deviation > _floor(normaliser), deviation, leapt)
    most = jnp.where(normaliser.count > FEWEST, usual, jnp.inf)
    apart = numeric - mean
    leapt = jnp.where(jnp.abs(apart) > most, jnp.abs(apart), leapt)
    delta = jnp.clip(apart, -most, most)
    mean = mean + rate * delta
    variance = (1 - rate) * (variance + rate * delta**2)
    binary = normaliser.binary & ((numeric == 0) | (numeric == 1))
    return Normaliser(count, jnp.stack([mean, variance, leapt]), binary)


def normalised(normaliser: Normaliser, numeric: Float[Array, " numbers"]) -> Float[Array, " numbers"]:
    """Zero mean and unit variance, clipped at five deviations.

    Numbers that were only ever 0 or 1 pass unchanged: dividing a rare unit by its small deviation would destroy a
    one-hot code.
    """
    deviation = jnp.maximum(jnp.sqrt(normaliser.variance), _floor(normaliser))
    standard = (jnp.clip(numeric, -LARGEST, LARGEST) - normaliser.mean) / deviation
    return jnp.where(normaliser.binary, numeric, jnp.clip(standard, -CLIP, CLIP))


def _floor(normaliser: Normaliser) -> Float[Array, " numbers"]:
    """A number that never varies is all rounding below this."""
    return 1e-5 * jnp.abs(normaliser.mean) + 1e-9


def measurable(reward: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Numbers of a size that ratios of them can be taken: smaller ones count as none, larger ones as the largest."""
    return jnp.where(jnp.abs(reward) < 1 / LARGEST, 0.0, jnp.clip(reward, -LARGEST, LARGEST))


class ReturnScale(eqx.Module):
    """The largest discounted return seen of late, the unit in which the value function works, and how it is measured.

    Attributes:
      sum: discounted sum of the rewards of the episode up to now; of a stream.
      peak: the largest there was of late; of the heads, which are in this unit, and so of all streams that share them.
    """

    sum: Float[Array, ""]
    peak: Float[Array, ""]


def observe_return(
    scale: ReturnScale, reward, first, discount: float | Float[Array, ""], memory_steps: int
) -> ReturnScale:
    """The scale after one more reward.

    The discounted sum of the rewards up to now stands in for the return, which is known only later (as in Engstrom et
    al. 2020, §2). Its peak is used and not its deviation: until the first success of a sparse job the deviation is that
    of the small costs on the way, and values measured by it would drown the priors that drive exploration.
    """
    reward = measurable(reward)
    total = jnp.where(first, 0.0, discount * scale.sum + reward)
    peak = jnp.maximum(scale.peak * (1 - 1 / memory_steps), jnp.abs(total))
    return ReturnScale(total, peak)


def unit(peak: Float[Array, ""]) -> Float[Array, ""]:
    """Reward units per unit of value; 1 while no reward was ever anything but 0."""
    return jnp.where(peak > 0, peak, 1.0)
