from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner.encoders import Convolution, Encoder, ImageEncoder, Linear, Trunk, normed
from trainee.types import Observation, Signature

WIDTH = 8


def signature(numeric=0, categories=(), images=(), image_bytes=()):
    return Signature(numeric, categories, images, (2,), (False,), "test", image_bytes or (False,) * len(images))


def observation(numeric=(), categories=(), images=()):
    return Observation(jnp.array(numeric, jnp.float32), jnp.array(categories, jnp.int32), tuple(images))


@eqx.filter_jit
def features(of, seen, seed=0):
    return Encoder(of, WIDTH, jax.random.key(seed))(seen)


@functools.cache
def image_encoder(shape):
    return eqx.filter_jit(ImageEncoder)(shape, WIDTH, jax.random.key(0))


def test_features_are_rectified_and_normalised_for_any_size_of_input():
    of = signature(numeric=5)
    for size in [1e-2, 1.0, 1e3]:
        encoded = features(of, observation(size * np.arange(1.0, 6.0)))
        assert encoded.shape == (WIDTH,)
        assert np.all(encoded >= 0)
        assert 0 < np.max(encoded) <= np.sqrt(WIDTH)


@pytest.mark.parametrize("shape", [(5, 5, 1), (17, 18, 2)])
def test_images_small_and_large(shape):
    of = signature(images=(shape,))
    black, white = (observation(images=[jnp.full(shape, value, jnp.float32)]) for value in (0, 1))
    assert features(of, black).shape == (WIDTH,)
    assert np.any(features(of, black) != features(of, white))


@pytest.mark.parametrize("shape", [(5, 17, 1), (60, 5, 3)])
def test_images_much_longer_than_wide(shape):
    encoder = jax.eval_shape(lambda key: ImageEncoder(shape, WIDTH, key), jax.random.key(0))
    assert encoder.linear.weight.size > 0


def test_bytes_are_read_as_parts_of_255():
    encoder = eqx.filter_jit(image_encoder((6, 6, 2)))
    image = jax.random.randint(jax.random.key(1), (6, 6, 2), 0, 256)
    np.testing.assert_allclose(
        encoder(image.astype(jnp.uint8)), encoder(image.astype(jnp.float32) / 255), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("shape", [(1, 2, 2), (6, 6, 2), (19, 18, 1)])
def test_an_image_is_seen_at_every_place_and_in_every_channel(shape):
    encoder = image_encoder(shape)
    # A plain function: what is jitted has to be hashable, and a module is not.
    slopes = jax.jit(jax.jacobian(lambda image: encoder(image)))(jnp.full(shape, 0.5))  # noqa: PLW0108
    assert slopes.shape == (WIDTH, *shape)
    assert np.all(np.any(slopes != 0, axis=0))


@pytest.mark.parametrize(("side", "padded", "size", "stride"), [(7, 7, 3, 1), (11, 12, 4, 2), (2, 3, 3, 1)])
def test_a_convolution_is_what_jax_says_it_is(side, padded, size, stride):
    convolution = Convolution(2, size, stride, jax.random.key(0))
    image = jax.random.normal(jax.random.key(1), (side, side, 2))
    weight = convolution.linear.weight
    whole = jnp.pad(image, [(0, padded - side), (0, padded - side), (0, 0)])
    expected = jax.lax.conv_general_dilated(
        whole[None],
        weight[:-1].reshape(size, size, 2, -1),
        (stride, stride),
        "VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )[0]
    np.testing.assert_allclose(convolution(image), jax.nn.relu(expected + weight[-1][None, None]), rtol=1e-5, atol=1e-6)


def test_all_kinds_at_once():
    of = signature(2, (3,), ((5, 5, 1), (6, 5, 3)), (True, False))
    images = [jnp.zeros((5, 5, 1), jnp.uint8), jnp.zeros((6, 5, 3))]
    plain = features(of, observation([1.0, 2.0], [1], images))
    assert plain.shape == (WIDTH,)
    changed = [
        observation([1.0, 3.0], [1], images),
        observation([1.0, 2.0], [2], images),
        observation([1.0, 2.0], [1], [images[0].at[2, 2, 0].set(255), images[1]]),
        observation([1.0, 2.0], [1], [images[0], images[1].at[0, 4, 2].set(1.0)]),
    ]
    for other in changed:
        assert np.any(features(of, other) != plain)


def test_encoders_of_two_keys_differ():
    of, seen = signature(numeric=2), observation([1.0, 2.0])
    assert np.any(features(of, seen, 0) != features(of, seen, 1))


@pytest.mark.parametrize("depth", [0, 2])
def test_the_trunk_adds_to_the_features(depth):
    trunk = Trunk(WIDTH, depth, jax.random.key(0))
    seen = jax.random.uniform(jax.random.key(1), (WIDTH,))
    after = eqx.filter_jit(trunk)(seen)
    assert after.shape == (WIDTH,)
    assert len(trunk.blocks) == depth
    assert np.all(after >= seen)
    assert np.any(after > seen) == (depth > 0)


def test_a_block_of_the_trunk_by_hand():
    trunk = Trunk(2, 1, jax.random.key(0))
    trunk = eqx.tree_at(lambda t: t.blocks[0].weight, trunk, jnp.array([[1.0, -2.0], [2.0, 1.0]]))
    # [3, 2] becomes [3 + 4, −6 + 2], divided by √((49 + 16)/2) and rectified.
    np.testing.assert_allclose(eqx.filter_jit(trunk)(jnp.array([3.0, 2.0])), [3.0 + 7 / np.sqrt(32.5), 2.0], rtol=1e-4)


def test_the_numbers_and_a_constant_by_hand():
    encoder = Encoder(signature(numeric=2), 3, jax.random.key(0))
    weight = jnp.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [4.0, 1.0, -3.0]])
    encoder = eqx.filter_jit(eqx.tree_at(lambda e: e.numeric.weight, encoder, weight))
    # [2, 1] becomes [2 + 4, 1 + 1, 4 + 1 − 3], divided by √((36 + 4 + 4)/3).
    np.testing.assert_allclose(encoder(observation([2.0, 1.0])), np.array([6, 2, 2]) / np.sqrt(44 / 3), rtol=1e-4)
    # Nothing but the constant: [4, 1, −3], divided by √(26/3) and rectified.
    np.testing.assert_allclose(encoder(observation([0.0, 0.0])), np.array([4, 1, 0]) / np.sqrt(26 / 3), rtol=1e-4)


