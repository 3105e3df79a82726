from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers import TimeLimit
from job_toys import Says, Walk

from trainee.errors import InvalidArgument, JobFailed, UnfitTimeStep
from trainee.jobs import VectorJob

RIGHT = np.ones((2, 1), np.float32)


class Stroll(Walk):
    """A walk that gives out copies: in SAME_STEP, Gymnasium keeps what an environment gave out beyond its reset."""

    def reset(self, **how):
        place, info = super().reset(**how)
        return place.copy(), info

    def step(self, action):
        place, *rest = super().step(action)
        return place.copy(), *rest


def walks(mode, goals=(2, 3), **how):
    return VectorJob(SyncVectorEnv([lambda g=g: Stroll(goal=g, **how) for g in goals], autoreset_mode=mode))


def told(said):
    return [
        [
            (float(s.observation.numeric[0]), float(s.reward), float(s.discount), bool(s.first), bool(s.last))
            for s in one
        ]
        for one in said
    ]


BEGIN = (0, 0, 1, True, False)


def test_next_step_gives_the_first_time_step_at_the_next_call():
    job = walks(AutoresetMode.NEXT_STEP)
    assert told([[s] for s in job.reset()]) == [[BEGIN], [BEGIN]]
    assert told(job.step(RIGHT)) == [[(1, -1, 1, False, False)]] * 2
    assert told(job.step(RIGHT)) == [[(2, -1, 0, False, True)], [(2, -1, 1, False, False)]]
    assert told(job.step(RIGHT)) == [[BEGIN], [(3, -1, 0, False, True)]]
    assert told(job.step(RIGHT)) == [[(1, -1, 1, False, False)], [BEGIN]]


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_same_step_and_disabled_give_the_last_and_the_first_together(mode):
    job = walks(mode)
    job.reset()
    job.step(RIGHT)
    assert told(job.step(RIGHT)) == [[(2, -1, 0, False, True), BEGIN], [(2, -1, 1, False, False)]]
    assert told(job.step(RIGHT)) == [[(1, -1, 1, False, False)], [(3, -1, 0, False, True), BEGIN]]
    assert told(job.step(RIGHT)) == [[(2, -1, 0, False, True), BEGIN], [(1, -1, 1, False, False)]]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_time_limit_keeps_its_discount(mode):
    job = VectorJob(SyncVectorEnv([lambda: TimeLimit(Stroll(), 1)], autoreset_mode=mode))
    job.reset()
    assert told(job.step(RIGHT[:1]))[0][0] == (1, -1, 1, False, True)


def test_resetting_all_begins_all():
    job = walks(AutoresetMode.NEXT_STEP)
    job.reset()
    job.step(RIGHT)
    job.step(RIGHT)
    assert told([[s] for s in job.reset()]) == [[BEGIN], [BEGIN]]
    assert told(job.step(RIGHT)) == [[(1, -1, 1, False, False)]] * 2


def test_each_stream_has_its_own_action():
    job = walks(AutoresetMode.NEXT_STEP, goals=(9, 9))
    job.reset()
    said = told(job.step(np.float32([[0], [1]])))
    assert [one[0][0] for one in said] == [-1, 1]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_masks_are_each_streams_own(mode):
    job = walks(mode, goals=(9, 1), masked=True)
    assert job.spec.masked
    assert all(s.action_mask.all() for s in job.reset())
    left_right = np.float32([[0], [1]])
    job.step(left_right)
    said = job.step(left_right)
    assert said[0][0].action_mask.tolist() == [[False, True]]
    assert said[1][-1].action_mask.tolist() == [[True, True]]


def test_nested_spaces_are_taken_apart_and_put_together():
    class Nested(Stroll):
        observation_space = spaces.Dict(place=Walk.observation_space, gear=spaces.Discrete(3))
        action_space = spaces.Dict(move=spaces.Discrete(2), push=spaces.Box(-1, 1, (2,)))

        def seen(self):
            return {"place": self.place.copy(), "gear": 2}

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return self.seen(), {}

        def step(self, action):
            assert self.action_space.contains(action)
            _, *rest = super().step(action["move"])
            return self.seen(), *rest

    for mode in AutoresetMode:
        job = VectorJob(SyncVectorEnv([lambda: Nested(goal=1)], autoreset_mode=mode))
        (first,) = job.reset()
        assert first.observation.categories.tolist() == [2]
        ((last, *_),) = job.step(np.float32([[1, 0, 10]]))
        assert last.observation.numeric.tolist() == [1]
        assert last.last


