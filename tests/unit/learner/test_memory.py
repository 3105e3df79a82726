"""What is recalled, by hand: averages over 2, 8, 32, 128, 512 and 2048 steps, and the bands between them."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import memory
from trainee.learner.effects import init_effects
from trainee.learner.memory import SPANS, Writer
from trainee.types import Observation, Signature

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])

NOTHING = [0.0] * 7


def signature(numeric=0, categories=(), images=(), choices=(2,), image_bytes=()):
    return Signature(numeric, categories, images, choices, (False,) * len(choices), "test", image_bytes)


def observation(numeric=(), categories=(), images=()):
    return Observation(jnp.array(numeric, jnp.float32), jnp.array(categories, jnp.int32), tuple(images))


def writer(of, seed=0):
    return Writer(of, jax.random.key(seed))


def blank(channels):
    return memory.Memory(jnp.zeros((len(SPANS), channels)), jnp.zeros(1), jnp.array(False), init_effects(1, 1))


def lived(steps, variant=jax.jit, before=None):
    """The memory after time steps `(seen, done, first)`, and the bands of each of them: `[channels, 7]`."""
    now = blank(len(steps[0][0]) + len(steps[0][1])) if before is None else before
    take, bands = variant(memory.recalled), []
    for seen, done, first in steps:
        now, *of_both = take(now, jnp.array(seen, jnp.float32), jnp.array(done, jnp.float32), jnp.array(first))
        bands.append(tuple(of_one.reshape(7, -1).T for of_one in of_both))
    return now, bands


@variants
def test_the_bands_of_an_episode_of_two_steps(variant):
    after, bands = lived([([3.0], [9.0], True), ([7.0], [1.0], False)], variant)
    # Every average begins at the first thing seen; the action that is said to have led to it means nothing.
    assert bands[0][0].tolist() == [[0, 0, 0, 0, 0, 0, 3.0]]
    assert bands[0][1].tolist() == [NOTHING]
    # The averages are 3 + 4/2, 3 + 4/8, 3 + 4/32, 3 + 4/128, 3 + 4/512 and 3 + 4/2048.
    averages = [5, 3.5, 3.125, 3.03125, 3.0078125, 3.001953125]
    np.testing.assert_allclose(after.averages[:, 0], averages, rtol=1e-6)
    # 7 − 5, 5 − 3.5, …, and the longest as it is.
    expected = [2, 1.5, 0.375, 0.09375, 0.0234375, 0.005859375, 3.001953125]
    np.testing.assert_allclose(bands[1][0], [expected], rtol=1e-5)
    # The first action of an episode is met at once, as the first thing seen was.
    assert after.averages[:, 1].tolist() == [1.0] * 6
    assert bands[1][1].tolist() == [[0, 0, 0, 0, 0, 0, 1.0]]
    assert not after.first


@variants
def test_the_second_action_is_not_met_at_once(variant):
    steps = [([0.0], [0.0], True), ([0.0], [1.0], False), ([0.0], [0.0], False)]
    _, bands = lived(steps, variant)
    # From 1 the averages fall by 1/2, 1/8, 1/32, 1/128, 1/512 and 1/2048.
    averages = 1 - 1 / np.array(SPANS)
    np.testing.assert_allclose(bands[2][1], [[*-np.diff([0, *averages]), averages[-1]]], atol=1e-6)
    np.testing.assert_allclose(bands[2][1][0, :3], [-0.5, -0.375, -0.09375], atol=1e-6)
    assert bands[2][0].tolist() == [NOTHING]


@variants
def test_an_episode_begins_with_nothing_of_the_one_before(variant):
    before, _ = lived([([4.0], [1.0], True), ([8.0], [2.0], False), ([16.0], [3.0], False)], variant)
    after, bands = lived([([-2.0], [5.0], True), ([-1.0], [4.0], False)], variant, before)
    np.testing.assert_allclose(bands[0][0], [[0, 0, 0, 0, 0, 0, -2.0]], atol=1e-5)
    np.testing.assert_allclose(bands[0][1], [NOTHING], atol=1e-5)
    alone, expected = lived([([-2.0], [5.0], True), ([-1.0], [4.0], False)], variant)
    np.testing.assert_allclose(after.averages, alone.averages, atol=1e-5)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, atol=1e-5), bands, expected)


def test_an_episode_of_one_step_is_followed_by_another_beginning():
    _, bands = lived([([4.0], [1.0], True), ([8.0], [2.0], True), ([8.0], [6.0], False)])
    np.testing.assert_allclose(bands[1][1], [NOTHING], atol=1e-6)
    np.testing.assert_allclose(bands[2][1], [[0, 0, 0, 0, 0, 0, 6.0]], atol=1e-5)


def test_the_bands_of_a_channel_add_up_to_what_is_now():
    draw = np.random.default_rng(0)
    steps = [(draw.normal(size=3), draw.normal(size=2), t in (0, 17)) for t in range(40)]
    for (seen, done, first), (of_seen, of_done) in zip(steps, lived(steps)[1], strict=True):
        np.testing.assert_allclose(np.sum(of_seen, axis=1), seen, atol=1e-5)
        np.testing.assert_allclose(np.sum(of_done, axis=1), np.zeros(2) if first else done, atol=1e-5)


def test_what_stands_still_is_all_in_the_longest_band():
    _, bands = lived([([0.75], [0.25], t == 0) for t in range(20)])
    np.testing.assert_allclose(bands[-1], [[[0, 0, 0, 0, 0, 0, 0.75]], [[0, 0, 0, 0, 0, 0, 0.25]]], atol=1e-6)


def test_what_was_seen_once_stays_longer_in_the_longer_spans():
    after, _ = lived([([float(t == 0)], [0.0], t == 0) for t in range(33)])
    # 32 steps later there is left of it (1 − 1/span)³².
    left = (1 - 1 / np.array(SPANS)) ** 32
    np.testing.assert_allclose(after.averages[:, 0], left, rtol=1e-4, atol=1e-7)
    assert 0.36 < left[2] < 0.37


def test_bands_come_one_after_the_other_each_of_all_channels():
    steps = (jnp.array([1.0, 10.0]), jnp.array([0.5]))
    now, *_ = memory.recalled(blank(3), *steps, jnp.array(True))
    _, of_seen, of_done = memory.recalled(now, jnp.array([3.0, 50.0]), jnp.array([0.5]), jnp.array(False))
    # Half of what is new of each is in the first band; then the next.
    np.testing.assert_allclose(of_seen[:4], [1, 20, 0.75, 15], rtol=1e-6)
    assert (of_seen.size, of_done.size) == (memory.bands(2), memory.bands(1)) == (14, 7)


def test_the_action_is_left_as_it_is():
    before = eqx.tree_at(lambda m: m.action, blank(2), jnp.array([3.0]))
    after, *_ = memory.recalled(before, jnp.ones(1), jnp.ones(1), jnp.array(True))
    assert after.action.tolist() == [3.0]
    assert bool(after.first)
    # What is said to have led to a first time step is not taken in.
    np.testing.assert_array_equal(after.averages, [[1.0, 0.0]] * len(SPANS))


def test_many_streams_recall_as_each_alone():
    draw = np.random.default_rng(1)
    seen, done = (jnp.array(draw.normal(size=(3, 5, 2)), jnp.float32) for _ in range(2))
    firsts = jnp.array([[True, False, False, True, False], [True, True, False, False, False], [True] + [False] * 4])
    alone = [lived(list(zip(seen[i], done[i], firsts[i], strict=True)))[0].averages for i in range(3)]
    take, now = jax.jit(jax.vmap(memory.recalled)), jax.tree.map(lambda leaf: jnp.stack([leaf] * 3), blank(4))
    for t in range(5):
        now, *_ = take(now, seen[:, t], done[:, t], firsts[:, t])
    np.testing.assert_allclose(now.averages, jnp.stack(alone), atol=1e-6)


def test_nothing_has_happened_in_a_new_stream():
    new = memory.init_memory(signature(numeric=3, categories=(4,), choices=(2, 3)))
    assert (new.averages.shape, new.action.shape) == ((6, 12), (2,))
    assert not np.any(new.averages)
    assert not np.any(new.action)
    assert not new.first


@variants
def test_few_numbers_have_a_channel_each(variant):
    of = signature(2, (3, 2), ((1, 2, 1), (1, 1, 2)), image_bytes=(True, False))
    pictures = [jnp.array([[[51], [255]]], jnp.uint8), jnp.array([[[0.25, -3.0]]])]
    seen = variant(writer(of).seen)(observation([0.5, -2.0], [1, 0], pictures))
    # Two numbers, each category as one of its size, bytes as parts of 255, and other pixels as they are.
    np.testing.assert_allclose(seen, [0.5, -2.0, 0, 1, 0, 1, 0, 0.2, 1.0, 0.25, -3.0], rtol=1e-6)
    assert memory.seen_channels(of) == 11


def test_sixteen_numbers_are_the_most_that_have_a_channel_each():
    numbers = np.arange(16.0) / 4
    assert writer(signature(16)).seen(observation(numbers)).tolist() == numbers.tolist()
    assert [memory.seen_channels(signature(numeric)) for numeric in (0, 16, 17, 1000)] == [0, 16, 16, 16]


@variants
def test_many_numbers_are_mixed_to_sixteen(variant):
    of = signature(2, (20,), ((1, 2, 1),), image_bytes=(True,))
    one = writer(of)
    seen = variant(one.seen)(observation([0.5, -2.0], [3], [jnp.array([[[0], [51]]], jnp.uint8)]))
    # The second pixel is the last of 24 numbers, and a fifth; the category's fourth is the sixth of all.
    expected = 0.5 * one.mixture[0] - 2.0 * one.mixture[1] + one.mixture[5] + 0.2 * one.mixture[23]
    assert seen.shape == (memory.seen_channels(of),) == (16,)
    np.testing.assert_allclose(seen, expected, rtol=1e-4, atol=1e-5)


def test_mixtures_follow_the_key_and_keep_the_size_of_a_number():
    one, other = writer(signature(1000)), writer(signature(1000), seed=1)
    assert np.all(one.mixture != other.mixture)
    # Sixteen channels share what a number holds: the squares of a row add up to 1, give or take.
    np.testing.assert_allclose(np.mean(np.sum(np.square(one.mixture), axis=1)), 1.0, rtol=0.05)


@variants
@pytest.mark.parametrize(
    ("choices", "action", "expected"),
    [
        # Eight choices in all: each has a channel, and a coordinate between two of them counts for both.
        ((2, 6), [1.0, 2.25], [0, 1, 0, 0, 0.75, 0.25, 0, 0]),
        ((3,), [0.0], [1, 0, 0]),
        # Nine and more: the coordinate in [0, 1].
        ((9,), [4.0], [0.5]),
        ((5, 3, 1), [1.0, 1.5, 0.0], [0.25, 0.75, 0.0]),
    ],
    ids=["eight", "three", "nine", "one that is no choice"],
)
def test_what_was_done_is_its_choices_or_its_coordinates(variant, choices, action, expected):
    of = signature(1, choices=choices)
    done = variant(writer(of).done)(jnp.array(action))
    np.testing.assert_allclose(done, expected, rtol=1e-6)
    assert memory.done_channels(of) == len(expected)
