"""Memory: what was seen and done in the episode under way, as fading averages over spans of two to two thousand steps.

Memory traces (Eberhard et al. 2025, arXiv 2503.15200): exponential averages with fixed rates need no gradient through
time, so that hundreds of steps cost no more than one, and what is kept in replay never grows stale. Differs: several
spans at once, read as the differences between neighbouring ones, which tell a velocity, a trend and a thing seen long
ago apart; actions are remembered too; and each average begins at the first thing that it meets, so that the beginning
of an episode is not drowned by what comes after it.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.learner import effects
from trainee.learner.encoders import scaled
from trainee.learner.running import CLIP
from trainee.types import Observation, Signature

# In time steps, each four times the one before.
SPANS = (2, 8, 32, 128, 512, 2048)
# What is seen in more numbers than this is mixed down to as many.
SEEN_CHANNELS = 16
# Actions of more choices than this are remembered by their coordinates.
DONE_CHOICES = 8


class Memory(eqx.Module):
    """Of one stream: `averages` of the episode under way, the `action` that answered the newest time step, whether
    that time step was the first of its episode, and, of all episodes, what actions have been doing of late.
    """

    averages: Float[Array, "spans channels"]
    action: Float[Array, " components"]
    first: Bool[Array, ""]
    effects: effects.Effects


class Writer(eqx.Module):
    """What of observations and actions is written to memory: one channel for each number, or a fixed random mixture;
    and how few of these channels effects are of.
    """

    mixture: Float[Array, "numbers channels"] | None
    mixing: effects.Mixing
    signature: Signature = eqx.field(static=True)

    def __init__(self, signature: Signature, key: PRNGKeyArray):
        self.signature = signature
        numbers = _numbers(signature)
        few = numbers <= SEEN_CHANNELS
        self.mixture = None if few else jax.random.normal(key, (numbers, SEEN_CHANNELS)) / jnp.sqrt(SEEN_CHANNELS)
        self.mixing = effects.Mixing(*_parts(signature), jax.random.fold_in(key, 1))

    def seen(self, observation: Observation) -> Float[Array, " seen"]:
        """The channels of an observation, whose numbers are normalised."""
        pixels = [jnp.clip(scaled(image).reshape(-1), -CLIP, CLIP) for image in observation.images]
        # What was only ever 0 or 1 comes unclipped, and may be anything now.
        numbers = jnp.concatenate([jnp.clip(observation.numeric, -CLIP, CLIP), *self._hot(observation), *pixels])
        return numbers if self.mixture is None else numbers @ self.mixture

    def changing(self, observation: Observation, action: Float[Array, " components"]) -> tuple[Array, Array]:
        """The few channels of an observation and of the action that led to it, of which effects are. Where numbers are
        mixed they have to be in one unit; otherwise in any, as each is read in units of how large it is. Of an image it
        is where what each of its channels shows is, across and down: what one moves is seen in that, and hardly in a
        mixture of all pixels.
        """
        places = [_where(scaled(image)) for image in observation.images]
        return self.mixing(jnp.concatenate([observation.numeric, *self._hot(observation), *places]), self.done(action))

    def _hot(self, observation: Observation) -> list[Float[Array, " size"]]:
        """A number for each category."""
        return [jax.nn.one_hot(observation.categories[i], size) for i, size in enumerate(self.signature.categories)]

    def done(self, action: Float[Array, " components"]) -> Float[Array, " done"]:
        """The channels of an action: its choices where they are few, otherwise its coordinates in [0, 1]."""
        choices = self.signature.choices
        if not _by_choice(self.signature):
            return action / jnp.maximum(jnp.array(choices, jnp.float32) - 1, 1)
        near = [jax.nn.relu(1 - jnp.abs(action[i] - jnp.arange(size))) for i, size in enumerate(choices)]
        return jnp.concatenate(near)


def init_memory(signature: Signature) -> Memory:
    """Of a stream in which nothing has happened."""
    channels = seen_channels(signature) + done_channels(signature)
    action, unknown = jnp.zeros(len(signature.choices)), effects.init_effects(*_parts(signature))
    return Memory(jnp.zeros((len(SPANS), channels)), action, jnp.zeros((), bool), unknown)


def before_episode(memory: Memory) -> Memory:
    """What is left of a memory where another episode is to begin: what actions have been doing of late."""
    nothing = jax.tree.map(jnp.zeros_like, memory)
    return eqx.tree_at(lambda m: m.effects, nothing, memory.effects)


def recalled(
    memory: Memory, seen: Float[Array, " seen"], done: Float[Array, " done"], first: Bool[Array, ""]
) -> tuple[Memory, Float[Array, " seen_bands"], Float[Array, " done_bands"]]:
    """Take in one more time step, and read what is remembered. Unbatched.

    Args:
      memory: before it.
      seen: the channels of its observation.
      done: the channels of the action that led to it; means nothing at a first time step.
      first: it begins an episode, and what was remembered is of another one.
    Returns:
      the memory after it; and for each channel what is new against the shortest span, the difference between each span
      and the next, and the longest, those of `seen` apart from those of `done`.
    """
    at_once = jnp.concatenate([jnp.broadcast_to(first, seen.shape), jnp.broadcast_to(first | memory.first, done.shape)])
    now = jnp.concatenate([seen, jnp.where(first, 0.0, done)])
    rate = 1 / jnp.array(SPANS, jnp.float32)[:, None]
    # Not by a rate of 1, which would leave a rounding of the episode before.
    averages = jnp.where(at_once[None], now[None], memory.averages + rate * (now[None] - memory.averages))
    ladder = jnp.concatenate([now[None], averages, jnp.zeros_like(now)[None]])
    bands = ladder[:-1] - ladder[1:]
    after = Memory(averages, memory.action, first, memory.effects)
    return after, bands[:, : seen.size].reshape(-1), bands[:, seen.size :].reshape(-1)


def seen_channels(signature: Signature) -> int:
    """How many channels an observation has."""
    return min(_numbers(signature), SEEN_CHANNELS)


def done_channels(signature: Signature) -> int:
    """How many channels an action has."""
    return sum(signature.choices) if _by_choice(signature) else len(signature.choices)


def effect_numbers(signature: Signature) -> int:
    """How many numbers effects are."""
    return effects.count(*_parts(signature))


def bands(channels: int) -> int:
    """How many numbers are recalled of some channels."""
    return channels * (len(SPANS) + 1)


def _numbers(signature: Signature) -> int:
    return signature.numeric + sum(signature.categories) + signature.pixels


def _parts(signature: Signature) -> tuple[int, int]:
    """How many numbers of an observation and of an action effects are of, before they are mixed."""
    places = sum(2 * channels for _, _, channels in signature.images)
    return signature.numeric + sum(signature.categories) + places, done_channels(signature)


def _where(image: Float[Array, "height width channels"]) -> Float[Array, " places"]:
    """Of each channel how far across and how far down it is bright, from the middle."""
    height, width, _ = image.shape
    across = jnp.linspace(-1, 1, width) @ jnp.sum(image, axis=0)
    return jnp.concatenate([across, jnp.linspace(-1, 1, height) @ jnp.sum(image, axis=1)])


def _by_choice(signature: Signature) -> bool:
    return sum(signature.choices) <= DONE_CHOICES
