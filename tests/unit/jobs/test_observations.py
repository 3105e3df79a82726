from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import UnsupportedSpace
from trainee.jobs import Codec

ACTIONS = spaces.Discrete(2)


def codec(space):
    return Codec(space, ACTIONS)


def seen(space, raw):
    made = codec(space)
    assert made.fault(raw) is None
    return made.observation(raw)


def test_a_box_of_rank_two_is_flattened_row_by_row():
    observation = seen(spaces.Box(-9, 9, (2, 3)), np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    np.testing.assert_array_equal(observation.numeric, [1, 2, 3, 4, 5, 6])
    assert observation.numeric.dtype == np.float32
    assert observation.categories.shape == (0,)
    assert observation.images == ()


def test_a_box_of_rank_zero_takes_an_array_or_a_number():
    box = spaces.Box(0, 10, ())
    np.testing.assert_array_equal(seen(box, np.array(2.5, np.float32)).numeric, [2.5])
    np.testing.assert_array_equal(seen(box, 2.5).numeric, [2.5])


def test_numbers_beyond_float32_are_clipped():
    largest = np.finfo(np.float32).max
    box = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    np.testing.assert_array_equal(seen(box, np.array([1e300, -1e300])).numeric, [largest, -largest])


def test_whole_numbers_and_truth_values_become_numbers():
    whole = spaces.Box(-(2**62), 2**62, (2,), np.int64)
    np.testing.assert_array_equal(seen(whole, np.array([3, -(2**40)])).numeric, np.float32([3, -(2**40)]))
    truth = spaces.Box(0, 1, (2,), np.bool_)
    np.testing.assert_array_equal(seen(truth, np.array([True, False])).numeric, [1, 0])


def test_the_observation_is_no_view_of_the_array_that_the_job_writes_in():
    buffer = np.zeros(3, np.float32)
    observation = seen(spaces.Box(-1, 1, (3,)), buffer)
    buffer[:] = 1
    np.testing.assert_array_equal(observation.numeric, [0, 0, 0])


def test_a_discrete_is_its_distance_from_the_start():
    made = codec(spaces.Discrete(5, start=-2))
    assert made.signature.categories == (5,)
    for raw in (-1, np.int64(-1), np.array(-1)):
        np.testing.assert_array_equal(made.observation(raw).categories, [1])
        assert made.observation(raw).categories.dtype == np.int32


def test_a_multi_discrete_of_rank_two_is_one_category_an_element():
    space = spaces.MultiDiscrete([[2, 3], [4, 5]], start=[[0, 1], [0, 10]])
    made = codec(space)
    assert made.signature.categories == (2, 3, 4, 5)
    np.testing.assert_array_equal(made.observation(np.array([[1, 3], [2, 14]])).categories, [1, 2, 2, 4])


def test_a_multi_binary_is_numbers():
    observation = seen(spaces.MultiBinary([2, 2]), np.array([[1, 0], [0, 1]], np.int8))
    np.testing.assert_array_equal(observation.numeric, [1, 0, 0, 1])


def test_a_text_is_filled_up_with_zeros_and_its_characters_are_in_sorted_order():
    made = codec(spaces.Text(4, charset="cab"))
    assert made.signature.categories == (4, 4, 4, 4)
    np.testing.assert_array_equal(made.observation("cb").categories, [3, 2, 0, 0])


def test_nested_parts_come_in_the_order_of_sorted_keys():
    space = spaces.Dict(
        z=spaces.Box(0, 1, (1,)), a=spaces.Tuple([spaces.Discrete(3), spaces.Box(0, 9, (2,)), spaces.Discrete(4)])
    )
    observation = seen(space, {"z": np.float32([0.5]), "a": (2, np.float32([7, 8]), 3)})
    np.testing.assert_array_equal(observation.numeric, [7, 8, 0.5])
    np.testing.assert_array_equal(observation.categories, [2, 3])


def test_a_dict_in_another_order_of_keys_is_the_same_job():
    one = spaces.Dict([("b", spaces.Discrete(2)), ("a", spaces.Discrete(3))])
    other = spaces.Dict([("a", spaces.Discrete(3)), ("b", spaces.Discrete(2))])
    assert codec(one).signature == codec(other).signature
    raw = {"a": 2, "b": 1}
    np.testing.assert_array_equal(codec(one).observation(raw).categories, codec(other).observation(raw).categories)


def test_an_image_of_bytes_stays_one():
    space = spaces.Box(0, 255, (7, 6, 3), np.uint8)
    made = codec(space)
    raw = space.sample()
    assert made.signature.images == ((7, 6, 3),)
    assert made.signature.image_bytes == (True,)
    (image,) = made.observation(raw).images
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, raw)


