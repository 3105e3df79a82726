"""Statistics that exams share: how sure a mean over a few seeds is, a difference of two, and a ratio.

Seeds are what an exam has few of, and of three a bootstrap says too much: its 95% interval holds 76 times of 100.
Episodes of one seed are alike, and do not count as so many: of each seed there is one number.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

# 95% intervals, two-sided.
UPPER = 0.975


def bounds(
    values: Float[np.ndarray, " seeds"], less: Float[np.ndarray, " others"] | None = None
) -> tuple[float, float]:
    """The 95% interval of a mean over seeds by Student's t, or of what it is more than that of others (Welch 1947).

    Args:
      values: two or more.
      less: those of other agents, two or more, drawn apart from these.
    """
    samples = [values] if less is None else [values, less]
    parts = np.array([sample.var(ddof=1) / len(sample) for sample in samples])
    middle = float(values.mean()) - (0.0 if less is None else float(less.mean()))
    total = float(parts.sum())
    if not total:
        return middle, middle
    freedom = total**2 / float(np.sum(parts**2 / (np.array([len(sample) for sample in samples]) - 1)))
    half = float(stdtrit(freedom, UPPER) * np.sqrt(total))
    return middle - half, middle + half


def ratio_bounds(values: Float[np.ndarray, " seeds"], of: Float[np.ndarray, " seeds"]) -> tuple[float, float]:
    """The 95% interval of the ratio of two means over the same seeds (Cochran 1977, §6.4, by Student's t).

    Args:
      values: two or more.
      of: as many, of a mean above zero.
    """
    ratio = values.mean() / of.mean()
    low, high = bounds(values - ratio * of)
    return float(ratio + low / of.mean()), float(ratio + high / of.mean())
