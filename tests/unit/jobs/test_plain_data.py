from __future__ import annotations

import random
from collections import deque

import numpy as np
import pytest
from safetensors.numpy import load, save

from trainee.jobs.plain_data import NotPlainError, kept, packed, unpacked


def there_and_back(value):
    return unpacked(load(save(packed(value))))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -0.0,
        float("inf"),
        2**200,
        "πλ",
        b"\x00\xff",
        (1, (2.5, "a")),
        [1, [2, None]],
        {"a": 1, 2: [3], (4, "b"): {}},
        {"tuple": 1, "same": 2},
        deque([1, 2], maxlen=2),
    ],
)
def test_plain_values_come_back_as_they_were(value):
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([b"ab", b"c"]),
        np.array(["ab", "c"]),
        np.array(np.nan),
        np.zeros((0, 3), np.float32),
        np.array([1, 2], ">i4"),
    ],
)
def test_arrays_come_back_with_type_shape_and_order(array):
    back = there_and_back([array])[0]
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    assert back.flags.f_contiguous == array.flags.f_contiguous
    assert back.flags.writeable


def test_numpy_scalars_keep_their_type():
    for scalar in (np.float32(0.1), np.int8(-3), np.bool_(True), np.str_("ab")):
        assert type(there_and_back(scalar)) is type(scalar)
        assert there_and_back(scalar) == scalar


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_random_generators_go_on_as_they_would_have(kind):
    generator = np.random.Generator(kind(3))
    generator.integers(9, dtype=np.int32)
    back = there_and_back(generator)
    assert back.normal(size=5).tolist() == generator.normal(size=5).tolist()
    other = random.Random(3)
    other.gauss(0, 1)
    again = there_and_back(other)
    assert again.gauss(0, 1) == other.gauss(0, 1)
    assert again.random() == other.random()


def test_what_is_shared_stays_shared():
    array, inner = np.zeros(2), [1]
    ring: list = [array, inner, inner, {"array": array}]
    ring.append(ring)
    back = there_and_back(ring)
    assert back[0] is back[3]["array"]
    assert back[1] is back[2]
    assert back[4] is back


def test_what_could_not_come_back_exactly_is_refused():
    whole = np.zeros(4)
    for value in (object(), {1, 2}, len, whole[::2], [whole, whole[1:]], np.array([None]), 1j):
        with pytest.raises(NotPlainError):
            packed(value)


def test_what_is_kept_is_put_in_by_name():
    value = {"play": print, "more": [print]}

    def keep(thing):
        return "printer" if thing is print else None

    assert kept(value, keep) == {"printer": print}
    assert unpacked(packed(value, keep), {"printer": input}) == {"play": input, "more": [input]}
    with pytest.raises(NotPlainError):
        unpacked(packed(value, keep), {})


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"plain": np.frombuffer(b"not json", np.uint8)},
        {"plain": np.frombuffer(b'{"array": [0, "<f8", [2], "C"]}', np.uint8)},
        {"plain": np.frombuffer(b'{"generator": ["os", null]}', np.uint8)},
        {"plain": np.frombuffer(b'{"other": 1}', np.uint8)},
        {"plain": np.frombuffer(b'{"a": 1, "b": 2}', np.uint8)},
    ],
)
def test_what_was_not_written_here_is_refused(named):
    with pytest.raises(NotPlainError):
        unpacked(named)
