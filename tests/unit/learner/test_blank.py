"""What a learner begins with."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from learners import SMALL, time_steps
from trainee.learner import Learner
from trainee.types import JobSpec, Signature


def test_the_example_is_a_time_step_of_the_job(mixed):
    example = mixed.learner.example()
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), example) == jax.tree.map(
        lambda leaf: (jnp.shape(leaf), jnp.asarray(leaf).dtype), time_steps(1)[0]
    )


def test_bytes_bound_the_replay():
    signature = Signature(3, (4,), (), (2,), (False,), "small")
    # Three numbers, a category, a reward, a discount, two truth values and an action, of four bytes each; seven
    # that are recalled of each channel: of three numbers, of a category's four, and of two choices; and what each of
    # these did to each of the others, and earned.
    numbers = 9 + 7 * (3 + 4 + 2) + 2 * (3 + 4 + 1)
    tight = dataclasses.replace(SMALL, replay_bytes=4 * numbers * 11 - 1)
    stream = jax.eval_shape(Learner(JobSpec(signature), constants=tight).init_stream, jax.random.key(0))
    assert stream.replay.rows.shape == (10, 88)
    assert stream.replay.images == ()


def test_bytes_bound_the_replay_of_images():
    signature = Signature(0, (), ((100, 101, 1),), (2,), (False,), "pictures", (True,))
    # The picture, and beside it five numbers, and seven of each of sixteen channels of what is seen and of two choices,
    # and what each of these did to where the picture is, across and down, and earned.
    numbers = 5 + 7 * (16 + 2) + 2 * (2 + 1)
    tight = dataclasses.replace(SMALL, replay_bytes=(10_100 + 4 * numbers) * 10 + 9_000)
    stream = jax.eval_shape(Learner(JobSpec(signature), constants=tight).init_stream, jax.random.key(0))
    assert [image.shape for image in stream.replay.images] == [(10, 100, 101, 1)]
    assert stream.replay.rows.shape == (10, 137)


def test_images_of_bytes_are_kept_as_bytes():
    signature = Signature(0, (), ((5, 6, 2),), (2,), (False,), "image", (True,))
    learner = Learner(JobSpec(signature), width=8, constants=SMALL)
    state = jax.eval_shape(learner.init, jax.random.key(0))
    assert [image.dtype for image in state.stream.replay.images] == [jnp.uint8]
    after, decision = jax.eval_shape(learner.step, state, learner.example())
    assert decision.action.shape == (1,)
    assert jax.tree.structure(after) == jax.tree.structure(state)
