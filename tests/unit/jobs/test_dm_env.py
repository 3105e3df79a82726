"""dm_env's environments as jobs."""

from __future__ import annotations

import dm_env
import numpy as np
import pytest
from dm_env import specs
from gymnasium import spaces

from trainee import Agent
from trainee.errors import InvalidArgument, JobFailed, UnfitTimeStep, UnsupportedSpace
from trainee.jobs import DmEnvJob, make
from trainee.jobs.dm_env import space_of


class Count(dm_env.Environment):
    """Three steps an episode; the first action says how the third ends: by termination, or by a time limit."""

    def __init__(self, nan_at: int | None = None):
        self.nan_at, self.left, self.terminates = nan_at, 0, True

    def reset(self):
        self.left = 3
        return dm_env.restart(self._seen())

    def step(self, action):
        if self.left == 3:
            self.terminates = bool(action)
        self.left -= 1
        if self.left == 0:
            end = dm_env.termination if self.terminates else dm_env.truncation
            return end(reward=2.0, observation=self._seen())
        return dm_env.transition(reward=1.0, observation=self._seen())

    def _seen(self):
        return np.array([[self.left, np.nan if self.left == self.nan_at else 0.0]], np.float32)

    def observation_spec(self):
        return specs.Array((1, 2), np.float32)

    def action_spec(self):
        return specs.DiscreteArray(2, dtype=np.int32)


@pytest.mark.parametrize(("action", "discount"), [(1.0, 0.0), (0.0, 1.0)])
def test_time_steps_are_told_as_they_are_said(action, discount):
    job = make(Count())
    assert isinstance(job, DmEnvJob)
    said = [job.reset(), *(job.step(np.float32([action])) for _ in range(3))]
    assert [step.observation.numeric.tolist() for step in said] == [[3, 0], [2, 0], [1, 0], [0, 0]]
    assert [float(step.reward) for step in said] == [0, 1, 1, 2]
    assert [float(step.discount) for step in said] == [1, 1, 1, discount]
    assert [bool(step.first) for step in said] == [True, False, False, False]
    assert [bool(step.last) for step in said] == [False, False, False, True]


def test_specs_are_spaces():
    assert space_of(specs.DiscreteArray(4)) == spaces.Discrete(4)
    assert space_of(specs.Array((2,), np.float32)) == spaces.Box(-np.inf, np.inf, (2,))
    assert space_of(specs.BoundedArray((2,), np.float32, -1, [1, 2])) == spaces.Box(
        np.float32([-1, -1]), np.float32([1, 2])
    )
    assert space_of(specs.Array((3,), np.uint8)) == spaces.Box(0, 255, (3,), np.uint8)
    assert space_of(specs.Array((3,), bool)) == spaces.MultiBinary((3,))
    nested = space_of({"a": specs.DiscreteArray(2), "b": (specs.DiscreteArray(3), specs.DiscreteArray(4))})
    assert nested == spaces.Dict(a=spaces.Discrete(2), b=spaces.Tuple([spaces.Discrete(3), spaces.Discrete(4)]))
    with pytest.raises(UnsupportedSpace, match="cannot be learned from"):
        space_of(specs.StringArray((1,)))


def test_what_goes_wrong_is_told():
    with pytest.raises(InvalidArgument, match="before it was reset"):
        make(Count()).step(np.float32([0]))
    job = make(Count(nan_at=1))
    job.reset()
    job.step(np.float32([0]))
    with pytest.raises(UnfitTimeStep, match=r"observation\[0, 1\] is nan"):
        job.step(np.float32([0]))
    broken = Count()
    broken.step = lambda action: 1 / 0
    job = make(broken)
    job.reset()
    with pytest.raises(JobFailed, match="raised ZeroDivisionError: division by zero in step 1"):
        job.step(np.float32([0]))


@pytest.mark.parametrize("discount", [np.nan, "1", 2.0, None, [0.0, 1.0]])
def test_a_discount_that_is_none_is_not_learned_from(discount):
    job = make(Count())
    job.reset()
    job.env.step = lambda action: dm_env.TimeStep(dm_env.StepType.MID, 1.0, discount, np.zeros((1, 2), np.float32))
    with pytest.raises(UnfitTimeStep, match=r"discount is .*, not a number from 0 to 1 \(Count, step 1\)"):
        job.step(np.float32([0]))


def test_an_agent_works_at_one():
    stint = Agent().learn(Count(), 60)
    assert (stint.name, stint.steps, stint.episodes, stint.unfit) == ("Count", 60, 20, 0)