def test_an_image_of_anything_else_is_float32():
    made = codec(spaces.Box(0, 1, (6, 6, 2), np.float64))
    assert made.signature.image_bytes == (False,)
    assert made.observation(np.ones((6, 6, 2))).images[0].dtype == np.float32


def test_channels_are_moved_last_and_stacked_frames_become_channels():
    raw = np.arange(2 * 3 * 5 * 6, dtype=np.float32).reshape(2, 3, 5, 6)
    (image,) = seen(spaces.Box(0, 999, (2, 3, 5, 6)), raw).images
    assert image.shape == (5, 6, 6)
    # Frame 1, channel 2, row 4, column 3 is channel 1·3 + 2 there.
    assert image[4, 3, 5] == raw[1, 2, 4, 3]
    assert image[0, 1, 0] == raw[0, 0, 0, 1]


@pytest.mark.parametrize(
    ("space", "raw", "told"),
    [
        (spaces.Box(-1, 1, (3,)), np.float32([0, np.nan, 0]), "observation[1] is nan"),
        (spaces.Box(-np.inf, np.inf, (2,)), np.float32([0, -np.inf]), "observation[1] is -inf"),
        (spaces.Box(-1, 1, (2, 2)), np.float32([[0, 0], [1.5, 0]]), "observation[1, 0] is 1.5, above its bound 1.0"),
        (spaces.Box(-1, 1, ()), np.float32(-2), "observation is -2.0, below its bound -1.0"),
        (spaces.Box(-1, 1, (3,)), np.zeros(3), "observation is float64, where its space has float32"),
        (spaces.Box(-1, 1, (3,)), np.zeros(4, np.float32), "observation has shape (4,), where its space has (3,)"),
        (spaces.Box(-1, 1, (3,)), None, "observation has shape (), where its space has (3,)"),
        (spaces.Box(-1, 1, (3,)), "abc", "observation is 'abc' (str), where its space has float32 of shape (3,)"),
        (spaces.Box(0, 9, (6, 6, 1), np.uint8), np.full((6, 6, 1), 10, np.uint8), "[0, 0, 0] is 10, above its bound 9"),
        (spaces.Discrete(3, start=1), 4, "observation is 4, outside its range 1 to 3"),
        (spaces.Discrete(3), 1.0, "observation is 1.0 (float), where its space has int64 of shape ()"),
        (spaces.Discrete(3), np.array([1]), "observation has shape (1,), where its space has ()"),
        (spaces.MultiDiscrete([2, 2]), np.array([0, -1]), "observation[1] is -1, outside its range 0 to 1"),
        (spaces.MultiDiscrete([2, 2]), [[0], [0, 1]], "where its space has int64 of shape (2,)"),
        (spaces.MultiBinary(2), np.array([0, 2]), "observation[1] is 2, neither 0 nor 1"),
        (spaces.MultiBinary(2), np.array([0]), "observation has shape (1,), where its space has (2,)"),
        (spaces.MultiBinary(2), None, "observation is None (NoneType), where its space has zeros and ones"),
        (spaces.Text(3, charset="ab"), "abc", "observation[2] is 'c', not in its character set"),
        (spaces.Text(3, charset="ab"), "", "observation has 0 characters, outside its range 1 to 3"),
        (spaces.Text(3), 3, "observation is 3 (int), where its space has a text"),
        (spaces.Dict(a=spaces.Discrete(2)), {"b": 1}, "observation lacks ['a'] and also has ['b']"),
        (spaces.Dict(a=spaces.Discrete(2)), 1, "observation is of type int, where its space has a dict with ['a']"),
        (spaces.Tuple([spaces.Discrete(2)]), (1, 1), "observation has 2 parts, where its space has 1"),
        (spaces.Tuple([spaces.Discrete(2)]), 1, "observation is of type int, where its space has a tuple of 1"),
    ],
)
def test_a_fault_names_the_place_the_value_and_the_bound(space, raw, told):
    assert told in str(codec(space).fault(raw))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_with_slack_a_number_may_lie_somewhat_beyond_its_bounds(dtype):
    most = np.finfo(dtype).max
    space = spaces.Box(np.array([-1, 0, -np.inf, -most], dtype), np.array([1, 0, np.inf, most], dtype), dtype=dtype)
    loose = Codec(space, spaces.Discrete(2), slack=10.0)

    def fault(*raw):
        return loose.fault(np.array(raw, dtype))

    assert fault(1, 0, 0, 0) is None
    assert fault(21, 0, most, -most) is None
    assert fault(-21, 0, -most, most) is None
    assert fault(21.5, 0, 0, 0) == "observation[0] is 21.5, above its bound 1.0"
    assert fault(-22, 0, 0, 0) == "observation[0] is -22.0, below its bound -1.0"
    assert fault(0, 0.5, 0, 0) == "observation[1] is 0.5, above its bound 0.0"
    assert fault(0, 0, np.inf, 0) == "observation[2] is inf"
    assert fault(0, 0, 0, np.nan) == "observation[3] is nan"


