from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import UnfitTimeStep, UnsupportedSpace
from trainee.jobs import Codec

SEEN = spaces.Discrete(2)


def codec(space, masked=False):
    return Codec(SEEN, space, masked)


def coordinates(*values):
    return np.array(values, np.float32)


def test_a_discrete_is_one_component_and_its_actions_are_of_the_type_that_sample_gives():
    for dtype in (np.int64, np.int32, np.uint8):
        space = spaces.Discrete(3, start=5, dtype=dtype)
        made = codec(space)
        assert made.signature.choices == (3,)
        assert made.signature.continuous == (False,)
        action = made.action(coordinates(2))
        assert action == 7
        assert type(action) is type(space.sample())
        np.testing.assert_array_equal(made.coordinates(7), [2])


def test_few_joint_choices_are_enumerated_in_one_component():
    made = codec(spaces.MultiDiscrete([2, 3], start=[0, 10]))
    assert made.signature.choices == (6,)
    np.testing.assert_array_equal(made.action(coordinates(0)), [0, 10])
    np.testing.assert_array_equal(made.action(coordinates(2)), [0, 12])
    np.testing.assert_array_equal(made.action(coordinates(3)), [1, 10])
    np.testing.assert_array_equal(made.coordinates(np.array([1, 12])), [5])


def test_many_joint_choices_are_one_component_each():
    made = codec(spaces.MultiDiscrete([[5, 5], [3, 2]], start=[[1, 0], [0, 0]]))
    assert made.signature.choices == (5, 5, 3, 2)
    np.testing.assert_array_equal(made.action(coordinates(4, 0, 2, 1)), [[5, 0], [2, 1]])
    np.testing.assert_array_equal(made.coordinates(np.array([[5, 0], [2, 1]])), [4, 0, 2, 1])


def test_sixty_four_is_the_most_that_is_enumerated():
    assert codec(spaces.MultiBinary(6)).signature.choices == (64,)
    assert codec(spaces.MultiBinary(7)).signature.choices == (2,) * 7


def test_a_multi_binary_of_few_bits_is_enumerated_last_bit_first():
    made = codec(spaces.MultiBinary(3))
    np.testing.assert_array_equal(made.action(coordinates(5)), [1, 0, 1])
    assert made.action(coordinates(5)).dtype == np.int8


def test_an_action_may_be_written_in_without_changing_the_next():
    made = codec(spaces.MultiBinary(3))
    made.action(coordinates(0))[:] = 1
    np.testing.assert_array_equal(made.action(coordinates(0)), [0, 0, 0])


def test_a_dict_has_the_components_of_its_parts_and_its_action_its_own_order_of_keys():
    space = spaces.Dict([("b", spaces.Discrete(2)), ("a", spaces.Tuple([spaces.Box(0, 1, (2,)), spaces.Discrete(4)]))])
    made = codec(space)
    assert made.signature.choices == (5, 5, 4, 2)
    assert made.signature.continuous == (True, True, False, False)
    action = made.action(coordinates(0, 4, 3, 1))
    assert list(action) == ["b", "a"]
    assert action["b"] == 1
    np.testing.assert_array_equal(action["a"][0], [0, 1])
    assert action["a"][1] == 3
    np.testing.assert_allclose(made.coordinates(action), [0, 4, 3, 1])


@pytest.mark.parametrize(
    ("lines", "asked", "each"), [(1, 11, 11), (2, 11, 5), (3, 11, 3), (6, 11, 3), (6, 2, 2), (2, 40, 20)]
)
def test_on_all_lines_together_there_are_as_many_choices_as_on_one(lines, asked, each):
    made = Codec(spaces.Discrete(1), spaces.Box(-1, 1, (lines,)), continuous_choices=asked)
    assert made.signature.choices == (each,) * lines


def test_lines_of_whole_numbers_and_lines_without_bounds_keep_their_choices():
    space = spaces.Tuple([spaces.Box(0, 4, (2,), np.int64), spaces.Box(0, np.inf, (1,)), spaces.Box(0, 1, (3,))])
    assert codec(space).signature.choices == (5, 5, 11, 3, 3, 3)


def test_coordinates_beyond_the_last_choice_count_as_the_last():
    assert codec(spaces.Discrete(3)).action(coordinates(2.7)) == 2
    np.testing.assert_array_equal(codec(spaces.MultiBinary(2)).action(coordinates(9)), [1, 1])
    np.testing.assert_array_equal(codec(spaces.Box(-1, 1, (1,))).action(coordinates(10.4)), [1])


