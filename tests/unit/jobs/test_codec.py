from __future__ import annotations

import hashlib

import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import UnfitTimeStep
from trainee.jobs import Codec

BOX = spaces.Box(-1, 1, (2,))


def time_step(made, observation=(0.0, 0.5), reward=1.0, discount=1.0, first=False, last=False, mask=None):
    raw = np.array(observation, np.float32) if isinstance(observation, tuple) else observation
    return made.time_step(raw, reward, discount, first, last, mask, "Lift-v0, step 7")


def test_the_signature_is_the_shape_of_both_spaces():
    seen = spaces.Dict(eye=spaces.Box(0, 255, (8, 8, 3), np.uint8), gear=spaces.Discrete(5), speed=BOX)
    signature = Codec(seen, spaces.Tuple([spaces.Discrete(3), spaces.Box(0, 1, (1,))]), continuous_choices=7).signature
    assert signature.numeric == 2
    assert signature.categories == (5,)
    assert signature.images == ((8, 8, 3),)
    assert signature.choices == (3, 7)
    assert signature.continuous == (False, True)
    assert signature.grid == (2, 7)


def test_the_id_is_that_of_the_spaces_and_of_nothing_else():
    one = Codec(BOX, spaces.Discrete(2)).signature.id
    assert one == Codec(spaces.Box(-1, 1, (2,), seed=3), spaces.Discrete(2), masked=True).signature.id
    assert one != Codec(spaces.Box(-1, 2, (2,)), spaces.Discrete(2)).signature.id
    assert one != Codec(BOX, spaces.Discrete(3)).signature.id
    assert len(one) == 16


def test_the_id_never_changes():
    # Interfaces on disk are kept by it.
    text = (
        '{"action":{"dtype":"int64","n":2,"start":0,"type":"Discrete"},'
        '"observation":{"dtype":"float32","high":1.0,"low":-1.0,"shape":[2],"type":"Box"}}'
    )
    expected = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert expected == "759dfd5e3dd49f37"
    assert Codec(spaces.Box(-1, 1, (2,)), spaces.Discrete(2)).signature.id == expected


def test_a_time_step_has_numpy_leaves_of_the_right_types():
    step = time_step(Codec(BOX, spaces.Discrete(2)), reward=np.float64(3), discount=0.0, last=True)
    np.testing.assert_array_equal(step.observation.numeric, np.float32([0, 0.5]))
    assert (step.reward, step.discount, step.first, step.last) == (3, 0, False, True)
    assert [leaf.dtype.name for leaf in (step.reward, step.discount, step.first, step.last)] == [
        "float32",
        "float32",
        "bool",
        "bool",
    ]
    assert all(isinstance(leaf, np.ndarray) for leaf in (step.reward, step.discount, step.first, step.last))
    assert step.action_mask is None


def test_a_reward_beyond_float32_is_clipped():
    assert time_step(Codec(BOX, spaces.Discrete(2)), reward=-1e300).reward == -np.finfo(np.float32).max


@pytest.mark.parametrize(
    ("reward", "told"),
    [
        (float("nan"), "reward is nan"),
        (np.float32("inf"), "reward is inf"),
        (None, "reward is None (NoneType), not a number"),
        (np.array([1.0, 2.0]), "not a number"),
        ("one", "reward is 'one' (str), not a number"),
        (10**400, "not a number"),
    ],
)
def test_an_unfit_reward_is_told_with_the_place_and_the_remedy(reward, told):
    with pytest.raises(UnfitTimeStep) as fault:
        time_step(Codec(BOX, spaces.Discrete(2)), reward=reward, last=True)
    assert told in str(fault.value)
    assert "(Lift-v0, step 7); the step was not learned from. Clean it in the job, or wrap it" in str(fault.value)
    assert "TransformReward" in str(fault.value)
    assert fault.value.last


def test_an_unfit_observation_says_whether_an_episode_has_to_begin_next():
    made = Codec(BOX, spaces.Discrete(2))
    for first, last, begins in ((False, False, False), (False, True, True), (True, False, True)):
        with pytest.raises(UnfitTimeStep, match=r"observation\[1\] is nan .*TransformObservation") as fault:
            time_step(made, (0.0, np.nan), first=first, last=last)
        assert fault.value.last is begins


class TestMasks:
    made = Codec(BOX, spaces.Discrete(3), masked=True)

    def test_become_the_grid(self):
        step = time_step(self.made, mask=np.array([1, 0, 1], np.int8))
        np.testing.assert_array_equal(step.action_mask, [[True, False, True]])

    def test_mean_nothing_at_a_last_time_step(self):
        for mask in (None, np.zeros(3, np.int8)):
            assert time_step(self.made, last=True, mask=mask).action_mask.all()

    def test_are_wanted_everywhere_else(self):
        with pytest.raises(UnfitTimeStep, match=r"action_mask is missing.*Lift-v0, step 7") as fault:
            time_step(self.made)
        assert not fault.value.last

    def test_that_allow_nothing_are_not_fit(self):
        with pytest.raises(UnfitTimeStep, match=r"action_mask allows nothing.*step 7"):
            time_step(self.made, mask=np.zeros(3, np.int8))

    def test_do_not_appear_later(self):
        with pytest.raises(UnfitTimeStep, match="the job began without one"):
            time_step(Codec(BOX, spaces.Discrete(3)), mask=np.ones(3, np.int8))


class TestBatches:
    def test_of_a_box_are_told_by_their_rank(self):
        made = Codec(BOX, spaces.Discrete(2))
        many, batched = made.unstacked(np.float32([[0, 1], [0.5, 0]]))
        assert batched
        np.testing.assert_array_equal(many[1], [0.5, 0])
        (one,), batched = made.unstacked(np.float32([0, 1]))
        assert not batched
        np.testing.assert_array_equal(one, [0, 1])

    def test_of_discrete_observations(self):
        made = Codec(spaces.Discrete(4), spaces.Discrete(2))
        assert made.unstacked(np.array([3, 1]))[0] == [3, 1]
        assert made.unstacked(np.int64(3)) == ([3], False)

    def test_of_a_dict_are_dicts_of_batches(self):
        made = Codec(spaces.Dict(a=BOX, b=spaces.Discrete(3)), spaces.Discrete(2))
        many, batched = made.unstacked({"a": np.zeros((3, 2), np.float32), "b": np.array([0, 1, 2])})
        assert batched
        assert [one["b"] for one in many] == [0, 1, 2]
        with pytest.raises(UnfitTimeStep, match="other lengths"):
            made.unstacked({"a": np.zeros((3, 2), np.float32), "b": np.array([0, 1])})

    def test_of_actions_are_as_vector_environments_take_them(self):
        stacked = Codec(BOX, spaces.Discrete(3)).stacked([np.int64(2), np.int64(0)])
        np.testing.assert_array_equal(stacked, [2, 0])
        nested = Codec(BOX, spaces.Dict(a=spaces.Discrete(3), b=BOX))
        actions = [nested.action(np.float32([i, 0, 10])) for i in range(2)]
        assert nested.stacked(actions)["a"].tolist() == [0, 1]
        assert nested.stacked(actions)["b"].shape == (2, 2)
