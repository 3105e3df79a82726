from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from trainee.learner import replay
from trainee.types import Observation, TimeStep

CAPACITY = 6

init_replay = jax.jit(replay.init_replay, static_argnums=(1, 2))
remember = jax.jit(replay.remember)
answer = jax.jit(replay.answer)
windows = jax.jit(replay.windows, static_argnums=2)


def step_number(number, first=False, last=False):
    """A time step that says when it was, in each of its parts."""
    image = jnp.full((2, 2, 1), number, jnp.uint8)
    observation = Observation(jnp.array([float(number)]), jnp.array([number], jnp.int32), (image,))
    return TimeStep(observation, jnp.float32(number), jnp.float32(1), jnp.array(first), jnp.array(last), None)


def ring_after(count, capacity=CAPACITY):
    ring = init_replay(step_number(0), 2, capacity)
    for number in range(count):
        ring = remember(ring, step_number(number))
        ring = answer(ring, jnp.array([number, -number], jnp.float32))
    return ring


def test_an_empty_ring_keeps_the_types_and_reads_as_last():
    ring = init_replay(step_number(3), 2, CAPACITY)
    assert ring.steps.last.tolist() == [True] * CAPACITY
    assert ring.steps.observation.images[0].shape == (CAPACITY, 2, 2, 1)
    assert ring.steps.observation.images[0].dtype == jnp.uint8
    assert ring.steps.observation.categories.dtype == jnp.int32
    assert ring.steps.action_mask is None
    assert ring.actions.shape == (CAPACITY, 2)
    assert int(ring.written) == 0


def test_the_newest_takes_the_place_of_the_oldest():
    ring = ring_after(CAPACITY + 2)
    assert ring.steps.reward.tolist() == [6.0, 7.0, 2.0, 3.0, 4.0, 5.0]
    assert ring.actions[:, 0].tolist() == [6.0, 7.0, 2.0, 3.0, 4.0, 5.0]
    assert ring.actions[:, 1].tolist() == [-6.0, -7.0, -2.0, -3.0, -4.0, -5.0]


def test_an_answer_belongs_to_the_newest_time_step_and_may_be_changed():
    ring = ring_after(CAPACITY + 1)
    before = ring.actions
    ring = answer(ring, jnp.array([0.5, 0.25]))
    assert ring.actions[0].tolist() == [0.5, 0.25]
    np.testing.assert_array_equal(ring.actions[1:], before[1:])
    assert int(ring.written) == CAPACITY + 1


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
        rewards = np.asarray(windows(ring_after(count), chances, 3)[0].reward)
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
        steps, _ = windows(ring_after(count), jnp.array([0.0, 0.5, 0.999]), 4)
        transitions = ~steps.last[:, :-1] & ~steps.first[:, 1:]
        numbers = np.asarray(steps.reward)
        for window, linked in zip(numbers, np.asarray(transitions), strict=True):
            pairs = list(zip(window[:-1][linked], window[1:][linked], strict=True))
            assert all(after == before + 1 for before, after in pairs), (count, pairs)


def test_boundaries_are_kept():
    ring = init_replay(step_number(0), 1, CAPACITY)
    for number, (first, last) in enumerate([(True, False), (False, True), (True, False), (False, False)]):
        ring = remember(ring, step_number(number, first, last))
    steps, _ = windows(ring, jnp.zeros(0), 4)
    assert steps.first.tolist() == [[True, False, True, False]]
    assert steps.last.tolist() == [[False, True, False, False]]
