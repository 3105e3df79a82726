"""Feelings: what an agent feels, from what it is told and what it expected, in units of what is usual in its stream.

Each emotion is one line of `appraised` or one function below it. What is felt is what its equation says, unless a lever
holds it: then the equation goes on unheard, so that letting go is seamless.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from trainee.emotions.temperament import Temperament
from trainee.types import EMOTIONS

# What an emotion is where there is none: nothing is tilted, doubted, tired of or cut short, and the far future does
# not count.
ABSENT = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0], np.float32)
FEAR, CONCERN, SECURITY, MOOD, SATIETY, CURIOSITY, URGENCY = range(len(EMOTIONS))
# A level that stands for none: what is held there is free.
FREE = 1e9
# Over how many steps it is averaged what is usual.
USUAL_STEPS = 1000.0
# What is more surprising than this, in mean surprises, is as surprising as this.
MOST_SURPRISING = 10.0


class Signals(NamedTuple):
    """What one stream's feelings are made of.

    Attributes:
      expected, ahead: the value of the newest decision, in reward units, and its discount; what comes next is measured
        against it.
      size: how large a surprise is on the mean.
      reward, deviation: the mean reward, and how far rewards are from it on the mean.
      reward_size: the mean size of rewards.
      counted: of how many steps these are means, up to `USUAL_STEPS`.
      calm: steps that went as expected, less those that surprises undid.
      fear, mood, satiety: as their equations have them.
    """

    expected: Float[Array, ""]
    ahead: Float[Array, ""]
    size: Float[Array, ""]
    reward: Float[Array, ""]
    deviation: Float[Array, ""]
    reward_size: Float[Array, ""]
    counted: Float[Array, ""]
    calm: Float[Array, ""]
    fear: Float[Array, ""]
    mood: Float[Array, ""]
    satiety: Float[Array, ""]


# Means of late, and what follows at a rate of its own.
MEANS, MOVED = slice(2, 6), slice(8, 11)


class Feelings(eqx.Module):
    """What one stream feels.

    Attributes:
      signals: what it is made of, side by side as `Signals` has it: apart they would be an operation each.
      levels: what was felt at the newest decision, in the order of `EMOTIONS`.
      usual: the mean of it of late.
      held: the levels at which levers hold emotions; `FREE` where none does.
    """

    signals: Float[Array, " signals"]
    levels: Float[Array, " emotions"]
    usual: Float[Array, " emotions"]
    held: Float[Array, " emotions"]

    def signal(self, name: str) -> Float[Array, ""]:
        """One of the signals, by its name among those of `Signals`."""
        return self.signals[Signals._fields.index(name)]


class Told(NamedTuple):
    """What a time step says that can be felt.

    Attributes:
      reward: in the job's units; measurable.
      discount: 0 at termination, else 1.
      first: it begins an episode, and answers nothing.
      value: what is expected from here on, in reward units.
    """

    reward: Float[Array, ""]
    discount: Float[Array, ""]
    first: Bool[Array, ""]
    value: Float[Array, ""]


def init_feelings() -> Feelings:
    """Of a stream in which nothing has happened, with no lever pulled."""
    none = jnp.zeros(len(EMOTIONS))
    return Feelings(jnp.zeros(len(Signals._fields)), none, none, jnp.full(len(EMOTIONS), FREE, jnp.float32))


def appraised(temperament: Temperament, before: Float[Array, " signals"], told: Told) -> Float[Array, " signals"]:
    """The signals after one more time step. Unbatched.

    z is the surprise δ = r + γ·v' − v in units of its mean size, y how far the reward is above the usual one in units
    of its mean deviation. 2 is what z² is on the mean where sizes of surprises are spread exponentially.

      fear     f ← ρ·f + (1 − ρ)·[−z]₊
      mood     h ← h + η·(z − h)            Eldar & Niv (2015, doi 10.1038/ncomms7149)
      satiety  s ← s + η·([y]₊ − s)
      calm     c ← [c + 1 − k·(z² − 2)]₊    security is read off it
    """
    t, s = temperament, Signals(*before)
    surprise = jnp.where(told.first, 0.0, told.reward + s.ahead * told.discount * told.value - s.expected)
    surprise = jnp.where(jnp.isfinite(surprise), surprise, 0.0)
    above = jnp.where(told.first, 0.0, told.reward - s.reward)
    counted = jnp.minimum(s.counted + ~told.first, USUAL_STEPS)
    rate = jnp.where(told.first, 0.0, 1 / jnp.maximum(counted, 1.0))
    # Side by side, so that they are a few operations and not one each: the step is made of small ones.
    means, moved = jnp.stack(s[MEANS]), jnp.stack(s[MOVED])
    means += rate * (jnp.stack([jnp.abs(surprise), told.reward, jnp.abs(above), jnp.abs(told.reward)]) - means)
    z, y = jnp.clip(_ratio(jnp.stack([surprise, above]), means[jnp.array([0, 2])]), -MOST_SURPRISING, MOST_SURPRISING)
    rates = jnp.stack([jnp.asarray(rate, jnp.float32) for rate in (1 - t.fear_stays, t.mood_rate, t.satiety_rate)])
    moved += rates * (jnp.stack([jnp.maximum(-z, 0.0), z, jnp.maximum(y, 0.0)]) - moved)
    calm = jnp.maximum(s.calm + 1 - t.shaken_weight * (jnp.square(z) - 2), 0.0)
    return jnp.concatenate([before[:2], means, jnp.stack([counted, calm]), moved])


def felt(
    temperament: Temperament,
    feelings: Feelings,
    disputed: Float[Array, ""],
    curiosity: Float[Array, ""],
) -> Float[Array, " emotions"]:
    """What is felt now, `[7]`, in the order of `EMOTIONS`. Unbatched.

      concern   1 / (1 + (w·d)²)              d: what the ensemble differs by, in units of value
      security  1 − exp(−c / τ)
      urgency   u·(1 + r̄ / E|r|)              from 0 where all is cost to 2·u where all is reward

    Args:
      temperament: the numbers.
      feelings: up to now.
      disputed: standard deviation of the ensemble at the newest time step, in units of value.
      curiosity: the share of the time that curiosity may have, from 0 to 1.
    """
    t, s = temperament, Signals(*feelings.signals)
    concern = 1 / (1 + jnp.square(t.concern_weight * disputed))
    security = 1 - jnp.exp(-s.calm / t.security_steps)
    urgency = t.urgency_rate * (1 + _ratio(s.reward, s.reward_size))
    free = jnp.stack([s.fear, concern, security, s.mood, s.satiety, curiosity, urgency])
    return jnp.where(feelings.held >= FREE, free, feelings.held)


def settled(
    feelings: Feelings, levels: Float[Array, " emotions"], value: Float[Array, ""], ahead: Float[Array, ""]
) -> Feelings:
    """The feelings once it is decided: what was felt, and what is expected, in reward units, and its discount."""
    signals = jnp.concatenate([jnp.stack([value, ahead]), feelings.signals[2:]])
    usual = feelings.usual + (levels - feelings.usual) / jnp.maximum(feelings.signal("counted"), 1.0)
    return Feelings(signals, levels, usual, feelings.held)


def _ratio(part: Float[Array, "*parts"], whole: Float[Array, "*parts"]) -> Float[Array, "*parts"]:
    """0 where there is nothing to measure by: a job with no spread at all leaves one cold."""
    return jnp.where(whole > 0, part / jnp.where(whole > 0, whole, 1.0), 0.0)
