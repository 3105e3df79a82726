"""Whether an episode ended, as jobs say it."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.errors import UnfitTimeStep
from trainee.jobs import end_flags
from trainee.jobs.truths import truth


@pytest.mark.parametrize("form", [bool, int, float, np.bool_, np.uint8, np.float32, np.array, lambda flag: [flag]])
@pytest.mark.parametrize("flag", [True, False])
def test_what_means_true_or_false(form, flag):
    assert truth(form(flag)) is flag


@pytest.mark.parametrize("flag", ["False", "", b"1", None, float("nan"), 2, 0.5, [], [0, 1], np.zeros(2, bool), {}])
def test_what_means_neither(flag):
    assert truth(flag) is None
    with pytest.raises(
        UnfitTimeStep, match=r"truncated is .*, which is neither True nor False \(job, step 3\)"
    ) as fault:
        end_flags(True, flag, "job, step 3", last=False)
    assert not fault.value.last
