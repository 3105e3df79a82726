"""Values of spaces as JSON: what is written is read, and whatever else is sent is refused with its place."""

from __future__ import annotations

import base64
import json
import sys

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from trainee.errors import UnfitTimeStep
from trainee.jobs import Codec, mask_from_json, value_from_json, value_to_json

FLOATS = spaces.Box(-1, 1, (2,))
WHOLES = spaces.Box(-5, 5, (2,), np.int32)
BYTES = spaces.Box(0, 255, (2, 2), np.uint8)
NESTED = spaces.Dict(lidar=FLOATS, gears=spaces.Tuple([spaces.Discrete(3), spaces.MultiBinary(2)]))
# More digits than Python writes.
VAST = 10 ** (sys.get_int_max_str_digits() + 1)

law = settings(deadline=None, max_examples=100)


def deep(levels: int) -> list:
    found: list = []
    for _ in range(levels):
        found = [found]
    return found


class TestReading:
    @pytest.mark.parametrize(
        ("space", "written", "value"),
        [
            (FLOATS, [0.5, -1], np.float32([0.5, -1])),
            (spaces.Box(-1, 1, (), np.float64), 0.1, np.float64(0.1)),
            (WHOLES, [3, -5], np.int32([3, -5])),
            (BYTES, [[0, 255], [7, 8]], np.uint8([[0, 255], [7, 8]])),
            (spaces.Box(-1, 1, (0,)), [], np.zeros(0, np.float32)),
            (spaces.MultiDiscrete([2, 3]), [1, 2], np.int64([1, 2])),
            (spaces.MultiBinary(3), [1, 0, 1], np.int8([1, 0, 1])),
            (spaces.MultiBinary(2), [True, False], np.int8([1, 0])),
            (spaces.Discrete(3, start=-1), -1, np.int64(-1)),
            (spaces.Discrete(3, dtype=np.int32), 2, np.int32(2)),
        ],
    )
    def test_numbers_come_in_the_type_of_the_space(self, space, written, value):
        read = value_from_json(space, written, "observation")
        assert (read.dtype, read.shape) == (value.dtype, value.shape)
        np.testing.assert_array_equal(read, value)
        assert space.contains(read)

    def test_a_discrete_of_a_narrow_type_is_fit(self):
        space = spaces.Discrete(3, dtype=np.int32)
        assert Codec(space, spaces.Discrete(2)).fault(value_from_json(space, 2, "observation")) is None

    def test_parts_are_read_each_by_its_space(self):
        read = value_from_json(NESTED, {"gears": [2, [0, 1]], "lidar": [1, 0]}, "observation")
        assert NESTED.contains(read)
        assert (read["gears"][0], read["gears"][1].tolist(), read["lidar"].tolist()) == (2, [0, 1], [1, 0])
        assert value_from_json(spaces.Text(3), "abc", "observation") == "abc"

    def test_bytes_are_in_c_order_and_little_endian(self):
        assert value_from_json(BYTES, {"base64": "AP8HCA=="}, "observation").tolist() == [[0, 255], [7, 8]]
        one = base64.b64encode(bytes([0, 0, 0x80, 0x3F])).decode()
        box = spaces.Box(-1, 1, (1,))
        assert value_from_json(box, {"base64": one}, "observation").tolist() == [1.0]
        read = value_from_json(BYTES, {"base64": "AP8HCA=="}, "observation")
        # Not a view of what cannot be written to.
        read[0, 0] = 3

    def test_a_whole_number_is_a_float_however_large_and_what_is_beyond_is_infinite(self):
        read = value_from_json(FLOATS, [10**20, 1e300], "observation")
        assert read.tolist() == [float(np.float32(1e20)), np.inf]
        assert np.isnan(value_from_json(FLOATS, [float("nan"), 1], "observation")[0])
        # Which is for the codec to find.
        fault = Codec(spaces.Box(-np.inf, np.inf, (2,)), spaces.Discrete(2)).fault(read)
        assert fault == "observation[1] is inf"


