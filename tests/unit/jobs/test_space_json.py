from __future__ import annotations

import json

import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import InvalidArgument, UnsupportedSpace
from trainee.jobs import from_json, to_json


def there_and_back(space):
    return from_json(json.loads(json.dumps(to_json(space), allow_nan=False)))


@pytest.mark.parametrize(
    ("space", "written"),
    [
        (
            spaces.Box(-1, np.inf, (2,)),
            {"type": "Box", "shape": [2], "dtype": "float32", "low": -1.0, "high": "inf"},
        ),
        (
            spaces.Box(np.array([0, 1], np.uint8), np.array([5, 9], np.uint8), dtype=np.uint8),
            {"type": "Box", "shape": [2], "dtype": "uint8", "low": [0, 1], "high": [5, 9]},
        ),
        (spaces.Discrete(3, start=-1), {"type": "Discrete", "n": 3, "start": -1, "dtype": "int64"}),
        (spaces.MultiDiscrete([2, 3]), {"type": "MultiDiscrete", "nvec": [2, 3], "start": 0, "dtype": "int64"}),
        (spaces.MultiBinary([2, 1]), {"type": "MultiBinary", "shape": [2, 1]}),
        (spaces.Text(4, charset="ba"), {"type": "Text", "min_length": 1, "max_length": 4, "characters": "ab"}),
        (spaces.Tuple([spaces.MultiBinary(1)]), {"type": "Tuple", "spaces": [{"type": "MultiBinary", "shape": [1]}]}),
        (
            spaces.Dict(a=spaces.MultiBinary(1)),
            {"type": "Dict", "spaces": {"a": {"type": "MultiBinary", "shape": [1]}}},
        ),
    ],
)
def test_every_kind_has_its_form(space, written):
    assert to_json(space) == written
    assert there_and_back(space) == space


def test_zero_has_one_form_only():
    negative = spaces.Box(np.float32([-0.0]), np.float32([1]))
    assert json.dumps(to_json(negative)) == json.dumps(to_json(spaces.Box(0, 1, (1,))))


@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_whole_numbers_without_bounds_come_back_without(dtype):
    space = spaces.Box(-np.inf, 7, (2,), dtype)
    assert to_json(space)["low"] == "-inf"
    back = there_and_back(space)
    assert back.bounded_below.tolist() == [False, False]
    assert back.bounded_above.tolist() == [True, True]
    assert back == space


def test_the_largest_whole_numbers_come_back_exactly():
    limits = np.iinfo(np.int64)
    space = spaces.Box(np.array([limits.min, 0]), np.array([2**62 + 1, 9]), dtype=np.int64)
    assert there_and_back(space).high.tolist() == [2**62 + 1, 9]


def test_shape_and_dtype_may_be_left_to_their_defaults():
    assert from_json({"type": "Discrete", "n": 3}) == spaces.Discrete(3)
    assert from_json({"type": "Box", "shape": [2], "low": 0, "high": 1}) == spaces.Box(0, 1, (2,))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, "space is None; it has to be an object with a type"),
        ({"type": "Graph"}, "with a type among"),
        ({"type": ["Box"]}, "with a type among"),
        ({"type": "Discrete"}, "space, a Discrete, lacks 'n'"),
        ({"type": "Discrete", "n": 0}, "space cannot be a Discrete"),
        ({"type": "Discrete", "n": "three"}, "space cannot be a Discrete"),
        ({"type": "Box", "shape": [2], "low": 1, "high": 0}, "space cannot be a Box"),
        ({"type": "Box", "shape": [2], "low": "abc", "high": 0}, "space cannot be a Box"),
        ({"type": "Box", "shape": [2], "low": 0, "high": 300, "dtype": "uint8"}, "space cannot be a Box"),
        ({"type": "Box", "shape": [2], "low": [0, 0, 0], "high": 1}, "space cannot be a Box"),
        ({"type": "Box", "shape": [10**6, 10**6], "low": 0, "high": 1}, "elements and no negative side"),
        ({"type": "Box", "shape": [-1], "low": 0, "high": 1}, "elements and no negative side"),
        ({"type": "MultiBinary", "shape": [10**9]}, "it may have"),
        ({"type": "Dict", "spaces": {"a": {"type": "Discrete", "n": -1}}}, "space['a'] cannot be a Discrete"),
        ({"type": "Tuple", "spaces": [{"type": "Discrete", "n": 2}, 3]}, "space[1] is 3; it has to be an object"),
        ({"type": "Tuple", "spaces": 3}, "space cannot be a Tuple"),
    ],
)
def test_what_is_no_space_is_refused_with_the_part_and_the_reason(written, told):
    with pytest.raises(InvalidArgument) as fault:
        from_json(written)
    assert told in str(fault.value)


def test_what_cannot_be_learned_from_is_not_written():
    with pytest.raises(UnsupportedSpace, match="Sequence"):
        to_json(spaces.Dict(a=spaces.Sequence(spaces.Discrete(2))))
