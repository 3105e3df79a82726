"""How able to learn a brain still is: dormant units, effective rank, weight norm. Pure, of what they are handed."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jaxtyping import Float

# A unit is dormant where its mean activation is at most this share of its layer's.
DORMANT = 0.025


def dormant_share(activations: Float[np.ndarray, "moments units"]) -> float:
    """The share of a layer's units that are dormant: of mean absolute activation at most 0.025 of the layer's mean.

    Args:
      activations: of one layer.
    Returns:
      from 0 to 1; 1 where nothing is ever active.
    Source: Sokar et al. (2023), arXiv 2302.12902, with its threshold. Differs: not at all.
    """
    each = np.abs(activations).mean(axis=0)
    return float(np.mean(each <= DORMANT * each.mean()))


def effective_rank(features: Float[np.ndarray, "moments units"]) -> float:
    """How many directions features vary in: the exponential of the entropy of their singular values' shares.

    Args:
      features: of some moments.
    Returns:
      from 1 to the number of units; 0 where all are 0.
    Source: Roy & Vetterli (2007), "The effective rank". Differs: not at all.
    """
    values = np.linalg.svd(features, compute_uv=False)
    if not values.any():
        return 0.0
    shares = values[values > 0] / values.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def weight_norm(parameters: Any) -> float:
    """The Euclidean norm of all numbers of a tree of parameters."""
    leaves = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(parameters) if np.ndim(leaf)]
    return float(np.sqrt(sum(np.sum(np.square(leaf)) for leaf in leaves)))
