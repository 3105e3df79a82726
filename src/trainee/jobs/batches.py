"""Batches of observations and actions, as Gymnasium's vector environments stack them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector.utils import concatenate, create_empty_array

from trainee.errors import UnfitTimeStep
from trainee.jobs.nesting import leaves, put_together, taken_apart


def unstacked(space: gymnasium.Space, raw: Any) -> tuple[list[Any], bool]:
    """The values in a batch, or the one value there is, and whether it was a batch.

    A batch is told by its first leaf, which has one axis more than the space's.

    Raises:
      UnfitTimeStep: it is not nested as the space is, or parts of the batch are of different lengths.
    """
    values = taken_apart(space, raw, "observation")
    path, leaf = next(leaves(space, "observation"))
    shape = np.shape(values[0])
    if len(shape) != len(leaf.shape or ()) + 1:
        return [raw], False
    if any(np.shape(value)[:1] != shape[:1] for value in values):
        raise UnfitTimeStep(f"observation is a batch of {shape[0]} at {path}, and has other lengths elsewhere")
    return [put_together(space, iter([value[i] for value in values])) for i in range(shape[0])], True


def stacked(space: gymnasium.Space, values: Sequence[Any]) -> Any:
    """A batch of values of the space."""
    return concatenate(space, values, create_empty_array(space, len(values)))
