"""Replay: a ring of time steps and the actions that answered them, read back as short windows."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from trainee.types import TimeStep


class Replay(eqx.Module):
    """`capacity` time steps with the action that answered each; slots not yet written are linked to none."""

    steps: TimeStep
    actions: Float[Array, "capacity components"]
    written: Int[Array, ""]


def init_replay(example: TimeStep, components: int, capacity: int) -> Replay:
    """An empty ring for time steps shaped like `example`."""
    steps = jax.tree.map(lambda leaf: jnp.zeros((capacity, *jnp.shape(leaf)), jnp.asarray(leaf).dtype), example)
    steps = eqx.tree_at(lambda s: (s.first, s.last), steps, replace_fn=jnp.ones_like)
    return Replay(steps, jnp.zeros((capacity, components)), jnp.zeros((), jnp.int32))


def remember(replay: Replay, step: TimeStep) -> Replay:
    """The ring with one more time step, in place of the oldest when it is full."""
    slot = replay.written % replay.actions.shape[0]
    steps = jax.tree.map(
        lambda ring, leaf: jax.lax.dynamic_update_index_in_dim(ring, leaf, slot, 0), replay.steps, step
    )
    return Replay(steps, replay.actions, replay.written + 1)


def answer(replay: Replay, action: Float[Array, " components"]) -> Replay:
    """The ring with the action that answered the newest time step."""
    slot = (replay.written - 1) % replay.actions.shape[0]
    actions = jax.lax.dynamic_update_index_in_dim(replay.actions, action, slot, 0)
    return Replay(replay.steps, actions, replay.written)


def windows(
    replay: Replay, chance: Float[Array, " drawn"], length: int
) -> tuple[TimeStep, Float[Array, "count length components"]]:
    """The newest window of `length` consecutive time steps, then one from anywhere in the ring for each `chance`.

    A window may span episodes: the pair of a last time step and the first one after it is no transition.

    Args:
      replay: the ring.
      chance: `[count − 1]`, uniform in [0, 1).
      length: time steps in a window.
    Returns:
      time steps and actions, `[count, length, …]`.
    """
    capacity = replay.actions.shape[0]
    oldest = jnp.maximum(replay.written - capacity, 0)
    latest = replay.written - length
    drawn = oldest + jnp.floor(chance * jnp.maximum(latest - oldest + 1, 1)).astype(jnp.int32)
    start = jnp.concatenate([latest[None], drawn])
    slots = (start[:, None] + jnp.arange(length)[None, :]) % capacity
    return jax.tree.map(lambda ring: ring[slots], (replay.steps, replay.actions))
