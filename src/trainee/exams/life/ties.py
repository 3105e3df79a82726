"""Merging by arithmetic on weights alone, as others do it: the mean, and TIES from the common ancestor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

# The share of each difference from the ancestor that is not trimmed: the paper's.
KEPT = 0.2


def mean(ancestor: Any, trees: Sequence[Any]) -> Any:
    """The mean of several trees, leaf by leaf; the ancestor has no part in it."""
    return jax.tree.map(lambda *leaves: sum(leaves[1:], start=leaves[0]) / len(leaves), *trees)


def ties(ancestor: Any, trees: Sequence[Any], kept: float = KEPT) -> Any:
    """Trees that descend from one, merged by TIES: trim, elect a sign, mean of those that agree with it.

    Args:
      ancestor: what they were before they learned.
      trees: of the same shapes.
      kept: the share of the numbers of each difference that is kept: the largest.
    Source: Yadav et al. (2023), arXiv 2306.01708, with λ = 1. Differs: not at all.
    """
    begun, restored = ravel_pytree(ancestor)
    differences = jnp.stack([trimmed(ravel_pytree(tree)[0] - begun, kept) for tree in trees])
    return restored(begun + agreed(differences))


def trimmed(difference: Float[Array, " numbers"], kept: float) -> Float[Array, " numbers"]:
    """A difference in which all but the share `kept` of largest size are 0; of equal ones at the limit all are kept."""
    many = max(round(kept * difference.size), 1)
    least = jnp.sort(jnp.abs(difference))[-many]
    return jnp.where(jnp.abs(difference) >= least, difference, 0.0)


def agreed(differences: Float[Array, "trees numbers"]) -> Float[Array, " numbers"]:
    """Number by number: the mean of those, other than 0, that have the sign of the sum of all."""
    sign = jnp.sign(jnp.sum(differences, axis=0))
    agree = (jnp.sign(differences) == sign[None]) & (differences != 0)
    return jnp.sum(jnp.where(agree, differences, 0.0), axis=0) / jnp.maximum(jnp.sum(agree, axis=0), 1)
