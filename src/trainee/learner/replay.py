"""Replay: a ring of time steps and the actions that led to them, read back as short windows."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from trainee.types import TimeStep

IMAGE_RANK = 3


class Experience(NamedTuple):
    """A time step and the action taken before it; at the first one of an episode that action means nothing."""

    step: TimeStep
    action: Float[Array, "*batch components"]


class Replay(eqx.Module):
    """`capacity` experiences; slots not yet written are linked to none.

    `written` is how many were written, less whole rounds of the ring from the third on: it has to fit into 32 bits for
    as long as the agent lives.

    All that is small stands in one row, whole numbers and flags too: one place to write and one to read cost a fifth of
    what six do. Images stand apart, in their own type.
    """

    rows: Float[Array, "capacity numbers"]
    images: tuple[Array, ...]
    written: Int[Array, ""]


def init_replay(example: Experience, capacity: int) -> Replay:
    """An empty ring for experiences shaped like `example`."""
    nothing = eqx.tree_at(lambda e: (e.step.first, e.step.last), example, replace_fn=jnp.ones_like)
    row, images = _parted(nothing)
    empty = tuple(jnp.zeros((capacity, *image.shape), image.dtype) for image in images)
    return Replay(jnp.tile(row, (capacity, 1)), empty, jnp.zeros((), jnp.int32))


def slot_bytes(example: Experience) -> int:
    """What an experience shaped like `example` takes."""
    row, images = _parted(example)
    return row.nbytes + sum(image.nbytes for image in images)


def remember(replay: Replay, experience: Experience) -> Replay:
    """The ring with one more experience, in place of the oldest when it is full."""
    capacity = replay.rows.shape[0]
    slot, written = replay.written % capacity, replay.written + 1
    rows, images = jax.tree.map(
        lambda ring, leaf: jax.lax.dynamic_update_index_in_dim(ring, leaf, slot, 0),
        (replay.rows, replay.images),
        _parted(experience),
    )
    return Replay(rows, images, jnp.where(written < 2 * capacity, written, capacity + written % capacity))


def amended(replay: Replay, experience: Experience, changed: Bool[Array, ""]) -> Replay:
    """The ring with another experience in place of the newest, if that has changed; images stay as they were."""
    capacity = replay.rows.shape[0]
    # A slot that does not exist is not written; to write back what is there would be to copy the whole ring.
    slot = jnp.where(changed, (replay.written - 1) % capacity, capacity)
    rows = replay.rows.at[slot].set(_parted(experience)[0], mode="drop")
    return Replay(rows, replay.images, replay.written)


def windows(replay: Replay, chance: Float[Array, " drawn"], length: int, example: Experience) -> Experience:
    """The newest window of `length` consecutive time steps, then one from anywhere in the ring for each `chance`.

    A window may span episodes: the pair of a last time step and the first one after it is no transition.

    Args:
      replay: the ring.
      chance: `[count − 1]`, uniform in [0, 1).
      length: time steps in a window.
      example: of the shapes and types that were written.
    Returns:
      `[count, length, …]`.
    """
    capacity = replay.rows.shape[0]
    oldest = jnp.maximum(replay.written - capacity, 0)
    latest = replay.written - length
    drawn = oldest + jnp.floor(chance * jnp.maximum(latest - oldest + 1, 1)).astype(jnp.int32)
    start = jnp.concatenate([latest[None], drawn])
    # Worked out once: fused into the reading, it would be worked out anew for every number that is read.
    slots = (start[:, None] + jnp.arange(length)[None, :]) % capacity
    return read(replay, jax.lax.optimization_barrier(slots), example)


def everything(replay: Replay, example: Experience) -> Experience:
    """All that is held, the oldest first, as numpy arrays `[held, …]`."""
    capacity, written = len(replay.rows), int(replay.written)
    # Blanks and all: one shape, and so one program, however much has been written.
    whole = read(replay, (written + jnp.arange(capacity)) % capacity, example)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[max(capacity - written, 0) :], whole)


def read(replay: Replay, slots: Int[Array, "*batch"], example: Experience) -> Experience:
    """What some slots hold, `[*batch, …]`, in the shapes and types of an example."""
    rows, images = replay.rows[slots], iter([ring[slots] for ring in replay.images])
    shapes, structure = jax.tree.flatten(example)
    leaves: list[Any] = []
    start = 0
    for shape in shapes:
        if shape.ndim >= IMAGE_RANK:
            leaves.append(next(images))
            continue
        leaf = rows[..., start : start + shape.size].reshape(*slots.shape, *shape.shape)
        leaves.append(leaf.astype(shape.dtype))
        start += shape.size
    return jax.tree.unflatten(structure, leaves)


def _parted(experience: Experience) -> tuple[Float[Array, " numbers"], tuple[Array, ...]]:
    """What is small in one row, and images."""
    leaves = jax.tree.leaves(experience)
    small = [jnp.ravel(leaf).astype(jnp.float32) for leaf in leaves if leaf.ndim < IMAGE_RANK]
    return jnp.concatenate(small), tuple(leaf for leaf in leaves if leaf.ndim >= IMAGE_RANK)
