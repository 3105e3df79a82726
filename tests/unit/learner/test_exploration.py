from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import exploration

NORMAL_TOP = 1 / np.sqrt(2 * np.pi)


def floats(*numbers):
    return jnp.array(numbers, jnp.float32)


def drawn(chance, first, head=2):
    draw = jax.jit(exploration.drawn_head, static_argnums=(3, 4))
    return int(draw(floats(*chance), jnp.array(head), jnp.array(first), 4, 10.0))


def test_an_episode_begins_with_a_new_head():
    assert drawn((0.99, 0.0), first=True) == 0
    assert drawn((0.99, 0.49), first=True) == 1
    assert drawn((0.99, 0.9999), first=True) == 3


def test_within_an_episode_the_head_changes_once_in_a_while():
    assert drawn((0.5, 0.0), first=False) == 2
    assert drawn((0.11, 0.0), first=False) == 2
    assert drawn((0.09, 0.0), first=False) == 0
    assert drawn((0.09, 0.8), first=False) == 3


def test_every_head_is_drawn_as_often():
    chances = jnp.stack([jnp.zeros(400), (jnp.arange(400) + 0.5) / 400], axis=1)
    heads = jax.jit(jax.vmap(lambda c: exploration.drawn_head(c, jnp.array(0), jnp.array(True), 4, 10.0)))(chances)
    assert np.bincount(heads).tolist() == [100] * 4


def test_each_head_proposes_its_own_best():
    utilities = floats(1, 2, 0, -1.5625, -0.0625, -0.5625, 3, 2, 9, 0, 1, 5).reshape(2, 2, 3)
    allowed = jnp.array([[True, True, False], [True, True, True]])
    proposed = jax.jit(exploration.proposals)(utilities, allowed, jnp.array([False, True]), floats(1, 2))
    np.testing.assert_allclose(proposed, [[1, 1.25], [0, 2]], rtol=1e-6)


def test_noise_is_added_to_continuous_components_alone_and_stops_at_the_rim():
    noise, action = floats(0.5, 0.5, 0.5, -0.5), floats(1, 1, 3.75, 0.25)
    continuous, last = jnp.array([False, True, True, True]), floats(4, 4, 4, 4)
    explored = jax.jit(exploration.explored)(noise, action, continuous, last)
    assert explored.tolist() == [1.0, 1.5, 4.0, 0.0]


def propensity_of(action, proposed, continuous, noise):
    reckon = jax.jit(exploration.propensity, static_argnums=3)
    return float(reckon(floats(*action), jnp.array(proposed, jnp.float32), jnp.array(continuous), noise))


def test_propensity_of_discrete_actions_is_the_share_of_heads():
    proposed, continuous = [[1, 0], [1, 0], [1, 2], [0, 0]], [False, False]
    assert propensity_of((1, 0), proposed, continuous, 0.25) == 0.5
    assert propensity_of((1, 2), proposed, continuous, 0.25) == 0.25
    assert propensity_of((0, 2), proposed, continuous, 0.25) == 0.0


def test_propensity_of_continuous_actions_is_a_mixture_of_normal_densities():
    # On one head's proposal, one standard deviation of ½ from the other's.
    density = propensity_of((2,), [[2], [2.5]], [True], 0.5)
    assert density == pytest.approx(0.5 * (1 + np.exp(-0.5)) * NORMAL_TOP / 0.5, rel=1e-5)


def test_propensity_of_mixed_actions_multiplies_over_components():
    # The first head agrees on both, the second only on the continuous component, the third is two deviations away.
    density = propensity_of((1, 2), [[1, 2], [0, 2], [1, 3]], [False, True], 0.5)
    assert density == pytest.approx((1 + np.exp(-2)) / 3 * NORMAL_TOP / 0.5, rel=1e-5)


def test_propensities_of_all_discrete_actions_add_up_to_one():
    proposed = jax.random.randint(jax.random.key(0), (10, 2), 0, 3).astype(jnp.float32)
    every = jnp.stack(jnp.meshgrid(jnp.arange(3.0), jnp.arange(3.0)), axis=-1).reshape(9, 2)
    reckon = jax.jit(jax.vmap(lambda a: exploration.propensity(a, proposed, jnp.array([False, False]), 0.25)))
    np.testing.assert_allclose(jnp.sum(reckon(every)), 1, rtol=1e-6)
