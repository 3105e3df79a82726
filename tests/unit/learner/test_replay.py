from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import replay
from trainee.learner.replay import Experience
from trainee.types import Observation, TimeStep

CAPACITY = 6

init_replay = jax.jit(replay.init_replay, static_argnums=1)
remember = jax.jit(replay.remember)


def experience(number, first=False, last=False, mask=None):
    """A time step, and an action before it, that say when it was in each of their parts."""
    image = jnp.full((2, 2, 1), number, jnp.uint8)
    observation = Observation(jnp.array([float(number)]), jnp.array([number], jnp.int32), (image,))
    step = TimeStep(observation, jnp.float32(number), jnp.float32(1), jnp.array(first), jnp.array(last), mask)
    return Experience(step, jnp.array([number, -number], jnp.float32))


EXAMPLE = experience(0)
windows = jax.jit(lambda ring, chance, length: replay.windows(ring, chance, length, EXAMPLE), static_argnums=2)


@jax.jit
def slots(ring):
    """What stands in each slot."""
    return replay.read(ring, jnp.arange(CAPACITY), EXAMPLE)


def ring_after(count):
    ring = init_replay(EXAMPLE, CAPACITY)
    for number in range(count):
        ring = remember(ring, experience(number))
    return ring


def test_an_empty_ring_keeps_the_types_and_is_linked_to_nothing():
    ring = init_replay(experience(3), CAPACITY)
    assert int(ring.written) == 0
    assert [(image.shape, image.dtype) for image in ring.images] == [((CAPACITY, 2, 2, 1), jnp.uint8)]
    held = slots(ring)
    assert held.step.first.tolist() == held.step.last.tolist() == [True] * CAPACITY
    assert held.step.action_mask is None
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), held) == jax.tree.map(
        lambda leaf: ((CAPACITY, *leaf.shape), leaf.dtype), EXAMPLE
    )


def test_the_newest_takes_the_place_of_the_oldest():
    ring = ring_after(CAPACITY + 2)
    held = slots(ring)
    assert held.step.reward.tolist() == [6.0, 7.0, 2.0, 3.0, 4.0, 5.0]
    assert held.step.observation.images[0][:, 1, 0, 0].tolist() == [6, 7, 2, 3, 4, 5]
    assert held.action[:, 0].tolist() == [6.0, 7.0, 2.0, 3.0, 4.0, 5.0]
    assert held.action[:, 1].tolist() == [-6.0, -7.0, -2.0, -3.0, -4.0, -5.0]
    assert int(ring.written) == CAPACITY + 2


@pytest.mark.parametrize("count", [2 * CAPACITY, 2 * CAPACITY + 1, 5 * CAPACITY + 4])
def test_however_much_is_written_the_count_stays_small_and_what_is_held_is_the_newest(count):
    ring = ring_after(count)
    assert CAPACITY <= int(ring.written) < 2 * CAPACITY
    held = replay.everything(ring, EXAMPLE).step.reward.tolist()
    assert held == [float(number) for number in range(count - CAPACITY, count)]
    newest, oldest, latest = windows(ring, jnp.array([0.0, 0.999]), 3).step.reward.tolist()
    assert newest == latest == held[-3:]
    assert oldest == held[:3]


