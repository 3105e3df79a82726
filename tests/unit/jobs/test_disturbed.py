"""Disturbed jobs: what is asked for, seen and paid, and what comes of it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import InvalidArgument, UnsupportedSpace
from trainee.jobs import TracedJob, gymnax_job
from trainee.jobs.disturbed import Disturbed

KEYS = jax.random.split(jax.random.key(3), 400)


class Echo:
    """Pays the action that was done. What is seen is the time, a constant, and a place."""

    action_space = spaces.Discrete(5)
    observation_space = spaces.Dict(
        {
            "numbers": spaces.Box(np.array([0, -9], np.float32), np.array([4, 9], np.float32)),
            "place": spaces.Discrete(3),
        }
    )

    def _seen(self, time):
        return {"numbers": jnp.stack([time.astype(jnp.float32), jnp.float32(7)]), "place": jnp.int32(2)}

    def reset(self, key):
        return jnp.int32(0), self._seen(jnp.int32(0))

    def step(self, key, state, action):
        time = state + 1
        return time, self._seen(time), action.astype(jnp.float32), time == 4, jnp.array(False)


def paid(job, key, actions):
    state, _ = job.reset(key)
    rewards = []
    for action in actions:
        key, now = jax.random.split(key)
        state, _, reward, _, _ = job.step(now, state, jnp.int32(action))
        rewards.append(float(reward))
    return rewards


def test_undisturbed_it_is_what_it_was():
    job = Disturbed(Echo())
    _, seen = job.reset(KEYS[0])
    assert seen["numbers"].tolist() == [0, 7]
    assert paid(job, KEYS[0], [4, 1, 3]) == [4, 1, 3]


def test_what_sticks_is_done_again_but_not_over_the_end_of_an_episode():
    job = Disturbed(Echo(), sticky=1.0)
    assert paid(job, KEYS[0], [4, 1, 3]) == [4, 4, 4]
    assert paid(job, KEYS[0], [2, 1]) == [2, 2]


def test_it_sticks_as_often_as_asked():
    job = Disturbed(Echo(), sticky=0.25)
    state, _ = job.reset(KEYS[0])
    state = job.step(KEYS[0], state, jnp.int32(4))[0]
    rewards = jax.vmap(lambda key: job.step(key, state, jnp.int32(1))[2])(KEYS)
    assert 0.18 < np.mean(np.asarray(rewards) == 4) < 0.32


def test_rewards_are_told_in_another_unit():
    assert paid(Disturbed(Echo(), scale=10.0), KEYS[0], [4, 1]) == [40, 10]


def test_numbers_are_blurred_by_what_they_vary_and_stay_in_their_bounds():
    job = Disturbed(Echo(), noise=0.5)
    state, _ = job.reset(KEYS[0])
    seen = jax.vmap(lambda key: job.step(key, state, jnp.int32(0))[1])(KEYS)
    time, constant = np.asarray(seen["numbers"]).T
    # Under random play it is 1, 2, 3 or 4, as often each, and so 1 on the mean with a standard deviation of 1.12.
    assert time.mean() == pytest.approx(1, abs=0.1)
    assert time.std() == pytest.approx(0.56, abs=0.08)
    assert time.min() >= 0
    # What never varies is known without error.
    assert (constant == 7).all()


def test_a_choice_is_drawn_anew_as_often_as_asked():
    job = Disturbed(Echo(), noise=0.5)
    place = np.asarray(jax.vmap(lambda key: job.reset(key)[1]["place"])(KEYS))
    # Drawn anew half of the time, and then what it was in a third of them.
    assert np.mean(place == 2) == pytest.approx(2 / 3, abs=0.1)
    assert set(place.tolist()) == {0, 1, 2}


def test_a_scan_can_carry_it_and_vmap_runs_many():
    job = TracedJob(Disturbed(Echo(), 0.1, 0.25, 10.0))

    def one(key):
        begun = job.reset(key)

        def step(carry, key):
            following = job.advance(key, carry[0], carry[1].last, jnp.float32([3]))
            return following, following[1].reward

        return jax.lax.scan(step, begun, jax.random.split(key, 9))[1]

    rewards = np.asarray(jax.jit(jax.vmap(one))(KEYS[:2]))
    # Four steps an episode, and the first time step of the next brings nothing.
    assert rewards.tolist() == [[30, 30, 30, 30, 0, 30, 30, 30, 30]] * 2


@pytest.mark.parametrize(
    ("strength", "message"),
    [({"noise": -0.1}, "noise is -0.1"), ({"sticky": 1.5}, "sticky is 1.5"), ({"scale": 0.0}, "scale is 0.0")],
)
def test_strengths_that_cannot_be(strength, message):
    with pytest.raises(InvalidArgument, match=message):
        Disturbed(Echo(), **strength)


def test_whole_numbers_without_bounds_cannot_be_drawn_anew():
    class Counter(Echo):
        observation_space = spaces.Box(-(2**31), 2**31 - 1, (), np.int32)

        def _seen(self, time):
            return time

    job = Disturbed(Counter(), noise=0.1)
    with pytest.raises(UnsupportedSpace, match="bound their numbers"):
        job.reset(KEYS[0])


@pytest.mark.parametrize("name", ["CartPole-v1", "Catch-bsuite", "BernoulliBandit-misc"])
def test_jobs_that_begin_with_numbers_of_python(name):
    pytest.importorskip("gymnax")
    traced = TracedJob(Disturbed(gymnax_job(name), noise=0.1))
    state, begun = traced.reset(KEYS[0])
    _, following = traced.advance(KEYS[1], state, begun.last, traced.random_action(KEYS[2]))
    assert jax.tree.map(jnp.shape, following.observation) == jax.tree.map(jnp.shape, begun.observation)