def test_an_unfit_time_step_stands_in_its_place_and_the_others_are_not_lost():
    def broken():
        return Says({}, {"observation": np.float32([np.nan])}, {"reward": 2.0})

    job = VectorJob(SyncVectorEnv([broken, lambda: Says({}, {"reward": 1.0}, {"reward": 3.0})]))
    job.reset()
    (fault,), (fit,) = job.step(RIGHT)
    assert isinstance(fault, UnfitTimeStep)
    assert "observation[0] is nan (stream 0 of SyncVectorEnv, step 1)" in str(fault)
    assert fit.reward == 1
    assert [one[0].reward for one in job.step(RIGHT)] == [2, 3]


class Undeclared(VectorEnv):
    """A vector environment that does not say how it resets."""

    num_envs = 2
    single_observation_space = spaces.Box(-1, 1, (1,))
    single_action_space = spaces.Discrete(2)


def test_an_environment_that_does_not_declare_its_mode_is_refused_with_the_reason():
    with pytest.raises(InvalidArgument, match=r"declares autoreset_mode None.*dummy step.*AutoresetMode.NEXT_STEP"):
        VectorJob(Undeclared())


def test_an_environment_that_declares_nonsense_is_refused():
    env = Undeclared()
    env.metadata = {"autoreset_mode": "sometimes"}
    with pytest.raises(InvalidArgument, match="declares autoreset_mode 'sometimes'"):
        VectorJob(env)


def test_the_mode_is_the_environments_own_though_metadata_are_shared():
    first = SyncVectorEnv([Walk], autoreset_mode=AutoresetMode.SAME_STEP)
    SyncVectorEnv([Walk], autoreset_mode=AutoresetMode.DISABLED)
    assert VectorJob(first).mode is AutoresetMode.SAME_STEP


def test_same_step_without_final_observations_fails():
    class Forgetful(SyncVectorEnv):
        def step(self, actions):
            *rest, _ = super().step(actions)
            return *rest, {}

    job = VectorJob(Forgetful([lambda: Walk(goal=1)], autoreset_mode=AutoresetMode.SAME_STEP))
    job.reset()
    with pytest.raises(JobFailed, match="no 'final_obs' at step 1"):
        job.step(RIGHT[:1])


def test_what_is_raised_is_told_with_the_step():
    job = VectorJob(SyncVectorEnv([lambda: Says({}, RuntimeError("jammed"))]))
    with pytest.raises(InvalidArgument, match="before it was reset"):
        job.step(RIGHT[:1])
    job.reset()
    with pytest.raises(JobFailed, match="RuntimeError: jammed in step 1"):
        job.step(RIGHT[:1])


def test_an_environment_that_is_vectorised_by_itself():
    job = VectorJob(gymnasium.make_vec("CartPole-v1", 3), seed=5)
    assert job.name == "CartPole-v1"
    firsts, ended = len(job.reset()), 0
    assert firsts == 3
    was_last = [False] * 3
    for _ in range(60):
        said = job.step(np.ones((3, 1), np.float32))
        for i, (step,) in enumerate(said):
            assert bool(step.first) == was_last[i]
            was_last[i] = bool(step.last)
            ended += was_last[i]
    assert ended > 6
    job.close()


@pytest.mark.parametrize("flags", [["False", "True"], [np.nan, 0.0], [False], None, 1])
def test_ends_are_said_of_each_stream(flags):
    job = walks(AutoresetMode.NEXT_STEP)
    job.reset()
    observations, rewards, _, truncated, info = job.env.step(np.ones(2, int))
    job.env.step = lambda actions: (observations, rewards, flags, truncated, info)
    with pytest.raises(
        JobFailed, match=r"said terminated .* in step 1, where it has to be True or False for each of its 2"
    ):
        job.step(RIGHT)