def test_a_count_that_was_kept_whole_goes_on_small():
    ring = eqx.tree_at(lambda r: r.written, ring_after(CAPACITY), jnp.int32(2**31 // CAPACITY * CAPACITY - CAPACITY))
    following = remember(ring, experience(CAPACITY))
    assert int(following.written) == CAPACITY + 1
    assert replay.everything(following, EXAMPLE).step.reward.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_what_is_read_is_what_was_written():
    one = experience(3, first=True, mask=jnp.array([[True, False, True], [False, False, True]]))
    # A number that float32 rounds, and the largest that a category may have.
    observation = Observation(jnp.array([0.1]), jnp.array([2**16 - 1], jnp.int32), one.step.observation.images)
    one = eqx.tree_at(lambda e: e.step.observation, one, observation)
    other = experience(4, last=True, mask=jnp.array([[False, True, True], [True, False, False]]))
    ring = remember(remember(init_replay(one, CAPACITY), one), other)
    for slot, written in enumerate([one, other]):
        read = jax.jit(replay.read)(ring, jnp.array(slot), one)
        assert eqx.tree_equal(read, written, typematch=True)


def test_slots_are_read_in_any_shape():
    held = replay.read(ring_after(CAPACITY), jnp.array([[3, 1, 2], [0, 0, 5]]), EXAMPLE)
    assert held.step.reward.tolist() == [[3, 1, 2], [0, 0, 5]]
    assert held.action[..., 1].tolist() == [[-3, -1, -2], [0, 0, -5]]
    assert held.step.observation.images[0][..., 0, 1, 0].tolist() == [[3, 1, 2], [0, 0, 5]]


def test_the_newest_window_comes_first():
    steps, actions = windows(ring_after(CAPACITY + 3), jnp.array([0.0, 0.999]), 3)
    # 3 to 8 are kept: the newest window, the oldest one, and the newest again.
    assert steps.reward.tolist() == [[6, 7, 8], [3, 4, 5], [6, 7, 8]]
    np.testing.assert_array_equal(actions[..., 0], steps.reward)


def test_every_part_of_a_window_is_of_the_same_time_steps():
    steps, actions = windows(ring_after(CAPACITY + 3), jnp.array([0.3, 0.6]), 4)
    assert actions.shape == (3, 4, 2)
    np.testing.assert_array_equal(steps.observation.numeric[..., 0], steps.reward)
    np.testing.assert_array_equal(steps.observation.categories[..., 0], steps.reward)
    np.testing.assert_array_equal(steps.observation.images[0][..., 1, 1, 0], steps.reward)
    np.testing.assert_array_equal(actions[..., 1], -steps.reward)


def test_windows_are_consecutive_at_every_place_of_the_seam():
    chances = jnp.linspace(0, 0.9999, 23)
    for count in range(3, 3 * CAPACITY):
        rewards = np.asarray(windows(ring_after(count), chances, 3).step.reward)
        np.testing.assert_array_equal(np.diff(rewards, axis=1), 1)
        assert rewards.min() >= max(0, count - CAPACITY)
        assert rewards.max() == count - 1


def test_all_windows_are_drawn():
    steps, _ = windows(ring_after(CAPACITY + 5), jnp.linspace(0, 0.9999, 40), 3)
    assert sorted(set(steps.reward[:, 0].tolist())) == [5.0, 6.0, 7.0, 8.0]


def test_a_window_may_be_the_whole_ring():
    steps, _ = windows(ring_after(CAPACITY + 4), jnp.array([0.0, 0.5]), CAPACITY)
    assert steps.reward.tolist() == [[4, 5, 6, 7, 8, 9]] * 3


def test_no_transition_leads_into_or_out_of_what_was_not_yet_written():
    for count in range(4):
        steps = windows(ring_after(count), jnp.array([0.0, 0.5, 0.999]), 4).step
        transitions = ~steps.last[:, :-1] & ~steps.first[:, 1:]
        numbers = np.asarray(steps.reward)
        for window, linked in zip(numbers, np.asarray(transitions), strict=True):
            pairs = list(zip(window[:-1][linked], window[1:][linked], strict=True))
            assert all(after == before + 1 for before, after in pairs), (count, pairs)


def test_boundaries_are_kept():
    ring = init_replay(EXAMPLE, CAPACITY)
    for number, (first, last) in enumerate([(True, False), (False, True), (True, False), (False, False)]):
        ring = remember(ring, experience(number, first, last))
    steps, _ = windows(ring, jnp.zeros(0), 4)
    assert steps.first.tolist() == [[True, False, True, False]]
    assert steps.last.tolist() == [[False, True, False, False]]


@pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])
@pytest.mark.parametrize("count", [1, CAPACITY - 1, CAPACITY, CAPACITY + 1, CAPACITY + 2])
def test_the_newest_may_be_amended_and_nothing_else(variant, count):
    ring, other = ring_after(count), experience(99, last=True)
    amend = variant(replay.amended)
    same = amend(ring, other, jnp.array(False))
    assert eqx.tree_equal(jax.tree.map(jnp.asarray, same), ring)
    after = amend(ring, other, jnp.array(True))
    assert int(after.written) == count
    newest = (count - 1) % CAPACITY
    held, before = slots(after), slots(ring)
    assert (float(held.step.reward[newest]), bool(held.step.last[newest])) == (99.0, True)
    assert held.action[newest].tolist() == [99.0, -99.0]
    assert held.step.observation.numeric[newest].tolist() == [99.0]
    # All other rows, and its picture, which is kept apart.
    np.testing.assert_array_equal(np.delete(after.rows, newest, 0), np.delete(ring.rows, newest, 0))
    np.testing.assert_array_equal(held.step.observation.images[0], before.step.observation.images[0])
    # What comes next stands behind it.
    later = slots(remember(after, experience(count)))
    assert later.step.reward[newest] == 99.0
    assert later.step.reward[count % CAPACITY] == count
