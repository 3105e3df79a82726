"""Coordinates of an action that come from outside the agent: whether they are of one that can be taken."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Array, Bool

from trainee.jobs.observations import as_array, shown
from trainee.types import Signature


def coordinates_fault(
    answer: Any, signature: Signature, mask: Bool[np.ndarray | Array, "components choices"] | None = None
) -> str | None:
    """Why an answer is not the coordinates of an action, or None where it is.

    Args:
      answer: as it was given; see `Decision.action`.
      signature: of the job.
      mask: which choices are allowed.
    """
    given, most = as_array(answer), np.array(signature.choices) - 1
    if given.shape != most.shape or given.dtype.kind not in "iuf":
        return f"it is {shown(answer)}, where an action has one number for each of its components, {len(most)} in all"
    for i, (coordinate, last) in enumerate(zip(given.tolist(), most.tolist(), strict=True)):
        # Comparisons are false of NaN.
        if not 0 <= coordinate <= last:
            return f"its component {i} is {coordinate}, where its choices go from 0 to {last}"
        if signature.continuous[i]:
            continue
        if coordinate != int(coordinate):
            return f"its component {i} is {coordinate}, where its choices are whole numbers from 0 to {last}"
        if mask is not None and not mask[i, int(coordinate)]:
            return f"its component {i} is {coordinate}, which the job's action mask does not allow now"
    return None
