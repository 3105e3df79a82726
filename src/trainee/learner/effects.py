"""Effects: what each action has been doing of late, by which jobs with the same spaces are told apart.

How what is seen changes from one time step to the next owes more to where one is than to what was done. But that part
goes on from step to step, and what is done need not: so each change is compared with the one before it, and the action
with the one before it. Where an action was taken up or dropped, how much more did each thing seen change? And where it
was taken, what did it earn? Of both a fading average is kept over the last times that it happened, whichever episode
that was in, and read in units of how large such things are: a number between −1 and 1, whatever the job's units.

It is the correlation analysis by which a system is identified (Ljung 1999, §6.1), of one step and at work. Differs: no
model comes of it. The value function sees the numbers, and what they mean it finds out like all else.

Where all is as usual it sees none of them: whoever has one job has nothing to tell apart, and numbers that hardly move
are so many biases more. What is usual is what it was up to now, and follows slowly as the agent comes to do other
things; it stays where it was while things are plainly another way, so that what was usual is known when it comes back.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.learner.running import measurable

# That an action was taken up or dropped, or taken.
TIMES = 60.0
# Of what is seen, and of what is done. More are mixed down to as many.
MOST_CHANNELS = 8
# A smaller mean of squares is none; and what is larger than so many times its root is as large.
LEAST, MOST = 1e-32, 8.0
# Before so many time steps nothing is usual; and so many are remembered.
SETTLED, USUAL_STEPS = 1000.0, 10_000
# A mean over so many times varies by as much, be things ever so regular.
CHANCE = 1 / (2 * TIMES)
# By how much more than usual, on the mean square, things are another way: from here on a little, and there wholly.
ANOTHER, WHOLLY = 3.0, 4.0


class Effects(eqx.Module):
    """Of one stream, over all its episodes, and what the next time step is compared with.

    Attributes:
      averages: of what came with each action, and of its square: how much more each channel of what is seen changed,
        and last the reward.
      known: what each action has been doing of late, in [−1, 1]; 0 where nothing is known. Action by action.
      seen: the channels of the newest time step.
      change: of these since the time step before.
      done: the channels of the action between the two.
    """

    averages: Float[Array, "2 actions outcomes"]
    known: Float[Array, " effects"]
    seen: Float[Array, " changes"]
    change: Float[Array, " changes"]
    done: Float[Array, " actions"]


class Usual(eqx.Module):
    """What actions usually do: mean and variance of each number that effects are, and of how many time steps."""

    count: Float[Array, ""]
    mean: Float[Array, " effects"]
    variance: Float[Array, " effects"]


class Mixing(eqx.Module):
    """Fixed random mixtures that make few channels of many; where there are few they stay as they are.

    Args:
      seen: channels of an observation.
      done: channels of an action.
      key: used up.
    """

    of_seen: Float[Array, "seen changes"] | None
    of_done: Float[Array, "done actions"] | None

    def __init__(self, seen: int, done: int, key: PRNGKeyArray):
        one, other = jax.random.split(key)
        self.of_seen, self.of_done = _mixture(seen, one), _mixture(done, other)

    def __call__(
        self, seen: Float[Array, " seen"], done: Float[Array, " done"]
    ) -> tuple[Float[Array, " changes"], Float[Array, " actions"]]:
        """The few channels of an observation, and of an action."""
        few = seen if self.of_seen is None else seen @ self.of_seen
        return few, done if self.of_done is None else done @ self.of_done


def init_effects(seen: int, done: int) -> Effects:
    """Of a stream in which nothing has happened; so many channels of an observation and of an action."""
    changes, actions = min(seen, MOST_CHANNELS), min(done, MOST_CHANNELS)
    averages, none = jnp.zeros((2, actions, changes + 1)), jnp.zeros(changes)
    return Effects(averages, jnp.zeros(count(seen, done)), none, none, jnp.zeros(actions))


def noticed(
    effects: Effects,
    seen: Float[Array, " changes"],
    done: Float[Array, " actions"],
    reward: Float[Array, ""],
    first: Bool[Array, ""],
    second: Bool[Array, ""],
) -> Effects:
    """Take in one more time step. Unbatched.

    Args:
      effects: before it.
      seen: the few channels of its observation.
      done: the few channels of the action that led to it; means nothing at a first time step.
      reward: that came with it; means nothing there either.
      first: it begins an episode, and there is nothing to compare it with.
      second: the one before it did, and there is no change to compare with this one.
    """
    change = seen - effects.seen
    # Chosen by where they stand, and not put together of parts: each part would be an operation.
    _, _, outcomes = jnp.indices(effects.averages.shape, sparse=True)
    earned, squared = outcomes == seen.size, jnp.arange(2)[:, None, None] == 1
    came = jnp.where(earned, measurable(reward), jnp.pad(change - effects.change, (0, 1)))
    # One leap is not to drown all else for long.
    before = effects.averages[1:]
    most = jnp.where(before > LEAST, MOST * jnp.sqrt(before), jnp.inf)
    came = jnp.clip(came, -most, most)
    taken_up, taken = jnp.where(first | second, 0.0, done - effects.done), jnp.where(first, 0.0, done)
    # Mixed, an action may count for more than one.
    told = jnp.clip(jnp.where(earned, taken[:, None], taken_up[:, None]), -1, 1)
    moments = jnp.where(squared, jnp.square(came), jnp.sign(told) * came)
    averages = effects.averages + jnp.abs(told) / TIMES * (moments - effects.averages)
    mean, square = averages
    known = jnp.where(square > LEAST, mean / jnp.sqrt(jnp.maximum(square, LEAST)), 0.0)
    return Effects(averages, jnp.clip(known, -1, 1).reshape(-1), seen, change, done)


def init_usual(numbers: int) -> Usual:
    """Where nothing has happened."""
    return Usual(jnp.zeros(()), jnp.zeros(numbers), jnp.zeros(numbers))


def departed(usual: Usual, known: Float[Array, " effects"]) -> Float[Array, " effects"]:
    """How far from usual actions have been: all 0 where that is no more than chance, in [−2, 2]. Unbatched."""
    return _another(usual, known) * (known - usual.mean)


def got_used(usual: Usual, known: Float[Array, " effects"]) -> Usual:
    """What is usual after one more time step: exact at first, then an exponential average. Unbatched."""
    as_usual = 1 - _another(usual, known)
    counted = usual.count + as_usual
    rate = as_usual * jnp.maximum(1 / counted, 1 / USUAL_STEPS)
    delta = known - usual.mean
    return Usual(counted, usual.mean + rate * delta, (1 - rate) * (usual.variance + rate * jnp.square(delta)))


def _another(usual: Usual, known: Float[Array, " effects"]) -> Float[Array, ""]:
    """Whether things are another way than usual: 0 if not, 1 if plainly so."""
    far = jnp.mean(jnp.square(known - usual.mean) / jnp.maximum(usual.variance, CHANCE))
    return jnp.where(usual.count > SETTLED, jnp.clip((far - ANOTHER) / (WHOLLY - ANOTHER), 0, 1), 0.0)


def count(seen: int, done: int) -> int:
    """How many numbers are known, of so many channels of an observation and of an action."""
    return min(done, MOST_CHANNELS) * (min(seen, MOST_CHANNELS) + 1)


def _mixture(channels: int, key: PRNGKeyArray) -> Float[Array, "channels few"] | None:
    if channels <= MOST_CHANNELS:
        return None
    return jax.random.normal(key, (channels, MOST_CHANNELS)) / jnp.sqrt(MOST_CHANNELS)
