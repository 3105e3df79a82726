"""Fitness: what a table earns, world by world, beside chance and beside the table that is shipped."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from trainee.evolution.lives import Told

# In units of what tables earn beyond chance: no world counts for more.
MOST = 1.0
# The share of worlds that is left out at either end.
TRIMMED = 0.1
# What they earn beyond chance counts as at least this share of how far random episodes scatter: where they
# earn nothing, little would be a multiple of it.
LEAST = 0.25


def gains(
    online: Float[np.ndarray, "tables worlds"], shipped: Float[np.ndarray, " worlds"], chance: Told
) -> Float[np.ndarray, "tables worlds"]:
    """What each table earns beyond the shipped one, in units of what all of them, the shipped one too, earn beyond
    chance on the mean: at least −1 and at most 1.

    In units of what the shipped table earns alone any other would seem better than it is: where it had bad luck, the
    unit would be small as well.

    Args:
      online: online returns. A table under which nothing finite comes out does as badly as can be.
      shipped: those of the table that is shipped, in the same worlds with the same luck.
      chance: those of random play.
    """
    finite = np.isfinite(online)
    count = finite.sum(axis=0) + 1
    mean = (np.where(finite, online, 0.0).sum(axis=0) + shipped) / count
    unit = np.maximum(mean - chance.online, LEAST * chance.scatter)
    # In a world where every episode brings the same nothing can be gained.
    unit = np.where(unit > 0, unit, np.inf)
    gained = (np.where(finite, online, 0.0) - shipped) / unit
    return np.clip(np.where(finite, gained, -MOST), -MOST, MOST)


def fitness(gained: Float[np.ndarray, "tables worlds"]) -> Float[np.ndarray, " tables"]:
    """1 for the shipped table, and about 0 for chance: the mean over worlds, without the highest and lowest tenth."""
    cut = int(TRIMMED * gained.shape[1])
    inner = np.sort(gained, axis=1)[:, cut : gained.shape[1] - cut]
    return 1 + inner.mean(axis=1)