def test_inside_jit_actions_are_the_same():
    space = spaces.Tuple(
        [
            spaces.Discrete(3, start=1),
            spaces.MultiDiscrete([2, 2]),
            spaces.MultiDiscrete([9, 9]),
            spaces.Box(-2, 2, (2,)),
            spaces.Box(0, np.inf, (1,)),
            spaces.Box(0, 9, (1,), np.int32),
        ]
    )
    made = codec(space)
    point = coordinates(2, 3, 8, 4, 2.5, 10, 5, 7)
    traced = jax.jit(lambda c: made.action(c, jnp))(point)
    for one, other in zip(traced, made.action(point), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert traced[3].dtype == np.float32
    assert traced[5].dtype == np.int32


@pytest.mark.parametrize("space", [spaces.Sequence(spaces.Discrete(2)), spaces.Text(3)])
def test_what_cannot_be_written_is_named_with_what_to_wrap_it_in(space):
    with pytest.raises(UnsupportedSpace, match=r"action\['arm'\].*gymnasium.wrappers.TransformAction"):
        codec(spaces.Dict(arm=space))


def test_too_many_choices_are_refused():
    with pytest.raises(UnsupportedSpace, match="too many to learn about"):
        codec(spaces.Discrete(100_000))


def test_actions_of_nothing_are_refused():
    with pytest.raises(UnsupportedSpace, match=r"action is .* which holds nothing"):
        codec(spaces.Box(0, 1, (0,)))


class TestMasks:
    def test_of_a_discrete(self):
        made = codec(spaces.Discrete(4, start=2), masked=True)
        for mask in (np.array([0, 1, 1, 0], np.int8), np.array([False, True, True, False]), [0, 1, 1, 0]):
            np.testing.assert_array_equal(made.mask(mask), [[False, True, True, False]])

    def test_of_enumerated_joints_is_the_product(self):
        made = codec(spaces.MultiDiscrete([2, 3]), masked=True)
        mask = (np.array([1, 0], np.int8), np.array([0, 1, 1], np.int8))
        np.testing.assert_array_equal(made.mask(mask), [[False, True, True, False, False, False]])
        np.testing.assert_array_equal(made.mask(np.array([1, 0, 0, 1, 1], np.int8)), made.mask(mask))

    def test_of_many_elements_is_one_row_each_false_where_there_is_no_choice(self):
        made = codec(spaces.MultiDiscrete([[20, 2], [2, 2]]), masked=True)
        only = np.zeros(20, np.int8)
        only[7] = 1
        either = np.ones(2, np.int8)
        grid = made.mask(((only, np.array([0, 1], np.int8)), (either, either)))
        assert grid.shape == (4, 20)
        assert np.flatnonzero(grid[0]).tolist() == [7]
        assert np.flatnonzero(grid[1]).tolist() == [1]
        assert np.flatnonzero(grid[3]).tolist() == [0, 1]

    def test_of_a_multi_binary_says_never_always_or_either(self):
        made = codec(spaces.MultiBinary(3), masked=True)
        allowed = np.flatnonzero(made.mask(np.array([0, 1, 2], np.int8))[0])
        assert [made.action(coordinates(c)).tolist() for c in allowed] == [[0, 1, 0], [0, 1, 1]]

    def test_of_a_dict_may_leave_parts_out(self):
        made = codec(spaces.Dict(move=spaces.Discrete(2), push=spaces.Box(0, 1, (1,))), masked=True)
        grid = made.mask({"move": np.array([0, 1], np.int8), "push": None})
        assert grid[0].tolist() == [False, True, *[False] * 9]
        assert grid[1].all()

    def test_none_allows_every_choice_that_there_is(self):
        made = codec(spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)]), masked=True)
        np.testing.assert_array_equal(made.mask(None), [[True, True, False], [True, True, True]])

    @pytest.mark.parametrize(
        ("space", "mask", "told"),
        [
            (spaces.Discrete(3), np.zeros(3, np.int8), "action_mask allows nothing"),
            (spaces.Discrete(3), np.ones(2, np.int8), "action_mask has shape (2,), where it has to have (3,)"),
            (spaces.Discrete(2), np.array([2, 1]), "where it has to hold zeros and ones"),
            (spaces.MultiDiscrete([2, 3]), (np.ones(3), np.ones(2)), "action_mask[0] has shape (3,)"),
            (spaces.MultiDiscrete([2, 3]), (np.ones(2),), "action_mask has 1 parts, where its space has 2"),
            (spaces.MultiDiscrete([2, 3]), np.array([1, 1, 0, 0, 0]), "action_mask[1] allows nothing"),
            (spaces.MultiBinary(2), np.array([0, 3]), "0 means never, 1 always, 2 either"),
            (spaces.MultiBinary(2), np.array([0]), "action_mask has shape (1,)"),
            (spaces.Dict(a=spaces.Discrete(2)), {"b": None}, "action_mask lacks ['a']"),
        ],
    )
    def test_that_are_not_fit_say_why(self, space, mask, told):
        with pytest.raises(UnfitTimeStep) as fault:
            codec(space, masked=True).mask(mask)
        assert told in str(fault.value)

    def test_of_a_box_are_refused(self):
        with pytest.raises(UnsupportedSpace, match="no choices that a mask could forbid"):
            codec(spaces.Box(0, 1, (2,)), masked=True)
        both = codec(spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, (1,))]), masked=True)
        with pytest.raises(UnfitTimeStep, match=r"action_mask\[1\].*a Box cannot be masked"):
            both.mask((None, np.ones(11)))
