"""Uniform numbers: their range, their spread, and that nothing ties them to each other or to the key."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner.chance import drawn, mixed

DRAWS, STEPS = 16, 20_000
# Five standard errors: beyond them one comparison in 1.7 million falls by chance.
ERRORS = 5


@pytest.fixture(scope="module", params=[0, 1, 2**31 - 1])
def numbers(request):
    """`[STEPS, DRAWS]`, as a stream draws them."""
    return np.asarray(jax.lax.scan(lambda key, _: drawn(key, DRAWS), jax.random.key(request.param), None, STEPS)[1])


def test_numbers_are_in_the_unit_interval_and_its_mean_and_variance_are_right(numbers):
    assert numbers.min() >= 0
    assert numbers.max() < 1
    size = numbers.size
    assert abs(numbers.mean() - 1 / 2) < ERRORS * np.sqrt(1 / 12 / size)
    assert abs(numbers.var() - 1 / 12) < ERRORS * np.sqrt(1 / 180 / size)


def test_every_part_of_the_interval_is_hit_equally_often_at_every_place(numbers):
    parts = 64
    for place in range(DRAWS):
        counts = np.bincount((numbers[:, place] * parts).astype(int), minlength=parts)
        chi_squared = ((counts - STEPS / parts) ** 2 / (STEPS / parts)).sum()
        assert abs(chi_squared - (parts - 1)) < ERRORS * 1.4 * np.sqrt(2 * (parts - 1))


def test_neighbours_in_a_draw_and_from_draw_to_draw_do_not_depend_on_each_other(numbers):
    centred = (numbers - 0.5) * np.sqrt(12)
    for one, other in [
        (centred[:, :-1], centred[:, 1:]),
        (centred[:-1], centred[1:]),
        (centred[:-1, 0], centred[1:, -1]),
    ]:
        assert abs((one * other).mean()) < ERRORS / np.sqrt(one.size)


def test_neighbouring_seeds_do_not_depend_on_each_other():
    keys = jax.vmap(jax.random.key)(jnp.arange(STEPS))
    numbers = (np.asarray(jax.vmap(lambda key: drawn(key, DRAWS)[1])(keys)) - 0.5) * np.sqrt(12)
    assert abs((numbers[:-1] * numbers[1:]).mean()) < ERRORS / np.sqrt(numbers[1:].size)


def test_a_batch_of_keys_draws_what_each_key_draws_alone():
    keys = jax.random.split(jax.random.key(3), 4)
    following, batch = jax.vmap(lambda key: drawn(key, DRAWS))(keys)
    for i, key in enumerate(keys):
        alone_key, alone = drawn(key, DRAWS)
        np.testing.assert_array_equal(batch[i], alone)
        np.testing.assert_array_equal(jax.random.key_data(following[i]), jax.random.key_data(alone_key))


def test_one_bit_of_a_word_changes_half_of_the_bits_of_the_mixed_one():
    words = jnp.arange(20_000, dtype=jnp.uint32) * jnp.uint32(2654435761)
    for bit in range(32):
        changed = mixed(words) ^ mixed(words ^ jnp.uint32(1 << bit))
        share = np.unpackbits(np.asarray(changed).view(np.uint8)).mean()
        assert share == pytest.approx(0.5, abs=0.02)
