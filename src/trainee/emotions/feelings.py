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
# Over how many steps it is averaged what is usual.
USUAL_STEPS = 1000.0
# What is more surprising than this, in mean surprises, is as surprising as this.
MOST_SURPRISING = 10.0


class Signals(eqx.Module):
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


class Feelings(eqx.Module):
    """What one stream feels.

    Attributes:
      signals: what it is made of.
      levels: what was felt at the newest decision, in the order of `EMOTIONS`.
      usual: the mean of it of late.
      held: the levels at which levers hold emotions; NaN where none does.
    """

    signals: Signals
    levels: Float[Array, " emotions"]
    usual: Float[Array, " emotions"]
    held: Float[Array, " emotions"]


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
    zero, none = jnp.zeros(()), jnp.zeros(len(EMOTIONS))
    return Feelings(Signals(*[zero] * 11), none, none, jnp.full(len(EMOTIONS), jnp.nan))


def appraised(temperament: Temperament, before: Signals, told: Told) -> Signals:
    """The signals after one more time step. Unbatched.

    z is the surprise δ = r + γ·v' − v in units of its mean size, y how far the reward is above the usual one in units
    of its mean deviation. 2 is what z² is on the mean where sizes of surprises are spread exponentially.

      fear     f ← ρ·f + (1 − ρ)·[−z]₊
      mood     h ← h + η·(z − h)            Eldar & Niv (2015, doi 10.1038/ncomms7149)
      satiety  s ← s + η·([y]₊ − s)
      calm     c ← [c + 1 − k·(z² − 2)]₊    security is read off it
    """
    t, s = temperament, before
    surprise = jnp.where(told.first, 0.0, told.reward + s.ahead * told.discount * told.value - s.expected)
    surprise = jnp.where(jnp.isfinite(surprise), surprise, 0.0)
    counted = jnp.minimum(s.counted + ~told.first, USUAL_STEPS)
    rate = jnp.where(told.first, 0.0, 1 / jnp.maximum(counted, 1.0))
    size = s.size + rate * (jnp.abs(surprise) - s.size)
    above = told.reward - s.reward
    reward = s.reward + rate * above
    deviation = s.deviation + rate * (jnp.abs(told.reward - reward) - s.deviation)
    reward_size = s.reward_size + rate * (jnp.abs(told.reward) - s.reward_size)
    z = jnp.clip(_ratio(surprise, size), -MOST_SURPRISING, MOST_SURPRISING)
    y = jnp.clip(jnp.where(told.first, 0.0, _ratio(above, deviation)), 0.0, MOST_SURPRISING)
    fear = t.fear_stays * s.fear + (1 - t.fear_stays) * jnp.maximum(-z, 0.0)
    mood = s.mood + t.mood_rate * (z - s.mood)
    satiety = s.satiety + t.satiety_rate * (y - s.satiety)
    calm = jnp.maximum(s.calm + 1 - t.shaken_weight * (jnp.square(z) - 2), 0.0)
    means = size, reward, deviation, reward_size, counted
    return Signals(s.expected, s.ahead, *means, calm, fear, mood, satiety)


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
    t, s = temperament, feelings.signals
    concern = 1 / (1 + jnp.square(t.concern_weight * disputed))
    security = 1 - jnp.exp(-s.calm / t.security_steps)
    urgency = t.urgency_rate * (1 + _ratio(s.reward, s.reward_size))
    free = jnp.stack([s.fear, concern, security, s.mood, s.satiety, curiosity, urgency])
    return jnp.where(jnp.isnan(feelings.held), free, feelings.held)


def settled(
    feelings: Feelings, levels: Float[Array, " emotions"], value: Float[Array, ""], ahead: Float[Array, ""]
) -> Feelings:
    """The feelings once it is decided: what was felt, and what is expected, in reward units, and its discount."""
    signals = eqx.tree_at(lambda s: (s.expected, s.ahead), feelings.signals, (value, ahead))
    usual = feelings.usual + (levels - feelings.usual) / jnp.maximum(feelings.signals.counted, 1.0)
    return Feelings(signals, levels, usual, feelings.held)


def _ratio(part: Float[Array, ""], whole: Float[Array, ""]) -> Float[Array, ""]:
    """0 where there is nothing to measure by: a job with no spread at all leaves one cold."""
    return jnp.where(whole > 0, part / jnp.where(whole > 0, whole, 1.0), 0.0)
