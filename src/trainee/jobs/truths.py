"""Whether an episode ended, as jobs say it: True or False, in any of the forms that mean nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainee.errors import UnfitTimeStep
from trainee.jobs.observations import as_array, shown


def truth(flag: Any) -> bool | None:
    """What a flag says: a bool, a number that is 0 or 1, or an array of one of these. None where it says neither."""
    if flag is True or flag is False or type(flag) is np.bool_:
        return bool(flag)
    array = as_array(flag)
    if array.size != 1 or array.dtype.kind not in "biuf" or array.item() not in (0, 1):
        return None
    return bool(array.item())


def truth_fault(name: str, flag: Any) -> str | None:
    """Why a flag of this name cannot be read, or None where it can."""
    return None if truth(flag) is not None else f"{name} is {shown(flag)}, which is neither True nor False"


def end_flags(terminated: Any, truncated: Any, place: str, last: bool) -> tuple[bool, bool]:
    """What the two flags of a step say.

    Args:
      terminated, truncated: as the job gives them.
      place: which step of which job, for messages.
      last: an episode has to begin next where they cannot be read.

    Raises:
      UnfitTimeStep: one of them cannot be read.
    """
    terminal, cut = truth(terminated), truth(truncated)
    if terminal is None or cut is None:
        fault = truth_fault("terminated", terminated) or truth_fault("truncated", truncated)
        raise UnfitTimeStep(f"{fault} ({place}); the step was not learned from. Let the job return bools", last)
    return terminal, cut
