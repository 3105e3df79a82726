"""Fitness: what a table earns, world by world, beside chance and beside the table that is shipped."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from trainee.evolution.lives import Told

# In units of what the shipped table earns beyond chance: no world counts for more.
MOST = 1.0
# The share of worlds that is left out at either end.
TRIMMED = 0.1
# What it earns beyond chance counts as at least this share of how far the returns of single episodes scatter by chance:
# where it earns nothing, little would be a multiple of it.
LEAST = 0.25


def gains(
    online: Float[np.ndarray, "tables worlds"], shipped: Float[np.ndarray, " worlds"], chance: Told
) -> Float[np.ndarray, "tables worlds"]:
    """What each table earns beyond the shipped one: −1 where it does as chance does, 1 where it earns twice as much
    beyond that, and no more or less. A table under which nothing finite comes out does as badly as can be.

    Args:
      online: online returns.
      shipped: those of the table that is shipped, in the same worlds with the same luck.
      chance: those of random play.
    """
    unit = np.maximum(shipped - chance.online, LEAST * chance.scatter)
    # In a world where every episode brings the same nothing can be gained.
    unit = np.where(unit > 0, unit, np.inf)
    gained = (online - shipped) / unit
    return np.clip(np.where(np.isfinite(online), gained, -MOST), -MOST, MOST)


def fitness(gained: Float[np.ndarray, "tables worlds"]) -> Float[np.ndarray, " tables"]:
    """0 for chance, 1 for the shipped table: the mean over worlds, without the highest and the lowest tenth of them."""
    cut = int(TRIMMED * gained.shape[1])
    inner = np.sort(gained, axis=1)[:, cut : gained.shape[1] - cut]
    return 1 + inner.mean(axis=1)
