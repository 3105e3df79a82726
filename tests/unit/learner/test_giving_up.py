"""When a whole learner gives a line up, and what it remembers of it."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import CHOICES, LENGTH, SMALL, compiled, same, signature, time_steps
from memories import remembered
from trainee.learner import Learner
from trainee.types import JobSpec


@pytest.fixture(scope="module")
def restarting():
    """A learner of the same job that may give a line up, and what it has lived."""
    learner = compiled(Learner(JobSpec(CHOICES, restartable=True), width=8, constants=SMALL))
    state, stream = learner.init(jax.random.key(0)), time_steps(LENGTH)
    for step in stream[:-1]:
        state, _ = learner.step(state, step)
    return learner, state, stream[-1]


def test_the_head_that_does_not_look_far_learns_where_it_is_asked(restarting):
    learner, state, _ = restarting
    near = lambda s: np.asarray(s.interface.learned.now[1].linear.weight)[:, -10:]  # noqa: E731
    assert np.any(near(learner.learn(state)) != near(state))


def hoping(state, afresh, near=0.0):
    """As much is expected of a fresh line; and so much more of this one, by the head that does not look far."""
    heads = lambda s: s.interface.learned.slow[1].linear.weight  # noqa: E731
    weight = heads(state).at[:, -10:].add(near)
    of_fresh = jnp.float32(afresh)
    parts = lambda s: (heads(s), s.stream.quitting.afresh.value, s.stream.quitting.afresh.known, s.stream.key)  # noqa: E731
    return eqx.tree_at(parts, state, (weight, of_fresh, of_fresh, jax.random.key(7)))


def test_a_line_that_is_not_worth_finishing_is_given_up_and_remembered_as_over(restarting):
    learner, state, step = restarting
    state, step = hoping(state, afresh=1e6, near=1.0), dataclasses.replace(step, reward=np.float32(0.25))
    after, decision = learner.step(state, step)
    assert decision.abandon
    assert int(after.stream.quitting.quits) == int(state.stream.quitting.quits) + 1
    remembering, perceived = learner.perceive(state, step)
    before = learner.remember(remembering, perceived)
    plain, kept = (remembered(learner.learner, s.stream) for s in (before, after))
    assert (bool(kept.step.last[-1]), float(kept.step.discount[-1])) == (True, 0.0)
    # It is worth no more than the ensemble thinks on the mean, however much the other head does.
    utilities = np.asarray(learner.utilities(before, perceived.observation))
    assert utilities.shape == (3, 2, 5)
    best = utilities.mean(axis=0)
    mean = (best[0, :3].max() + best[1].max()) / 2 * float(before.interface.peak)
    np.testing.assert_allclose(kept.step.reward[-1], 0.25 + float(decision.discount) * mean, rtol=1e-3)
    # What else was remembered is as it was.
    assert (bool(plain.step.last[-1]), float(plain.step.reward[-1])) == (False, 0.25)
    np.testing.assert_allclose(kept.action, plain.action, rtol=1e-6)
    np.testing.assert_allclose(kept.step.reward[:-1], plain.step.reward[:-1])
    # Where the other one thinks less of it, so much less does it come to.
    worse, decision = learner.step(hoping(state, afresh=1e6, near=-2.0), step)
    assert decision.abandon
    assert remembered(learner.learner, worse.stream).step.reward[-1] < 0.25 + float(decision.discount) * mean - 0.1


def test_a_line_is_gone_on_with_where_it_is_worth_that_and_where_it_begins(restarting):
    learner, state, step = restarting
    begins = dataclasses.replace(step, first=np.array(True))
    for afresh, now in [(-1e6, step), (1e6, begins)]:
        after, decision = learner.step(hoping(state, afresh), now)
        assert not decision.abandon
        assert same(after.stream.replay, learner.remember(*learner.perceive(hoping(state, afresh), now)).stream.replay)


def test_only_a_job_that_can_be_restarted_has_lines_given_up(mixed, lived, restarting):
    state, step = lived
    after, decision = mixed.step(state, step)
    assert not decision.abandon
    assert after.stream.quitting is after.stream.novelty.worth is None
    learner, state, step = restarting
    after, _ = learner.step(state, step)
    assert after.stream.novelty.worth.shape == after.stream.novelty.tried.shape
    assert int(after.stream.quitting.lines) == 2


def test_until_there_was_a_reward_nothing_is_hoped_for(restarting):
    learner, _, step = restarting
    begins = dataclasses.replace(step, first=np.array(True), last=np.array(False), reward=np.float32(0.0))
    state, _ = learner.step(learner.init(jax.random.key(3)), begins)
    assert (float(state.stream.quitting.afresh.value), int(state.stream.quitting.lines)) == (0.0, 1)
    # What heads believe before they know anything is no reward.
    assert np.any(np.asarray(learner.utilities(state, learner.perceive(state, begins)[1].observation)))


@pytest.mark.parametrize(("times", "ahead", "known"), [(1.0, 0.0, 0.5), (0.0, 0.0, 3.0), (1.0, 0.9, 3.0)])
def test_known_ways_tell_the_worst_only_where_nothing_new_is_near(times, ahead, known):
    places = JobSpec(signature(categories=(4,), choices=(2,)), restartable=True)
    learner = Learner(places, width=8, constants=SMALL)
    stream = learner.init(jax.random.key(0)).stream
    tables = lambda s: (s.novelty.tried, s.novelty.ahead, s.novelty.worth)  # noqa: E731
    filled = [jnp.full_like(table, number) for table, number in zip(tables(stream), (times, ahead, 0.5), strict=True)]
    stream = eqx.tree_at(tables, stream, filled)
    allowed, value, curious = jnp.ones((1, 2), bool), jnp.float32(3.0), jnp.float32(0.25)
    found, promise, counts = learner._curiosity.foreseen(stream, allowed, value, curious)
    assert (float(found), float(counts)) == (known, 0.25)
    np.testing.assert_allclose(promise, max(1 / (times + 1) ** 2, ahead))
