"""What an agent remembers of an episode under way, as text that the service keeps for it."""

from __future__ import annotations

import base64
from typing import Any

import jax
import numpy as np


def written(tree: Any) -> str:
    """A tree of arrays as text."""
    raw = b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree))
    return base64.b64encode(raw).decode()


def read(text: str, like: Any) -> Any:
    """The tree that was written.

    Args:
      text: from `written`.
      like: a tree of the same shapes and types.
    """
    raw, at, leaves = base64.b64decode(text), 0, []
    examples, form = jax.tree.flatten(like)
    for example in examples:
        dtype, size = np.dtype(example.dtype), int(example.size)
        leaves.append(np.frombuffer(raw[at : at + size * dtype.itemsize], dtype).reshape(example.shape))
        at += size * dtype.itemsize
    return jax.tree.unflatten(form, leaves)