UNFIT = [
    (FLOATS, None, "observation is None (NoneType), where its space has float32 of shape (2,)"),
    (FLOATS, 0.5, "observation has shape (), where its space has (2,)"),
    (FLOATS, [[0.5, 1]], "observation has shape (1, 2)"),
    (FLOATS, [0.5, 1, 1], "observation has shape (3,)"),
    (FLOATS, [], "observation has shape (0,)"),
    (FLOATS, [[1], [2, 3]], "observation is [[1], [2, 3]] (list)"),
    (FLOATS, [None, 1], "observation is [None, 1] (list)"),
    (FLOATS, ["1", "2"], "observation is ['1', '2'] (list)"),
    (FLOATS, "12", "observation is '12' (str)"),
    (FLOATS, [{}, 1], "observation is [{}, 1] (list)"),
    (FLOATS, [10**400, 1], "observation is [1000"),
    (FLOATS, deep(90), "observation is [[["),
    (WHOLES, [1.0, 2], "observation is [1.0, 2] (list), where its space has int32"),
    (WHOLES, [1.5, 2], "observation is [1.5, 2]"),
    (WHOLES, [float("nan"), 2], "observation is [nan, 2]"),
    (WHOLES, [float("-inf"), 2], "observation is [-inf, 2]"),
    (WHOLES, [2**31, 2], "observation is [2147483648, 2]"),
    (WHOLES, [1e10, 2], "observation is [10000000000.0, 2]"),
    (WHOLES, [2**63, -1], "observation is [9223372036854775808, -1]"),
    (BYTES, [[256, 0], [0, 0]], "observation is [[256, 0], [0, 0]]"),
    (BYTES, [[-1, 0], [0, 0]], "observation is [[-1, 0], [0, 0]]"),
    (BYTES, {"base64": "AP8H"}, "has to be {'base64': …} of 4 bytes: uint8 of shape (2, 2)"),
    (BYTES, {"base64": "AP8HCA=="[:-1]}, "of 4 bytes"),
    (BYTES, {"base64": "AP 8HCA=="}, "of 4 bytes"),
    (BYTES, {"base64": "é"}, "of 4 bytes"),
    (BYTES, {"base64": None}, "of 4 bytes"),
    (BYTES, {"base64": "AP8HCA==", "dtype": "uint8"}, "of 4 bytes"),
    (BYTES, {}, "of 4 bytes"),
    (spaces.Discrete(3), True, "observation is True (bool), where its space has a whole number"),
    (spaces.Discrete(3), 1.0, "observation is 1.0 (float)"),
    (spaces.Discrete(3), "1", "observation is '1' (str)"),
    (spaces.Discrete(3), None, "observation is None"),
    (spaces.Discrete(3), [1], "observation is [1] (list)"),
    (spaces.Discrete(3), 2**63, "observation is 9223372036854775808 (int), where its space has int64"),
    (spaces.Discrete(3, dtype=np.int32), -(2**31) - 1, "where its space has int32"),
    (spaces.MultiDiscrete([2, 3]), [2**70, 1], "observation is [1180591620717411303424, 1]"),
    (spaces.MultiBinary(2), [300, 0], "observation is [300, 0]"),
    (spaces.Text(3), 3, "observation is 3 (int), where its space has a string"),
    (NESTED, [1, 2], "observation is of type list, where its space has a dict with"),
    (NESTED, {"lidar": [0, 0]}, "observation lacks ['gears']"),
    (NESTED, {"lidar": [0, 0], "gears": [0, [0, 0]], "more": 1}, "observation also has ['more']"),
    (NESTED, {"lidar": [0], "gears": [0, [0, 0]]}, "observation['lidar'] has shape (1,)"),
    (NESTED, {"lidar": [0, 0], "gears": [0]}, "observation['gears'] has 1 parts"),
    (NESTED, {"lidar": [0, 0], "gears": {}}, "observation['gears'] is of type dict"),
    (NESTED, {"lidar": [0, 0], "gears": [0, [0, None]]}, "observation['gears'][1] is [0, None]"),
    (spaces.Tuple([FLOATS]), "a", "observation is 'a' (str), where its space has a list of 1"),
]


@pytest.mark.parametrize(("space", "written", "told"), UNFIT)
def test_what_is_not_written_as_the_space_has_it_is_refused_with_its_place(space, written, told):
    with pytest.raises(UnfitTimeStep) as fault:
        value_from_json(space, written, "observation")
    assert told in str(fault.value)
    assert len(str(fault.value)) < 200


def test_numbers_too_long_to_be_shown_are_refused_all_the_same():
    # pytest cannot show them either.
    for space, written in [
        (FLOATS, [VAST, 1]),
        (WHOLES, VAST),
        (spaces.Discrete(3), VAST),
        (BYTES, [[VAST, 1], [1, 1]]),
    ]:
        with pytest.raises(UnfitTimeStep, match="observation is too much to show"):
            value_from_json(space, written, "observation")
    for written in (VAST, [VAST] * 3, [[VAST]] * 3, {"a": [VAST]}):
        with pytest.raises(UnfitTimeStep, match="action_mask is too much to show"):
            mask_from_json(written)


json_numbers = st.one_of(st.booleans(), st.integers(), st.floats(), st.sampled_from([10**30, -(10**400), 2**63]))
garbage = st.recursive(
    st.one_of(st.none(), json_numbers, st.text(max_size=3)),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.dictionaries(st.sampled_from(["lidar", "gears", "base64", "x"]), parts, max_size=3),
    ),
    max_leaves=8,
)


def refusal(reading) -> str | None:
    """Why something is unfit; None where it is read."""
    try:
        reading()
    except UnfitTimeStep as fault:
        return str(fault)
    return None


