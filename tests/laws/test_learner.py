"""What holds for every stream of time steps that a learner meets."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainee.learner import Constants, Learner, exploration, replay, running, value
from trainee.types import JobSpec, Observation, Signature, TimeStep

STEPS = 6
SIGNATURE = Signature(3, (4,), (), (3, 2), (False, False), "law")
SMALL = dataclasses.replace(Constants(), replay_steps=4, heads=3, windows=2, window_steps=2, prior_width=8)
LEARNER = Learner(JobSpec(SIGNATURE, masked=True), width=8, constants=SMALL)
EVERYTHING = np.ones((STEPS, 2, 3), bool)

law = settings(deadline=None, max_examples=20)
seeds = st.integers(0, 2**31 - 1)
chances = st.floats(0, 1, exclude_max=True, width=32)
any_floats = st.floats(allow_nan=False, allow_infinity=False, width=32)


def arrays(numbers, shape):
    size = int(np.prod(shape))
    return st.lists(numbers, min_size=size, max_size=size).map(lambda xs: np.array(xs, np.float32).reshape(shape))


def row(size):
    return st.lists(st.booleans(), min_size=size, max_size=size).filter(any)


masks = st.lists(st.tuples(row(3), row(2)), min_size=STEPS, max_size=STEPS).map(
    lambda rows: np.array([[first, [*second, True]] for first, second in rows])
)
observations = arrays(st.floats(-10, 10, width=32), (STEPS, 3))
rewards = arrays(st.floats(-1, 1, width=32), (STEPS,))
# Where an episode ends: not at all, at a time limit, at termination.
ends = st.lists(st.sampled_from([None, 1.0, 0.0]), min_size=STEPS, max_size=STEPS)
compiled = {}


def lived(seed, numeric, reward, ending, mask=EVERYTHING):
    """The state after a life of some time steps, and the decisions in it."""

    @jax.jit
    def life(key, stream):
        return jax.lax.scan(LEARNER.step, LEARNER.init(key), stream)

    ended = np.array([end is not None for end in ending])
    discount = np.array([1.0 if end is None else end for end in ending], np.float32)
    categories = np.arange(STEPS, dtype=np.int32)[:, None] % 4
    observation = Observation(numeric, categories, ())
    stream = TimeStep(observation, reward, discount, np.array([True, *ended[:-1]]), ended, mask)
    return compiled.setdefault("life", life)(jax.random.key(seed), stream)


def has_nan(tree):
    return any(np.any(np.isnan(leaf)) for leaf in jax.tree.leaves(eqx.filter(tree, eqx.is_inexact_array)))


@law
@given(seeds, observations, rewards, ends, masks)
def test_what_is_forbidden_is_never_decided(seed, numeric, reward, ending, mask):
    _, decisions = lived(seed, numeric, reward, ending, mask)
    chosen = np.asarray(decisions.action).astype(int)
    assert np.array_equal(chosen, decisions.action)
    assert np.all((chosen >= 0) & (chosen < [3, 2]))
    assert np.all(np.take_along_axis(mask, chosen[..., None], axis=2))


@law
@given(seeds, observations, rewards, ends, masks)
def test_a_decision_is_likely_and_sure_of_nothing_negative(seed, numeric, reward, ending, mask):
    state, decisions = lived(seed, numeric, reward, ending, mask)
    propensity = np.asarray(decisions.propensity)
    assert np.all((propensity > 0) & (propensity < 1 + 1e-6))
    assert np.all(np.asarray(decisions.spread) >= 0)
    assert not has_nan((state, decisions))


@law
@given(seeds, arrays(any_floats, (STEPS, 3)), rewards, ends)
def test_no_observation_makes_nan(seed, numeric, reward, ending):
    assert not has_nan(lived(seed, numeric, reward, ending))


@law
@given(seeds, observations, arrays(any_floats, (STEPS,)), ends)
def test_no_reward_makes_nan(seed, numeric, reward, ending):
    assert not has_nan(lived(seed, numeric, reward, ending))


@law
@given(seeds, observations, rewards, ends, st.integers(-20, 20))
def test_the_unit_of_the_reward_does_not_matter(seed, numeric, reward, ending, power):
    reward = np.round(reward, 3)
    factor = np.float32(2.0**power)
    state, decisions = lived(seed, numeric, reward, ending)
    scaled_state, scaled = lived(seed, numeric, factor * reward, ending)
    np.testing.assert_array_equal(decisions.action, scaled.action)
    np.testing.assert_array_equal(factor * state.interface.peak, scaled_state.interface.peak)
    if state.interface.peak > 0:
        np.testing.assert_allclose(scaled.value[-1], factor * decisions.value[-1], rtol=1e-5)


constant_values = st.floats(-100, 100, width=32)
unit_lists = st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4)


@law
@given(constant_values, unit_lists, unit_lists)
def test_rewards_that_agree_with_the_values_are_the_values_return(constant, discount, trace):
    discount, same = np.array(discount, np.float32), np.full(4, constant, np.float32)
    returns = jax.jit(value.lambda_return)((1 - discount) * same, discount, same, np.array(trace, np.float32))
    np.testing.assert_allclose(returns, same, rtol=1e-4, atol=1e-4)


@law
@given(arrays(st.floats(0, 4, width=32), (3,)))
def test_interpolation_reads_back_the_coordinate(action):
    weights = np.asarray(jax.jit(value.interpolation, static_argnums=1)(action, 5))
    assert np.all(weights >= 0)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(weights @ np.arange(5), action, atol=1e-5)


@law
@given(st.lists(st.floats(-100, 100, width=16), min_size=1, max_size=30))
def test_the_normaliser_is_exact(numbers):
    observe, normaliser = jax.jit(running.observe, static_argnums=2), running.init_normaliser(1)
    for number in numbers:
        normaliser = observe(normaliser, jnp.array([number], jnp.float32), 1000)
    spread = max(np.abs(numbers))
    np.testing.assert_allclose(normaliser.mean[0], np.mean(numbers), rtol=1e-4, atol=1e-5 * spread)
    np.testing.assert_allclose(normaliser.variance[0], np.var(numbers), rtol=1e-3, atol=1e-5 * spread**2)
    clipped = jax.jit(running.normalised)(normaliser, jnp.array(numbers[-1:], jnp.float32))
    assert abs(float(clipped[0])) <= running.CLIP


@law
@given(st.integers(3, 40), st.lists(chances, min_size=3, max_size=3))
def test_windows_are_of_consecutive_time_steps(written, chance):
    def experience(number):
        nothing = Observation(jnp.zeros(0), jnp.zeros(0, jnp.int32), ())
        step = TimeStep(nothing, jnp.float32(number), jnp.float32(1), jnp.array(False), jnp.array(False))
        return replay.Experience(step, jnp.full(1, number, jnp.float32))

    # A ring of 7, round which the time steps go.
    ring, remember = replay.init_replay(experience(0), 7), jax.jit(replay.remember)
    for number in range(written):
        ring = remember(ring, experience(number))
    read = jax.jit(replay.windows, static_argnums=2)
    found, actions = read(ring, np.array(chance, np.float32), 3, experience(0))
    assert found.reward[0].tolist() == [written - 3, written - 2, written - 1]
    assert np.all(np.diff(found.reward, axis=1) == 1)
    assert np.all((found.reward >= max(0, written - 7)) & (found.reward < written))
    np.testing.assert_array_equal(actions[..., 0], found.reward)


@law
@given(chances, chances, st.booleans(), st.integers(0, 9))
def test_the_head_in_charge_is_one_of_them(whether, which, first, head):
    draw = jax.jit(exploration.drawn_head, static_argnums=(3, 4))
    drawn = int(draw(np.array([whether, which], np.float32), np.array(head), np.array(first), 10, 1e-3))
    assert 0 <= drawn < 10
    assert first or whether < 1e-3 or drawn == head
