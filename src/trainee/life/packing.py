"""Packing: a pytree of many small arrays as a few flat buffers.

Handing a buffer to a compiled function costs about a microsecond, and a learner's state has more than a hundred. Small
leaves of one type travel side by side in one buffer; large ones (replay) travel alone, so that they can be donated and
written in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

ALONE_BYTES = 2**13


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


class Packing:
    """How trees shaped like an example are packed.

    Args:
      example: a tree of arrays, or of their shapes and types.
      exact: whether leaves keep their types. If not, everything small travels as float32, which is right for flags and
        for whole numbers below 2²⁴.
    """

    def __init__(self, example: Any, exact: bool = True):
        shapes = jax.eval_shape(self._raw, example)
        leaves, self.treedef = jax.tree.flatten(shapes)
        self.keys = [_is_key(leaf) for leaf in jax.tree.leaves(example)]
        self.shapes = [(leaf.shape, np.dtype(leaf.dtype)) for leaf in leaves]
        self.alone: list[int] = []
        self.together: dict[np.dtype, list[int]] = {}
        for index, (shape, dtype) in enumerate(self.shapes):
            if int(np.prod(shape)) * dtype.itemsize >= ALONE_BYTES:
                self.alone.append(index)
            else:
                self.together.setdefault(dtype if exact else np.dtype(np.float32), []).append(index)
        self._stops = {
            dtype: np.cumsum([int(np.prod(self.shapes[index][0])) for index in members]).tolist()
            for dtype, members in self.together.items()
        }
        # A scalar's place is a number, which numpy writes to in half the time that a slice takes; nothing has none.
        self._places = {
            dtype: [
                (index, start if self.shapes[index][0] == () else slice(start, stop))
                for index, start, stop in zip(members, [0, *self._stops[dtype]], self._stops[dtype], strict=False)
                if start < stop
            ]
            for dtype, members in self.together.items()
        }

    @property
    def shared(self) -> int:
        """How many buffers hold small leaves side by side; they come first."""
        return len(self.together)

    @property
    def placeholders(self) -> list[Any]:
        """Something to unpack in the places of the large leaves; see `filled`."""
        return [jnp.zeros(()) for _ in self.alone]

    def large(self, tree: Any) -> list[Any]:
        """The large leaves of a tree, as they are."""
        leaves = jax.tree.leaves(tree)
        return [leaves[index] for index in self.alone]

    def filled(self, tree: Any, large: Sequence[Any]) -> Any:
        """A tree that was unpacked with placeholders, with the large leaves in their places."""
        leaves = jax.tree.leaves(tree)
        for index, leaf in zip(self.alone, large, strict=True):
            leaves[index] = leaf
        return jax.tree.unflatten(self.treedef, leaves)

    @staticmethod
    def _raw(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: jax.random.key_data(leaf) if _is_key(leaf) else leaf, tree)

    def pack(self, tree: Any) -> tuple[Any, ...]:
        """The buffers of a tree: the shared ones by type, then the large leaves."""
        leaves = jax.tree.leaves(self._raw(tree))
        shared = [
            jnp.concatenate([jnp.asarray(leaves[i]).astype(dtype).reshape(-1) for i in members])
            for dtype, members in self.together.items()
        ]
        return (*shared, *(leaves[i] for i in self.alone))

    def pack_on_host(self, tree: Any) -> tuple[Any, ...]:
        """As `pack`, for numpy leaves and without random keys, in a few microseconds."""
        leaves = jax.tree.leaves(tree)
        shared = []
        for dtype, places in self._places.items():
            buffer = np.empty(self._stops[dtype][-1], dtype)
            for index, place in places:
                leaf = leaves[index]
                buffer[place] = leaf if leaf.ndim < 2 else leaf.reshape(-1)
            shared.append(buffer)
        return (*shared, *(leaves[i] for i in self.alone))

    def unpack(self, buffers: Sequence[Any]) -> Any:
        """The tree that the buffers came from."""
        leaves: list[Any] = [None] * len(self.shapes)
        for buffer, members in zip(buffers, self.together.values(), strict=False):
            start = 0
            for index in members:
                shape, dtype = self.shapes[index]
                stop = start + int(np.prod(shape))
                leaves[index] = buffer[start:stop].reshape(shape).astype(dtype)
                start = stop
        for index, buffer in zip(self.alone, buffers[len(self.together) :], strict=True):
            leaves[index] = buffer
        wrapped = [
            jax.random.wrap_key_data(leaf) if is_key else leaf for leaf, is_key in zip(leaves, self.keys, strict=True)
        ]
        return jax.tree.unflatten(self.treedef, wrapped)