@law
@given(st.sampled_from([FLOATS, WHOLES, BYTES, NESTED, spaces.Discrete(3), spaces.MultiBinary(2)]), garbage)
def test_whatever_is_sent_is_a_value_of_the_right_form_or_unfit(space, written):
    why = refusal(lambda: Codec(space, spaces.Discrete(2)).fault(value_from_json(space, written, "observation")))
    assert why is None or why.startswith("observation")


class TestWriting:
    def test_whatever_numpy_takes_for_an_array_can_be_written(self):
        for value in ([0.5, 1], (np.float32(0.5), 1), np.float32([0.5, 1])):
            assert value_to_json(FLOATS, value) == [0.5, 1.0]
        assert value_to_json(spaces.Discrete(3), np.array(2)) == value_to_json(spaces.Discrete(3), 2) == 2
        assert json.dumps(value_to_json(NESTED, {"lidar": [0, 1], "gears": (np.int64(2), np.int8([0, 1]))}))

    @pytest.mark.parametrize(
        ("space", "value", "told"),
        [
            (FLOATS, [float("nan"), 0], "observation is [nan, 0] (list), which JSON cannot say"),
            (FLOATS, np.float32([np.inf, 0]), "observation is array([inf"),
            (FLOATS, "high", "observation is 'high'"),
            (FLOATS, [[1], [2, 3]], "observation is [[1], [2, 3]]"),
            (NESTED, {"lidar": [0, 0]}, "observation lacks ['gears']"),
            (NESTED, {"lidar": [0, 0], "gears": (0, [np.nan, 0])}, "observation['gears'][1] is [nan, 0]"),
        ],
    )
    def test_what_json_cannot_say_is_refused(self, space, value, told):
        with pytest.raises(UnfitTimeStep) as fault:
            value_to_json(space, value, "observation")
        assert told in str(fault.value)


class TestMasks:
    # Of the last one 9 × 9 joint choices are too many to enumerate.
    SEVERAL = spaces.MultiDiscrete([9, 9])

    @pytest.mark.parametrize(
        ("space", "written", "allowed"),
        [
            (spaces.Discrete(3), [1, 0, 1], 2),
            (spaces.Discrete(3), [True, False, False], 1),
            (spaces.Discrete(3), None, 3),
            (spaces.MultiDiscrete([2, 3]), [[1, 0], [0, 1, 1]], 2),
            (spaces.MultiDiscrete([2, 3]), [1, 0, 0, 1, 1], 2),
            (SEVERAL, [[1] * 9, [0, 1] + [0] * 7], 10),
            (SEVERAL, [1] * 18, 18),
            (spaces.MultiBinary(2), [1, 2], 2),
            (spaces.Tuple([spaces.Discrete(2), spaces.Discrete(2)]), [None, [0, 1]], 3),
            (spaces.Dict(a=spaces.Discrete(2), b=FLOATS), {"a": [0, 1], "b": None}, 1 + 2 * 5),
        ],
    )
    def test_are_read_as_the_codec_takes_them(self, space, written, allowed):
        assert Codec(FLOATS, space, masked=True).mask(mask_from_json(written)).sum() == allowed

    @pytest.mark.parametrize("space", [spaces.Discrete(3), SEVERAL, spaces.MultiBinary(3), spaces.Tuple([SEVERAL])])
    @pytest.mark.parametrize(
        "written",
        [
            "abc",
            3,
            ["a"] * 3,
            [None, 1, 1],
            [{}] * 3,
            [10**30] * 3,
            [float("nan")] * 3,
            [0.5, 1, 1],
            {"a": 1},
            deep(900),
            [],
            [[1, 0], [0, [1]]],
            [[[1]], 1],
        ],
    )
    def test_that_are_none_are_refused_with_their_place(self, space, written):
        with pytest.raises(UnfitTimeStep, match=r"^action_mask") as fault:
            Codec(FLOATS, space, masked=True).mask(mask_from_json(written))
        assert len(str(fault.value)) < 200

    def test_that_allow_nothing_are_refused(self):
        for space, written in [(spaces.Discrete(3), [0, 0, 0]), (self.SEVERAL, [[0] * 9, [1] * 9])]:
            with pytest.raises(UnfitTimeStep, match="allows nothing"):
                Codec(FLOATS, space, masked=True).mask(mask_from_json(written))


@law
@given(garbage)
def test_whatever_is_sent_as_a_mask_is_one_or_unfit(written):
    codec = Codec(FLOATS, spaces.Dict(lidar=spaces.Discrete(2), gears=spaces.MultiDiscrete([2, 2])), masked=True)
    why = refusal(lambda: codec.mask(mask_from_json(written)))
    assert why is None or "action_mask" in why
    assert why is not None or codec.mask(mask_from_json(written)).any(axis=1).all()
