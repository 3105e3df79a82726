"""Between which bounds returns will lie, by hand and by how many do."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner.calibration import FOLLOWED, RATE, START, VALUE, WEIGHT, followed, init_calibration, interval

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])


def told(known, reward=0.0, discount=1.0, first=False, last=False, value=0.0, spread=0.0, ahead=0.5, variant=None):
    """After one more time step."""
    floats = [jnp.array(number, jnp.float32) for number in (value, spread, ahead)]
    said = jnp.array(reward, jnp.float32), jnp.array(discount, jnp.float32), jnp.array(first), jnp.array(last)
    return (variant or eqx.filter_jit(followed))(known, *said, *floats)


def episode(known, rewards, value=0.0, terminated=True, **rest):
    """After an episode in which every value was the same."""
    known = told(known, first=True, value=value, **rest)
    for reward in rewards[:-1]:
        known = told(known, reward, value=value, **rest)
    return told(known, rewards[-1], 0.0 if terminated else 1.0, last=True, value=value, **rest)


@variants
def test_what_comes_of_a_step_is_discounted_as_it_was_decided(variant):
    jitted = variant(followed)
    known = told(init_calibration(), first=True, value=0.5, variant=jitted)
    known = told(known, 1.0, value=0.25, ahead=0.1, variant=jitted)
    known = told(known, 2.0, 0.0, last=True, variant=jitted)
    # 1 + 0.5 · 2 less 0.5, and 2 less 0.25: on the mean 1.625 from zero.
    assert float(known.usual[1]) == pytest.approx(1.625)
    assert (int(known.counted[1]), int(known.counted[0]), float(known.usual[0])) == (2, 1, 1.0)


def test_a_time_limit_leaves_the_value_to_come():
    known = episode(init_calibration(), [1.0], value=0.5, terminated=False)
    # 1 + 0.5 · 0.5 less 0.5.
    assert float(known.usual[1]) == pytest.approx(0.75)


def test_bounds_move_away_from_what_lies_beyond_them_and_else_together():
    known = episode(init_calibration(), [1.0])
    for came, low, high in ((1.0, 0.1, -0.1), (100.0, 0.1, 0.9), (-100.0, -0.9, -0.1)):
        after = episode(known, [came])
        np.testing.assert_allclose((after.bounds - known.bounds)[:, 0], [low * RATE, high * RATE], rtol=1e-4)


def test_an_episode_that_is_cut_off_says_nothing():
    known = told(told(init_calibration(), first=True), 5.0)
    after = told(known, first=True)
    assert (int(after.counted[1]), int(after.counted[0])) == (0, 0)
    assert int(jnp.sum(after.table[WEIGHT] >= 0)) == 1


def test_an_episode_that_never_ends_counts_as_over_after_three_horizons():
    known = told(init_calibration(), 0.0, first=True)
    # A horizon of two steps; what comes after three of them counts 1/64 for the first step.
    for _ in range(5):
        known = told(known, 1.0)
    assert int(known.counted[1]) == 0
    known = told(known, 1.0)
    # Of six steps that were followed the last three count more than a tenth yet, and are let go.
    assert (int(known.counted[1]), int(known.counted[0])) == (3, 1)
    assert int(jnp.sum(known.table[WEIGHT] >= 0)) == 1


def test_steps_are_drawn_evenly_from_an_episode():
    long, times = 40, np.zeros(40)

    def step(known, now):
        at = now % long
        one = jnp.ones(())
        said = 0.0 * one, one, at == 0, at == long
        return followed(known, *said, at * one, 0.0 * one, 0.9999 * one), known.table[VALUE]

    known = init_calibration()
    for _ in range(500):
        now = jnp.arange(long)
        known = jax.lax.scan(step, known, now)[0]
        times[np.asarray(known.table[VALUE], int)] += 1
    share = FOLLOWED / long
    assert times.sum() == 500 * FOLLOWED
    # That one of 40 is more than 4.5 deviations away happens to one draw in 4,000.
    assert np.all(np.abs(times - 500 * share) < 4.5 * np.sqrt(500 * share * (1 - share)))


def test_the_interval_holds_four_fifths_of_what_comes():
    """Also where the scatter depends on the value, and the values are wrong."""
    draw = np.random.default_rng(0)
    count = 6000
    value = draw.uniform(0, 1, count).astype(np.float32)
    came = (0.2 + value + (0.1 + value) * draw.normal(size=count)).astype(np.float32)
    one, no = jnp.ones(()), jnp.zeros((), bool)

    def step(known, now):
        value, came = now
        bounds = interval(known, value, 0.1 * one)
        known = followed(known, 0 * one, one, ~no, no, value, 0.1 * one, 0.9 * one)
        known = followed(known, came, 0 * one, no, ~no, 0 * one, 0 * one, 0.9 * one)
        return known, (bounds[0] <= came) & (came <= bounds[1])

    _, within = jax.lax.scan(step, init_calibration(), (jnp.array(value), jnp.array(came)))
    late = np.asarray(within[count // 2 :])
    small = value[count // 2 :] < 0.5
    # 3,000 steps have a deviation of 0.7%, and the bounds waver by about as much.
    assert np.mean(late) == pytest.approx(0.8, abs=0.03)
    assert np.mean(late[small]) == pytest.approx(0.8, abs=0.06)
    assert np.mean(late[~small]) == pytest.approx(0.8, abs=0.06)


def test_before_anything_has_come_the_spread_is_all_there_is():
    bounds = interval(init_calibration(), jnp.array(2.0), jnp.array(0.5))
    np.testing.assert_allclose(bounds, [2 - 0.5 * START, 2 + 0.5 * START], rtol=1e-6)


def test_bounds_that_have_crossed_are_put_in_order():
    crossed = dataclasses.replace(init_calibration(), bounds=jnp.array([[1.0, 0, 0], [-1.0, 0, 0]]))
    bounds = interval(crossed, jnp.array(0.0), jnp.array(1.0))
    np.testing.assert_allclose(bounds, [-1, 1])


def test_lines_that_have_crossed_find_back():
    known = dataclasses.replace(init_calibration(), bounds=jnp.array([[20.0, 0, 0], [-20.0, 0, 0]]))
    within = []
    for came in np.random.default_rng(0).normal(size=600):
        low, high = interval(known, jnp.array(0.0), jnp.array(0.0))
        within.append(low <= came <= high)
        known = episode(known, [came])
    assert known.bounds[0, 0] < known.bounds[1, 0]
    # 300 draws have a deviation of 2.3%.
    assert np.mean(within[300:]) == pytest.approx(0.8, abs=0.08)


def test_batches_are_the_same_as_one_by_one():
    alone = [told(init_calibration(), first=True, value=0.3), episode(init_calibration(), [1.0, 2.0])]
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *alone)
    numbers = jnp.array([0.5, -1.0])
    batched = jax.vmap(lambda k, r: followed(k, r, *map(jnp.array, (1.0, False, False, 0.1, 0.2, 0.9))))
    after = batched(together, numbers)
    for i, known in enumerate(alone):
        expected = told(known, numbers[i], value=0.1, spread=0.2, ahead=0.9)
        jax.tree.map(lambda a, b, i=i: np.testing.assert_allclose(a[i], b, rtol=1e-6), after, expected)


def test_numbers_stay_finite_whatever_comes():
    known = episode(init_calibration(), [1e15, -1e15, 0.0], value=1e12)
    known = episode(known, [0.0], spread=1e10)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(known))
    assert np.all(np.isfinite(interval(known, jnp.array(1e12), jnp.array(1e10))))
