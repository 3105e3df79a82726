"""Altered environments, and those that have a name."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from job_toys import Says, Walk

from trainee.errors import UnsupportedSpace
from trainee.jobs import make
from trainee.jobs.altered import MixedNumbers, PermutedActions, TurnedReward, permutation
from trainee.jobs.twins import add_twin
from trainee.jobs.variants import BASES, base


class Heard(Says):
    """Remembers the actions that it was asked for."""

    def __init__(self, actions, **line):
        super().__init__(line, observation_space=spaces.Box(-1, 1, (3,)), action_space=actions)
        self.heard = []

    def step(self, action):
        self.heard.append(int(action))
        return super().step(action)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_a_permutation_is_another_order_of_all_by_its_seed(count):
    orders = [permutation(count, seed) for seed in range(20)]
    for order in orders:
        assert sorted(order) == list(range(count))
        assert list(order) != list(range(count))
    assert np.array_equal(permutation(count, 5), permutation(count, 5))
    assert len({tuple(order) for order in orders}) == min(len({tuple(order) for order in orders}), 20)


def test_each_action_does_what_another_did():
    inner = Heard(spaces.Discrete(4, start=10), observation=np.zeros(3, np.float32))
    env = PermutedActions(inner, seed=1)
    env.reset()
    for action in range(10, 14):
        env.step(action)
    assert inner.heard == [10 + int(meant) for meant in permutation(4, 1)]
    assert env.action_space == inner.action_space


def test_what_is_allowed_is_said_of_the_actions_as_they_are_now():
    mask = np.array([1, 0, 1], np.int8)
    inner = Heard(spaces.Discrete(3), observation=np.zeros(3, np.float32), info={"action_mask": mask})
    env = PermutedActions(inner, seed=0)
    _, info = env.reset()
    (forbidden,) = np.flatnonzero(info["action_mask"] == 0)
    assert permutation(3, 0)[forbidden] == 1
    assert np.array_equal(env.step(0)[4]["action_mask"], info["action_mask"])


@pytest.mark.parametrize("actions", [spaces.Discrete(1), spaces.MultiDiscrete([2, 2]), spaces.Box(-1, 1, (2,))])
def test_other_actions_cannot_be_permuted(actions):
    with pytest.raises(UnsupportedSpace, match="they have to be Discrete, two or more"):
        PermutedActions(Says(action_space=actions))


def test_a_reward_is_turned():
    env = TurnedReward(Walk())
    env.reset()
    assert env.step(1)[1] == 1.0


def test_numbers_are_mixed_alike_at_every_step_and_say_nothing_of_bounds():
    seen = np.array([0.1, -0.5, 1.0], np.float32)
    inner = Heard(spaces.Discrete(2), observation=seen)
    env = MixedNumbers(inner, seed=4)
    first, then = env.reset()[0], env.step(0)[0]
    assert np.array_equal(first, then)
    assert env.observation_space == MixedNumbers(inner, seed=5).observation_space
    assert not np.array_equal(first, MixedNumbers(inner, seed=5).reset()[0])
    sizes = np.abs(first)
    ratios = [sizes[:, None] / np.abs(seen)[None]]
    assert np.all(np.any((np.array(ratios) >= 1 / 3.001) & (np.array(ratios) <= 3.001), axis=2))
    with pytest.raises(UnsupportedSpace, match="they have to be a Box"):
        MixedNumbers(Says(observation_space=spaces.Discrete(3)))


def test_a_twin_has_the_spaces_of_what_it_is_made_of():
    one, twin = make("CartPole-v1", seed=3), make("trainee.jobs.twins:CartPoleSwapped-v0", seed=3)
    assert one.spec == twin.spec
    left, right = np.zeros(1, np.float32), np.ones(1, np.float32)
    assert np.array_equal(one.reset().observation.numeric, twin.reset().observation.numeric)
    assert np.array_equal(one.step(left).observation.numeric, twin.step(right).observation.numeric)
    assert twin.env.spec.max_episode_steps == 500
    steps = 1
    while not twin.step(right if steps % 2 else left).last:
        steps += 1
    assert steps < 500


def test_any_job_may_have_a_twin():
    add_twin("MountainCarTurned-v0", "MountainCar-v0", permuted=None, turned=True)
    twin = make("trainee.jobs.twins:MountainCarTurned-v0")
    twin.reset()
    assert float(twin.step(np.zeros(1, np.float32)).reward) == 1.0
    del gymnasium.registry["MountainCarTurned-v0"]


def test_a_twin_goes_on_where_it_was_saved():
    name = "trainee.jobs.twins:CartPoleSwapped-v0"
    one, other = make(name, seed=3), make(name, seed=4)
    one.reset()
    one.step(np.ones(1, np.float32))
    assert other.restore(one.saved())
    moved = [job.step(np.ones(1, np.float32)).observation.numeric for job in (one, other)]
    np.testing.assert_array_equal(*moved)


def test_variants_of_one_base_look_alike_and_are_not():
    names = [f"trainee.jobs.variants:Variant-{number}-v0" for number in (0, len(BASES), 1)]
    same, alike, other = (make(name, seed=3) for name in names)
    assert same.spec == alike.spec != other.spec
    assert not np.array_equal(same.reset().observation.numeric, alike.reset().observation.numeric)
    assert [base(number) for number in range(4)] == [*BASES, BASES[0]]


def test_settings_of_bsuite_have_names_and_seeds():
    one, same, other = (make("bsuite/catch-0", seed=seed) for seed in (3, 3, 4))

    def balls(job):
        places = []
        for _ in range(12):
            places.append(int(np.argmax(job.reset().observation.numeric[:5])))
            while not (step := job.step(np.ones(1, np.float32))).last:
                pass
            assert float(step.discount) == 0.0
        return places

    drawn = balls(one)
    assert drawn == balls(same) != balls(other)


def test_a_game_of_minatar_has_its_name():
    pytest.importorskip("minatar")
    twin = make("trainee.jobs.twins:BreakoutPermuted-v0")
    assert make("MinAtar/Breakout-v1").spec == twin.spec
    assert twin.spec.signature.images == ((10, 10, 4),)


def test_a_grid_is_seen_without_its_mission():
    pytest.importorskip("minigrid")
    job = make("trainee.jobs.grids:DoorKey-5x5-v0", seed=1)
    assert job.spec == make("trainee.jobs.grids:LavaGapS5-v0").spec
    seen = job.reset().observation
    assert seen.images[0].shape == (7, 7, 3)
    assert 0 <= seen.images[0].min() < seen.images[0].max() <= 1
    assert 0 <= seen.categories[0] < 4
