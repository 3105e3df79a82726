from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import value
from trainee.types import Observation, Signature

variants = pytest.mark.parametrize("variant", [lambda f, **_: f, jax.jit], ids=["plain", "jit"])


def floats(*numbers):
    return jnp.array(numbers, jnp.float32)


@variants
@pytest.mark.parametrize(
    ("discount", "trace", "expected"),
    [
        # 1 + 5, 2 + 10, 3 + 15: each bootstraps.
        ([0.5, 0.5, 0.5], [0, 0, 0], [6.0, 12.0, 18.0]),
        # 18; 2 + ½·18; 1 + ½·11.
        ([0.5, 0.5, 0.5], [1, 1, 0], [6.5, 11.0, 18.0]),
        # 18; 2 + ½·(¾·20 + ¼·18); 1 + ½·(½·10 + ½·11.75).
        ([0.5, 0.5, 0.5], [0.5, 0.25, 0], [6.4375, 11.75, 18.0]),
        # The second transition terminates: nothing after it counts.
        ([0.5, 0.0, 0.5], [1, 1, 0], [2.0, 2.0, 18.0]),
        # The second transition meets a time limit: it bootstraps, and the trace is cut.
        ([0.5, 0.5, 0.5], [1, 0, 0], [7.0, 12.0, 18.0]),
    ],
    ids=["traces 0", "traces 1", "mixed", "termination", "time limit"],
)
def test_lambda_return(variant, discount, trace, expected):
    returns = variant(value.lambda_return)(floats(1, 2, 3), floats(*discount), floats(10, 20, 30), floats(*trace))
    np.testing.assert_allclose(returns, expected, rtol=1e-6)


def test_lambda_return_of_one_transition():
    assert jax.jit(value.lambda_return)(floats(1), floats(0.5), floats(4), floats(0)).tolist() == [3.0]


def test_lambda_returns_of_a_batch():
    rewards = floats(1, 2, 3, 4, 5, 6).reshape(2, 3)
    same = [jnp.tile(floats(*row), (2, 1)) for row in ([0.5] * 3, [10, 20, 30], [1, 1, 0])]
    returns = jax.jit(jax.vmap(value.lambda_return))(rewards, *same)
    # 6 + 15; 5 + ½·21; 4 + ½·15.5.
    np.testing.assert_allclose(returns, [[6.5, 11.0, 18.0], [11.75, 15.5, 21.0]], rtol=1e-6)


def test_interpolation():
    weights = jax.jit(value.interpolation, static_argnums=1)(floats(0, 1.25, 2, 1.5), 3)
    np.testing.assert_allclose(weights, [[1, 0, 0], [0, 0.75, 0.25], [0, 0, 1], [0, 0.5, 0.5]])


def test_action_value_is_the_mean_over_components():
    utilities = floats(1, 3, 5, -2, 0, 8).reshape(2, 3)
    weights = floats(0, 1, 0, 0, 0.75, 0.25).reshape(2, 3)
    # 3 of the first component, ¾·0 + ¼·8 of the second.
    assert float(jax.jit(value.action_value)(utilities, weights)) == 2.5


def test_greedy_takes_the_best_allowed_choice():
    utilities = floats(1, 3, 2, 9, -5, -4).reshape(2, 3)
    everything, some = jnp.ones((2, 3), bool), jnp.array([[True, False, True], [False, True, True]])
    assert jax.jit(value.greedy)(utilities, everything).tolist() == [1, 0]
    assert jax.jit(value.greedy)(utilities, some).tolist() == [2, 2]


def test_heads_start_at_zero():
    heads = value.Heads((2, 4), 8, 5, jax.random.key(0), (1.0, 1.0))
    believed = eqx.filter_jit(heads)(jax.random.normal(jax.random.key(1), (8,)))
    assert believed.shape == (5, 2, 4)
    assert not np.any(believed)


def test_each_utility_has_an_output_of_its_own():
    heads = value.Heads((2, 3), 4, 4, jax.random.key(0), (1.0, 1.0))
    heads = eqx.tree_at(lambda h: h.linear.weight, heads, jnp.arange(96.0).reshape(4, 24))
    # Twice the third row, 48 to 71, less the first, 0 to 23.
    np.testing.assert_array_equal(
        eqx.filter_jit(heads)(jnp.array([-1.0, 0.0, 2.0, 0.0])), 96 + np.arange(24.0).reshape(4, 2, 3)
    )


def test_what_feelings_ask_speaks_in_a_unit_of_its_own():
    heads = jax.tree.map(jnp.ones_like, value.Heads((1, 2), 4, 4, jax.random.key(0), (0.5, 2.0)))
    np.testing.assert_array_equal(eqx.filter_jit(heads)(jnp.ones(4))[:, 0, 0], [2, 8, 8, 2])


def test_what_feelings_ask_shapes_no_features():
    heads = value.Heads((1, 2), 4, 4, jax.random.key(0), (1.0, 1.0))
    heads = jax.tree.map(jnp.ones_like, heads)
    slopes = jax.jit(jax.jacobian(lambda features: heads(features)[:, 0, 0]))(jnp.ones(4))
    np.testing.assert_array_equal(slopes, [[1] * 4, [0] * 4, [0] * 4, [1] * 4])


OF_NUMBERS, OF_CATEGORY = (Signature(n, c, (), (2, 20), (False, False), "test") for n, c in [(100, ()), (0, (100,))])


@pytest.mark.parametrize("kind", ["dense", "one-hot", "category"])
def test_the_prior_has_unit_variance(kind):
    key, places = jax.random.key(0), jnp.arange(100)
    numbers = jax.random.normal(key, (100, 100)) if kind == "dense" else jnp.eye(100)
    seen = [
        Observation(numbers, jnp.zeros((100, 0), jnp.int32), ()),
        Observation(jnp.zeros((100, 0)), places[:, None], ()),
    ]
    signature = OF_CATEGORY if kind == "category" else OF_NUMBERS
    prior = eqx.filter_jit(value.Prior)(signature, signature.grid, 0, 32, 10, key)
    priors = eqx.filter_jit(eqx.filter_vmap(prior))(seen[kind == "category"])
    assert priors.shape == (100, 10, 2, 20)
    assert abs(float(jnp.mean(priors))) < 0.1
    assert 0.8 < float(jnp.mean(jnp.square(priors))) < 1.25
