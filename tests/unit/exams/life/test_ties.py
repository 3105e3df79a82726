"""Merging by arithmetic, beside numbers worked out by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from trainee.exams.life.ties import agreed, mean, ties, trimmed


def test_the_largest_numbers_of_a_difference_are_kept():
    difference = jnp.array([0.1, -3.0, 2.0, -0.5, 0.0])
    np.testing.assert_allclose(trimmed(difference, 0.4), [0, -3, 2, 0, 0])
    np.testing.assert_allclose(trimmed(difference, 0.01), [0, -3, 0, 0, 0])


def test_the_mean_is_of_those_that_agree_with_the_sign_of_the_sum():
    differences = jnp.array([[1.0, 2.0, 0.0, -1.0], [3.0, -5.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]])
    np.testing.assert_allclose(agreed(differences), [2.0, -5.0, 0.0, 0.0])


def test_trees_are_merged_from_where_they_began():
    begun = {"a": jnp.array([1.0, 1.0]), "b": jnp.array([[0.0, 0.0, 0.0]])}
    one = {"a": jnp.array([5.0, 1.1]), "b": jnp.array([[0.0, -3.0, 0.1]])}
    other = {"a": jnp.array([3.0, 1.0]), "b": jnp.array([[0.2, 2.0, 0.1]])}
    merged = ties(begun, [one, other], kept=0.4)
    np.testing.assert_allclose(merged["a"], [4.0, 1.0], rtol=1e-6)
    np.testing.assert_allclose(merged["b"], [[0.0, -3.0, 0.0]], rtol=1e-6)
    averaged = mean(begun, [one, other])
    np.testing.assert_allclose(averaged["b"], [[0.1, -0.5, 0.1]], rtol=1e-6)


def test_one_that_learned_all_there_is_to_keep_stays_as_it_is():
    begun = {"a": jnp.zeros(10)}
    one = {"a": jnp.zeros(10).at[3].set(2.0).at[7].set(-1.0)}
    merged = ties(begun, [one])
    jax.tree.map(np.testing.assert_allclose, merged, one)
