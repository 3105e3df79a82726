"""What is given for an action from outside: whether it is one."""

from __future__ import annotations

import re

import numpy as np
import pytest
from gymnasium import spaces

from trainee.jobs import Codec, coordinates_fault

SIGNATURE = Codec(
    spaces.Discrete(2), spaces.Dict(gas=spaces.Box(0, 1, (1,)), gear=spaces.Discrete(3, start=-1))
).signature
MASK = np.array([[True] * 11, [True, False, True] + [False] * 8])


@pytest.mark.parametrize("answer", [[10.0, 2.0], np.float32([3.25, 0]), (0, 2), np.array([5, 2], np.int8)])
def test_an_action_that_can_be_taken_has_no_fault(answer):
    assert coordinates_fault(answer, SIGNATURE, MASK) is None


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (None, r"it is None \(NoneType\), where an action has one number for each of its components, 2 in all"),
        (1.0, "it is 1.0"),
        ("left", "it is 'left'"),
        (["1", "1"], r"it is \['1', '1'\]"),
        ([[1.0], [1.0, 2.0]], "one number for each"),
        ([1.0, 1.0, 1.0], "2 in all"),
        ([True, True], "one number for each"),
        ([np.nan, 1.0], r"component 0 is nan, where its choices go from 0 to 10"),
        ([10.5, 1.0], "component 0 is 10.5"),
        ([1.0, np.inf], "component 1 is inf"),
        ([1.0, 99.0], "component 1 is 99.0, where its choices go from 0 to 2"),
        ([1.0, -1], "component 1 is -1"),
        ([1.0, 0.5], "component 1 is 0.5, where its choices are whole numbers"),
        ([1.0, 1.0], "component 1 is 1.0, which the job's action mask does not allow now"),
    ],
)
def test_any_other_answer_is_told_apart(answer, fault):
    found = coordinates_fault(answer, SIGNATURE, MASK)
    assert found is not None
    assert re.search(fault, found)