def test_what_is_recalled_stands_between_the_numbers_and_the_constant():
    encoder = Encoder(signature(numeric=1), 2, jax.random.key(0), recalled=2)
    weight = jnp.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    encoder = eqx.filter_jit(eqx.tree_at(lambda e: e.numeric.weight, encoder, weight))
    # [2 + 2·1 + 1, 3·2 + 1], divided by √((25 + 49)/2).
    np.testing.assert_allclose(encoder(observation([2.0, 1.0, 2.0])), np.array([5, 7]) / np.sqrt(37), rtol=1e-4)


OWN = {"numbers": ([1.0, -2.0], []), "a category": ([], [1]), "both": ([1.0, -2.0], [1])}


@pytest.mark.parametrize("own", OWN)
def test_features_do_not_depend_on_what_is_recalled_until_that_was_learned(own):
    numbers, categories = OWN[own]
    of = signature(len(numbers), (3,) * len(categories))
    plain = features(of, observation(numbers, categories))
    assert np.any(plain > 0)

    @eqx.filter_jit
    def recalling(recalled):
        encoder = Encoder(of, WIDTH, jax.random.key(0), recalled=4)
        seen = observation([*numbers, *recalled], categories)
        slopes = jax.grad(lambda e: jnp.sum(e(seen) ** 3), allow_int=True)(encoder).numeric.weight
        return encoder(seen), slopes[len(numbers) : len(numbers) + 4]

    for recalled in ([0.0] * 4, [1e3, -2.0, 0.5, 7.0]):
        found, slopes = recalling(recalled)
        np.testing.assert_allclose(found, plain, rtol=1e-6)
        # And yet it can be learned: each number that is there has a slope.
        assert np.any(slopes != 0, axis=1).tolist() == [number != 0 for number in recalled]


def test_nothing_but_what_is_recalled_is_nothing_at_first():
    seen = observation([3.0, -4.0])
    encoded = eqx.filter_jit(lambda key: Encoder(signature(), WIDTH, key, recalled=2)(seen))(jax.random.key(0))
    assert encoded.tolist() == [0.0] * WIDTH


def test_a_linear_map_by_hand():
    linear = Linear(2, 3, jax.random.key(0))
    linear = eqx.tree_at(lambda part: part.weight, linear, jnp.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]))
    # No constant: half the first row, and a tenth of the second.
    np.testing.assert_allclose(eqx.filter_jit(linear)(jnp.array([0.5, 0.1])), [1.5, 3.0, 4.5], rtol=1e-6)
    assert not np.any(eqx.filter_jit(linear)(jnp.zeros(2)))


def test_a_linear_map_starts_within_its_bound_and_fills_it():
    weight = Linear(16, 500, jax.random.key(0)).weight
    # Uniform over ±1/√16, whose standard deviation is ¼/√3.
    assert 0.249 < float(jnp.max(jnp.abs(weight))) <= 0.25
    np.testing.assert_allclose([jnp.mean(weight), jnp.std(weight)], [0.0, 0.25 / np.sqrt(3)], atol=0.005)


@pytest.mark.parametrize("width", [3, 32, 64, 100])
def test_what_is_normed_is_as_equinox_has_it_and_so_is_its_slope(width):
    library = eqx.nn.RMSNorm(width, use_weight=False, use_bias=False)
    features = 3 * jax.random.normal(jax.random.key(width), (4, width))
    weigh = jnp.arange(width, dtype=jnp.float32)

    def judged(norm):
        return jax.jit(jax.vmap(jax.value_and_grad(lambda x: jnp.sum(weigh * norm(x)))))(features)

    (ours, slopes), (theirs, known) = judged(normed), judged(library)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(slopes, known, rtol=1e-4, atol=1e-4 * width)
    assert not np.any(jax.jit(normed)(jnp.zeros(width)))
