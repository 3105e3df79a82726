from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import InvalidArgument, JobFailed, UnfitTimeStep
from trainee.jobs import HostJaxJob, JaxJob, Job, TracedJob


class Climb:
    """Up or not, to the goal or until four steps are over; the state is the height, the count, and a key."""

    observation_space = spaces.Box(-100, 100, (1,))
    action_space = spaces.Discrete(2, start=1)

    def __init__(self, goal=2, reward=1.0):
        self.goal, self.reward = goal, reward

    def reset(self, key):
        height = jax.random.uniform(key, (1,), maxval=0.5)
        return (height, 0, key), height

    def step(self, key, state, action):
        height, count, kept = state
        height = height + (action - 1)
        reward = self.reward * (action - 1)
        over = height[0] >= self.goal
        return (height, count + 1, kept), height, reward, over, count + 1 >= 4


UP, STAY = np.float32([1]), np.float32([0])


def test_the_protocols_hold():
    assert isinstance(Climb(), JaxJob)
    assert isinstance(HostJaxJob(Climb()), Job)


def test_time_steps_inside_jit():
    job = TracedJob(Climb())
    assert job.spec.signature.choices == (2,)
    state, first = jax.jit(job.reset)(jax.random.key(0))
    assert (first.reward, first.discount, first.first, first.last) == (0, 1, True, False)
    state, step = jax.jit(job.step)(jax.random.key(1), state, jnp.array([1.0]))
    assert (step.reward, step.discount, step.first, step.last) == (1, 1, False, False)
    np.testing.assert_allclose(step.observation.numeric, first.observation.numeric + 1)
    _, step = jax.jit(job.step)(jax.random.key(2), state, jnp.array([1.0]))
    assert (step.reward, step.discount, step.first, step.last) == (1, 0, False, True)
    assert step.reward.dtype == jnp.float32


def rolled(job, actions, seed=0):
    def one(carry, action):
        state, last, key = carry
        key, step_key = jax.random.split(key)
        state, step = job.advance(step_key, state, last, action)
        return (state, step.last, key), step

    reset_key, key = jax.random.split(jax.random.key(seed))
    state, first = job.reset(reset_key)
    return first, jax.lax.scan(one, (state, first.last, key), actions)[1]


def test_a_scan_goes_through_episodes_of_both_ends():
    actions = jnp.array([1, 1, 0, 0, 0, 0, 0, 1, 1], jnp.float32)[:, None]
    _, steps = rolled(TracedJob(Climb()), actions)
    assert steps.first.tolist() == [False, False, True, False, False, False, False, True, False]
    assert steps.last.tolist() == [False, True, False, False, False, False, True, False, False]
    assert steps.discount.tolist() == [1, 0, 1, 1, 1, 1, 1, 1, 1]
    assert steps.reward.tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 1]
    # A first time step is of a new episode, with a start of its own.
    assert 0 <= steps.observation.numeric[2, 0] < 0.5


def test_many_seeds_under_vmap_are_each_as_alone():
    job, actions = TracedJob(Climb()), jnp.ones((6, 1))
    _, together = jax.vmap(lambda seed: rolled(job, actions, seed))(jnp.arange(3))
    _, alone = rolled(job, actions, 2)
    jax.tree.map(lambda many, one: np.testing.assert_allclose(many[2], one), together, alone)
    assert len(set(together.observation.numeric[:, 0, 0].tolist())) == 3


class TestOnTheHost:
    def test_time_steps_have_numpy_leaves(self):
        job = HostJaxJob(Climb(), seed=3)
        step = job.reset()
        assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(step))
        assert step.first
        assert job.step(UP).reward == 1
        assert job.step(UP).discount == 0
        assert job.steps == 2
        assert job.name == "Climb"

    def test_it_goes_on_as_it_would_have(self):
        job, other = HostJaxJob(Climb(), seed=3), HostJaxJob(Climb(), seed=4)
        assert job.saved() is None
        job.reset()
        job.step(UP)
        assert other.restore(job.saved())
        assert other.steps == 1
        for act in (lambda j: j.step(STAY), lambda j: j.reset(), lambda j: j.step(UP)):
            one, same = act(job), act(other)
            jax.tree.map(np.testing.assert_array_equal, one, same)

    def test_what_another_job_saved_is_refused(self):
        job = HostJaxJob(Climb())
        job.reset()
        saved = job.saved()
        assert not job.restore({**saved, "leaf/0": np.zeros(7)})
        assert not job.restore({})

    def test_a_step_before_the_reset_is_refused(self):
        with pytest.raises(InvalidArgument, match="before it was reset"):
            HostJaxJob(Climb()).step(UP)

    def test_what_is_raised_is_told(self):
        class Broken(Climb):
            def step(self, key, state, action):
                raise ValueError("no such rung")

        job = HostJaxJob(Broken())
        job.reset()
        with pytest.raises(JobFailed, match="Broken raised ValueError: no such rung after step 0"):
            job.step(UP)

    def test_what_is_not_a_number_is_unfit(self):
        job = HostJaxJob(Climb(reward=float("nan")))
        job.reset()
        with pytest.raises(UnfitTimeStep, match=r"NaN or infinity \(Climb, step 1\)") as fault:
            job.step(UP)
        assert not fault.value.last
