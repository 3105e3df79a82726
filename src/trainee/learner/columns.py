"""Columns: which choices are told apart where it is counted what was tried, and where they stand in a table."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from trainee.types import Signature

# A continuous component of an action is told apart in so many parts, whatever the number of its choices.
PARTS = 3


def grid(signature: Signature) -> tuple[int, int]:
    """Components of an action, and the most columns that one of them has."""
    sizes = zip(signature.choices, signature.continuous, strict=True)
    return len(signature.choices), max(PARTS if continuous else size for size, continuous in sizes)


def of_choices(signature: Signature) -> np.ndarray:
    """The column of the table that belongs to each choice, `[components, choices]`."""
    widest = grid(signature)[1]
    found = np.zeros(signature.grid, np.int32)
    for component, (size, continuous) in enumerate(zip(signature.choices, signature.continuous, strict=True)):
        choices = np.arange(size)
        parts = np.round(choices * (PARTS - 1) / max(size - 1, 1)) if continuous else choices
        found[component, :size] = component * widest + parts
    return found


def opened(signature: Signature, allowed: Bool[Array, "components choices"]) -> Bool[Array, "components columns"]:
    """Which columns belong to a choice that is allowed."""
    shape = grid(signature)
    none = jnp.zeros(shape[0] * shape[1], bool)
    return none.at[of_choices(signature)].max(allowed).reshape(shape)