def test_where_one_bound_is_missing_there_is_no_slack_at_the_other_nor_for_whole_numbers():
    assert Codec(spaces.Box(0, np.inf, (1,)), spaces.Discrete(2), slack=10.0).fault(np.float32([-0.5])) is not None
    whole = Codec(spaces.Box(0, 9, (2,), np.int64), spaces.Discrete(2), slack=10.0)
    assert whole.fault(np.array([10, 0])) == "observation[0] is 10, above its bound 9"


def test_a_fault_in_a_nested_part_is_named_by_its_path():
    space = spaces.Dict(near=spaces.Discrete(2), lidar=spaces.Tuple([spaces.Box(0, 5, (4,))]))
    raw = {"near": 1, "lidar": (np.float32([1, 2, 3, 9]),)}
    assert codec(space).fault(raw) == "observation['lidar'][0][3] is 9.0, above its bound 5.0"


class Colours(spaces.Space):
    """A space of someone's own."""


@pytest.mark.parametrize(
    ("space", "remedy"),
    [
        (spaces.Graph(spaces.Box(0, 1, (2,)), None), "Dict of Boxes"),
        (spaces.Sequence(spaces.Discrete(3)), "Tuple or Box with room for its longest length"),
        (spaces.OneOf([spaces.Discrete(2), spaces.Discrete(3)]), "a Discrete that says which holds"),
        (Colours(), "none of Gymnasium's own spaces"),
        (spaces.Discrete(10**6), "too many to learn about"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_wrap_it_in(space, remedy):
    with pytest.raises(UnsupportedSpace) as told:
        codec(spaces.Dict(fine=spaces.Discrete(2), mesh=space))
    assert "observation['mesh']" in str(told.value)
    assert remedy in str(told.value)
    assert "gymnasium.wrappers.TransformObservation" in str(told.value)


def test_an_observation_of_nothing_is_refused():
    with pytest.raises(UnsupportedSpace, match="holds nothing"):
        codec(spaces.Box(0, 1, (0,)))


def test_inside_jit_an_observation_is_the_same():
    space = spaces.Dict(
        camera=spaces.Box(0, 255, (5, 5, 3), np.uint8),
        place=spaces.Box(-1, 1, (2,)),
        gear=spaces.Discrete(4, start=1),
        keys=spaces.MultiDiscrete([2, 3]),
        lamps=spaces.MultiBinary(3),
    )
    made = codec(space)
    raw = space.sample()
    traced = jax.jit(lambda value: made.observation(value, jnp))(jax.tree.map(jnp.asarray, raw))
    host = made.observation(raw)
    jax.tree.map(np.testing.assert_array_equal, traced, host)
    assert [leaf.dtype for leaf in jax.tree.leaves(traced)] == [leaf.dtype for leaf in jax.tree.leaves(host)]
