"""What is remembered of an episode comes back as it was, to the bit."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from trainee.workshop import underway


def test_a_tree_comes_back_to_the_bit():
    random = np.random.default_rng(0)
    tree = {
        "numbers": jnp.array(random.normal(size=(3, 2)).astype(np.float32)).at[0, 0].set(jnp.nan),
        "counts": (jnp.array(7, jnp.int32), jnp.zeros((0, 4), jnp.float32)),
        "flag": jnp.array(True),
    }
    like = jax.tree.map(jnp.zeros_like, tree)
    again = underway.read(underway.written(tree), like)
    assert jax.tree.structure(again) == jax.tree.structure(tree)
    for one, other in zip(jax.tree.leaves(tree), jax.tree.leaves(again), strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
