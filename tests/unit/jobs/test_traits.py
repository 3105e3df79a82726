"""Whether an environment is the one whose state was saved."""

from __future__ import annotations

import random

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from job_toys import Walk

from trainee.jobs import GymnasiumJob
from trainee.jobs.traits import CHANGED, as_made, differing, traits

RIGHT = np.float32([1])


class Started(Walk):
    """One that begins an episode as it is made, with a generator that nobody has seeded."""

    def __init__(self, price=1.0):
        super().__init__(windy=True)
        self.price, self.dice, self.engine = price, random.Random(), object()
        self.reset()
        self.step(1)


def worked(job, steps=2):
    job.reset()
    for _ in range(steps):
        job.step(RIGHT)
    return job


def test_traits_are_those_of_every_layer():
    found = traits(TimeLimit(Walk(goal=5), 9))
    assert {"0 TimeLimit._max_episode_steps", "1 Walk.goal", "1 Walk.place"} <= found.keys()
    other = differing(found, traits(TimeLimit(Walk(goal=5), 8)))
    assert other == ["0 TimeLimit._max_episode_steps", "0 TimeLimit._saved_kwargs"]


def test_chance_and_what_a_reset_changes_make_no_other_environment():
    one, other = Started(), Started()
    before = traits(one)
    assert not [name for name in before if "random" in name or "dice" in name or "engine" in name]
    one.reset()
    made = as_made(before, traits(one))
    assert made["0 Started.place"] == made["0 Started.log"] == CHANGED
    assert differing(traits(other), made) == []
    assert differing(traits(Started(price=-5.0)), made) == ["0 Started.price"]
    other.bonus = 1
    assert differing(traits(other), made) == ["0 Started.bonus"]


def test_one_that_stands_as_it_was_left_is_put_back():
    env = Walk(goal=9)
    saved = worked(GymnasiumJob(env)).saved()
    assert GymnasiumJob(env).restore(saved)
    assert env.place == [2]


def test_one_with_other_settings_keeps_them_and_says_so():
    env = TimeLimit(Walk(goal=9), 20)
    saved = worked(GymnasiumJob(env)).saved()
    env.unwrapped.goal = 7
    with pytest.warns(UserWarning, match=r"Walk is not .* left here: Walk.goal changed.*an episode begins"):
        assert not GymnasiumJob(env).restore(saved)
    assert env.unwrapped.goal == 7
    with pytest.warns(UserWarning, match=r"TimeLimit\._max_episode_steps"):
        assert not GymnasiumJob(TimeLimit(Walk(goal=9), 5)).restore(saved)


def test_one_that_was_used_since_is_not_put_back():
    env = Walk(goal=9)
    saved = worked(GymnasiumJob(env)).saved()
    worked(GymnasiumJob(env))
    assert not GymnasiumJob(env).restore(saved)


def test_it_is_still_as_it_was_made_after_it_was_put_back():
    env = Walk(goal=9)
    saved = worked(GymnasiumJob(env)).saved()
    again = GymnasiumJob(env)
    assert again.restore(saved)
    other = GymnasiumJob(Walk(goal=9))
    assert other.restore(worked(again).saved())
    assert other.env.place == [2]


def test_a_state_that_does_not_tell_whose_it_is_is_not_taken():
    saved = worked(GymnasiumJob(gymnasium.make("CartPole-v1"))).saved()
    del saved["traits"]
    assert not GymnasiumJob(gymnasium.make("CartPole-v1")).restore(saved)
