"""Which observations are the same place, and which are not."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import signature
from trainee.learner.places import PLANES, ROWS_EACH, Places, named, row
from trainee.types import Observation

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])


def names(of, numeric, categories=None, images=(), binary=False, variant=eqx.filter_jit):
    """The names of the places where a batch of observations is made."""
    numeric = jnp.array(numeric, jnp.float32)
    categories = jnp.array(np.zeros((len(numeric), 0)) if categories is None else categories, jnp.int32)
    places, flags = Places(of, jax.random.key(0)), jnp.broadcast_to(jnp.array(binary), (of.numeric,))
    found = variant(jax.vmap(lambda o: places(o, flags)))(Observation(numeric, categories, images))
    return found.tolist()


@variants
def test_one_hot_codes_of_200_states_have_200_names(variant):
    found = names(signature(200), np.eye(200), binary=True, variant=variant)
    assert len(set(found)) == 200
    assert all(0 < name < 2**32 for name in found)


def test_zeros_and_ones_are_told_apart_exactly():
    corners = np.array(np.meshgrid(*[[0, 1]] * 7)).reshape(7, -1).T
    assert len(set(names(signature(7), corners, binary=True))) == 2**7


def test_observations_that_are_near_are_the_same_place():
    draw = np.random.default_rng(0)
    numeric = draw.normal(size=(50, 3))
    found = np.array(names(signature(3), np.concatenate([numeric, numeric + 1e-4, -3 * numeric])))
    # So near that few of them lie on two sides of a plane; of those far off few lie on the same side of all.
    assert np.sum(found[:50] == found[50:100]) >= 49
    assert np.sum(found[:50] == found[100:]) <= 5


def test_there_are_no_more_places_than_sides_of_the_planes():
    many = names(signature(3), np.random.default_rng(0).normal(size=(5000, 3)))
    assert 20 < len(set(many)) <= 2**PLANES


def test_where_actions_lie_on_lines_there_is_a_new_place_ever_farther_out():
    on_lines = dataclasses.replace(signature(3), continuous=(True,) * len(signature(3).choices))
    draw = np.random.default_rng(0)
    numeric = draw.normal(size=(50, 3))
    found = np.array(names(on_lines, np.concatenate([numeric, numeric + 1e-4])))
    assert np.sum(found[:50] == found[50:]) >= 49
    out = np.arange(1, 65)[:, None] * np.array([[1.0, 0.0, 0.0]])
    # A step along a number is shorter along a direction.
    assert len(set(names(on_lines, out))) > 50
    assert len(set(names(signature(3), out))) <= PLANES + 1


def test_numbers_of_both_kinds_are_told_apart_at_once():
    of, flags = signature(3), [True, True, False]
    seen = [[0, 1, 0.5], [1, 0, 0.5], [0, 1, 0.5001], [0, 1, -4.0]]
    one, other, near, far = names(of, seen, binary=flags)
    assert one == near
    assert len({one, other, far}) == 3


def test_categories_are_told_apart():
    of, every = signature(categories=(3, 4)), [[i, j] for i in range(3) for j in range(4)]
    found = names(of, np.zeros((24, 0)), every * 2)
    assert found[:12] == found[12:]
    assert len(set(found)) == 12


def test_images_are_told_apart_in_the_rough():
    of = signature(images=((6, 5, 1), (2, 2, 1)), image_bytes=(True, False))
    pictures = np.zeros((5, 6, 5, 1), np.uint8)
    # Black, with a pixel that is a little brighter, white, half of it white, and black again beside another picture.
    pictures[1, 3, 3, 0], pictures[2], pictures[3, :3] = 1, 255, 255
    beside = np.zeros((5, 2, 2, 1), np.float32)
    beside[4, 0] = 9.0
    black, near, white, half, other = names(of, np.zeros((5, 0)), images=(jnp.array(pictures), jnp.array(beside)))
    # Brightness alone tells nothing apart.
    assert black == near == white
    assert len({black, half, other}) == 3


def test_bytes_count_as_parts_of_255():
    # A picture for each of its pixels, which is white in it.
    pictures, shape = 255 * np.eye(16, dtype=np.uint8).reshape(16, 4, 4, 1), ((4, 4, 1),)
    of_bytes = names(signature(images=shape, image_bytes=(True,)), np.zeros((16, 0)), images=(jnp.array(pictures),))
    of_floats = names(signature(images=shape), np.zeros((16, 0)), images=(jnp.array(pictures / 255, jnp.float32),))
    assert of_bytes == of_floats
    assert len(set(of_bytes)) > 8


def test_places_follow_the_key():
    of, seen = signature(2), Observation(jnp.array([1.0, 0.0]), jnp.zeros(0, jnp.int32), ())
    flags = jnp.ones(2, bool)
    assert len({int(Places(of, jax.random.key(seed))(seen, flags)) for seed in range(5)}) == 5


def entered(variant, size, each):
    """The names in a table of a size after some places were entered, and their rows."""
    table, found = jnp.zeros(size, jnp.uint32), []
    for name in each:
        table, at = variant(named)(table, jnp.array(name, jnp.uint32))
        found.append(int(at))
    return table, found


@variants
def test_a_place_keeps_its_row_beside_one_that_would_have_had_the_same(variant):
    # Of eight rows all three would have the fifth.
    table, found = entered(variant, 8, [5, 13, 21, 5, 13, 21])
    assert found == [5, 6, 7, 5, 6, 7]
    assert table.tolist() == [0, 0, 0, 0, 0, 5, 13, 21]


@variants
def test_behind_the_last_row_comes_the_first(variant):
    _, found = entered(variant, 8, [7, 15, 23])
    assert found == [7, 0, 1]


@variants
def test_where_no_row_is_free_a_place_shares_one_that_keeps_its_name(variant):
    each = [8 * nth + 1 for nth in range(ROWS_EACH + 1)]
    table, found = entered(variant, 8, each)
    assert found[-1] == found[0] == 1
    assert table[1] == each[0]


@variants
def test_a_place_that_was_not_entered_has_a_row_that_is_free(variant):
    table, _ = entered(variant, 8, [5])
    assert [int(variant(row)(table, jnp.array(name, jnp.uint32))) for name in (5, 13, 2)] == [5, 6, 2]


def test_none_of_200_places_shares_a_row():
    draw = np.random.default_rng(0)
    # With one row each five pairs would meet. That one finds all of its four taken happens to one draw in a thousand.
    each = jnp.array(draw.choice(2**32 - 1, 200, replace=False) + 1, jnp.uint32)
    _, found = jax.lax.scan(named, jnp.zeros(2**12, jnp.uint32), each)
    assert len(set(found.tolist())) == 200
