from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import running

LONG = 20_000

observe = jax.jit(running.observe, static_argnums=2)
normalised = jax.jit(running.normalised)
observe_return = jax.jit(running.observe_return, static_argnums=(3, 4))
unit = jax.jit(running.unit)


def normaliser_after(observations, memory_steps=LONG):
    normaliser = running.init_normaliser(len(observations[0]))
    for numeric in observations:
        normaliser = observe(normaliser, jnp.array(numeric, jnp.float32), memory_steps)
    return normaliser


def scales_after(rewards, firsts, discount, memory_steps):
    scale, scales = running.ReturnScale(jnp.zeros(()), jnp.zeros(())), []
    for reward, first in zip(rewards, firsts, strict=True):
        scale = observe_return(scale, jnp.float32(reward), jnp.array(first), discount, memory_steps)
        scales.append(scale)
    return scales


def test_mean_and_variance_are_those_of_all_observations():
    observations = np.random.default_rng(0).normal([0.0, -3.0, 1e4], [1.0, 0.01, 500.0], (50, 3))
    normaliser = normaliser_after(observations)
    np.testing.assert_allclose(normaliser.mean, observations.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(normaliser.variance, observations.var(axis=0), rtol=1e-3)
    np.testing.assert_allclose(
        normalised(normaliser, jnp.array(observations[7], jnp.float32)),
        (observations[7] - observations.mean(axis=0)) / observations.std(axis=0),
        rtol=1e-2,
    )


def test_beyond_its_memory_the_average_is_exponential():
    # Rates 1, 1/2, then 1/2 again where an exact mean would take 1/3.
    normaliser = normaliser_after([[0.0], [4.0], [4.0]], memory_steps=2)
    assert normaliser.mean[0] == 3.0
    assert normaliser.variance[0] == 3.0


def test_zeros_and_ones_pass_unchanged():
    rare = [[0.0, 1.0]] * 99 + [[1.0, 0.0]]
    normaliser = normaliser_after(rare)
    assert normalised(normaliser, jnp.array([1.0, 0.0])).tolist() == [1.0, 0.0]
    assert normalised(normaliser, jnp.array([0.0, 1.0])).tolist() == [0.0, 1.0]


def test_what_was_once_neither_zero_nor_one_is_standardised_ever_after():
    normaliser = normaliser_after([[0.0], [0.5], [1.0]])
    np.testing.assert_allclose(normalised(normaliser, jnp.array([1.0])), [np.sqrt(1.5)], rtol=1e-5)


@pytest.mark.parametrize("constant", [3.7, -0.1, 1e-12, 1e6, 1e-30, 16_777_217.0])
def test_a_constant_observation_is_zero(constant):
    normaliser = normaliser_after([[constant]] * 40)
    assert normalised(normaliser, jnp.array([constant], jnp.float32)).tolist() == [0.0]


def test_a_jump_is_clipped_and_stays_finite():
    normaliser = normaliser_after([[0.1], [0.2], [0.3]] * 20)
    seen = []
    for numeric in [1e6, 0.2, 0.1]:
        normaliser = observe(normaliser, jnp.array([numeric], jnp.float32), LONG)
        seen.append(float(normalised(normaliser, jnp.array([numeric], jnp.float32))[0]))
    assert seen[0] == running.CLIP
    assert np.all(np.isfinite(seen))
    assert np.all(np.abs(seen) <= running.CLIP)


def test_one_leap_does_not_drown_what_is_usual_and_a_new_level_is_got_used_to():
    usual = np.random.default_rng(0).normal(3.0, 0.1, (1_000, 1))
    before = normaliser_after(usual)
    once = observe(before, jnp.array([1e6]), LONG)
    # A leap of a hundred deviations, at a rate of a thousandth, is ten variances more.
    np.testing.assert_allclose(once.variance / before.variance, 11.0, rtol=0.01)
    np.testing.assert_allclose(once.mean - before.mean, 100 * np.sqrt(before.variance) / 1001, rtol=1e-3)
    for _ in range(100):
        once = observe(once, jnp.array([1e6]), LONG)
    assert 1e5 < float(jnp.sqrt(once.variance[0])) < 1e7
    assert abs(float(normalised(once, jnp.array([1e6]))[0])) < running.CLIP


@pytest.mark.parametrize("steps", [5, 50, 99])
def test_an_early_leap_counts_as_a_hundred_deviations(steps):
    before = normaliser_after(np.random.default_rng(0).normal(3.0, 0.1, (steps, 1)))
    once = observe(before, jnp.array([1e6]), LONG)
    np.testing.assert_allclose(once.variance / before.variance, 1 + 1e4 / (steps + 1), rtol=0.3)
    for _ in range(20):
        once = observe(once, jnp.array([1e6]), LONG)
    assert once.variance[0] > 1e10


def test_the_first_leap_of_what_never_varied_is_left_out_and_the_next_counts():
    before = normaliser_after([[3.0]] * 200)
    once = observe(before, jnp.array([1e6]), LONG)
    assert (once.mean[0], once.variance[0]) == (3.0, 0.0)
    seen = [once := observe(once, jnp.array([value]), LONG) for value in (3.0, 3.0, 7.0, 7.0, 3.0)]
    assert float(seen[-1].mean[0]) == pytest.approx(3.0, abs=0.1)
    assert 0 < seen[-1].variance[0] < 1
    # What comes now and then is told apart by how large it is.
    rare = normaliser_after([[value] for value in [0.0] * 100 + ([0.0] * 24 + [2.0] + [0.0] * 24 + [7.0]) * 40])
    small, large = (float(normalised(rare, jnp.array([value]))[0]) for value in (2.0, 7.0))
    assert 0 < small < large


@pytest.mark.parametrize("largest", [1e18, 1e20, 3e38])
def test_the_largest_numbers_leave_no_nan_behind(largest):
    normaliser = running.init_normaliser(1)
    for numeric in [largest, -largest, largest, 1.0]:
        normaliser = observe(normaliser, jnp.array([numeric], jnp.float32), LONG)
        assert np.isfinite(normalised(normaliser, jnp.array([numeric], jnp.float32)))[0]


def test_the_statistics_of_a_part_are_those_of_its_numbers_alone():
    observations = np.random.default_rng(0).normal([2.0, -3.0, 1e4], 5.0, (20, 3))
    observations[:, 1] = 1.0
    part = running.part(normaliser_after(observations), 2)
    alone = normaliser_after(observations[:, :2])
    np.testing.assert_allclose(part.mean, alone.mean, rtol=1e-6)
    np.testing.assert_allclose(part.variance, alone.variance, rtol=1e-6)
    assert (part.count, part.binary.tolist()) == (20, [False, True])


def test_nothing_is_observed_of_no_numbers():
    normaliser = normaliser_after([[]] * 3)
    assert normalised(normaliser, jnp.zeros(0)).shape == (0,)


def test_peak_is_the_largest_discounted_sum_of_rewards():
    rewards, firsts = [7.0, 2.0, 3.0, -10.0], [True, False, False, False]
    scales = scales_after(rewards, firsts, discount=0.5, memory_steps=10)
    # The reward of a first time step counts for nothing; then 2, 0.5·2 + 3, 0.5·4 − 10.
    assert [float(s.sum) for s in scales] == [0.0, 2.0, 4.0, -8.0]
    assert [float(unit(s.peak)) for s in scales] == [1.0, 2.0, 4.0, 8.0]


def test_the_peak_decays_and_an_episode_begins_at_nothing():
    scales = scales_after([0.0, 8.0, 5.0, 0.0], [True, False, True, False], discount=0.5, memory_steps=10)
    assert [float(s.sum) for s in scales] == [0.0, 8.0, 0.0, 0.0]
    np.testing.assert_allclose([float(s.peak) for s in scales], [0.0, 8.0, 7.2, 6.48], rtol=1e-6)


def test_the_unit_is_one_while_all_rewards_are_zero():
    scales = scales_after([0.0] * 5, [True, False, False, True, False], discount=0.99, memory_steps=100)
    assert [float(unit(s.peak)) for s in scales] == [1.0] * 5


def test_the_unit_grows_with_the_rewards():
    rewards, firsts = [0.0, 1.0, -2.0, 0.5], [True, False, False, False]
    plain = scales_after(rewards, firsts, 0.9, 100)[-1]
    tiny = scales_after([1e-6 * r for r in rewards], firsts, 0.9, 100)[-1]
    np.testing.assert_allclose(unit(tiny.peak), 1e-6 * unit(plain.peak), rtol=1e-5)
