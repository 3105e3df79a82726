"""Imitation: its loss by hand, and that it learns what it is taught."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee.fleet import digest
from trainee.fleet.courses import corrected, course
from trainee.fleet.imitation import Effort, Parts, disagreement, imitated, imitation_loss

SHORT = Effort(400, 32, 3e-3)


@pytest.fixture(scope="module")
def nested():
    return trained(NESTED)


def taught(agent, job, room=0):
    """The course of a worker, and what it thinks by."""
    learner, state = agent.workers[job].learner, agent.state_of(agent.workers[job])
    lessons = digest(agent, job)
    parts = Parts(state.brain.slow, (state.interface.learned.slow,))
    return course(learner, state.interface, lessons, room), parts, lessons


def test_the_loss_by_hand():
    utilities = jnp.array([[[1.0, 3.0, 9.0]]])
    target = jnp.array([[[0.0, 0.0, 5.0]]])
    allowed = jnp.array([[True, True, False]])
    # Errors of 1 and 3: a level of 2, and −1 and 1 about it.
    loss = imitation_loss(utilities, target, allowed, jnp.array(4.0), jnp.array(0.5))
    assert loss == pytest.approx((2 / 4) ** 2 + ((1 / 0.5) ** 2 + (1 / 0.5) ** 2) / 2)
    nothing = imitation_loss(utilities, target, jnp.zeros_like(allowed), jnp.array(4.0), jnp.array(0.5))
    assert nothing == 0
    assert imitation_loss(target, target, allowed, jnp.array(1.0), jnp.array(1.0)) == 0


def test_what_is_forbidden_is_not_learned_from():
    def loss(utilities):
        return imitation_loss(
            utilities, jnp.zeros((1, 1, 3)), jnp.array([[True, False, True]]), jnp.ones(()), jnp.ones(())
        )

    gradient = jax.grad(loss)(jnp.array([[[1.0, 2.0, -3.0]]]))
    assert gradient[0, 0, 1] == 0
    assert np.all(gradient[0, 0, jnp.array([0, 2])] != 0)


def test_who_gave_the_lessons_agrees_with_them(walker):
    found, parts, _ = taught(walker, WALK)
    assert disagreement(parts, [found], [0])[0] < 1e-7
    other, _, _ = taught(trained(WALK, steps=200), WALK)
    assert disagreement(parts, [other], [0])[0] > 1e-3


def test_two_jobs_are_learned_at_once(walker, nested):
    """From the weights at birth, one trunk and two interfaces come to what two agents think."""
    one, _, _ = taught(walker, WALK)
    other, _, _ = taught(nested, NESTED)
    fresh = born()
    modules = []
    for agent, job in ((walker, WALK), (nested, NESTED)):
        fresh.add_worker(job, agent.workers[job].codec)
        modules.append(fresh.state_of(fresh.workers[job]).interface.learned.slow)
    parts = Parts(fresh.brain.slow, tuple(modules))
    before = disagreement(parts, [one, other], [0, 1])
    learned, losses = imitated(parts, [one, other], [0, 1], jax.random.key(0), SHORT)
    after = disagreement(learned, [one, other], [0, 1])
    assert losses.shape == (400, 2)
    assert all(far < 0.2 * near for far, near in zip(after, before, strict=True)), (before, after)


def test_a_job_that_counts_for_nothing_is_not_learned(walker, nested):
    one, parts, _ = taught(walker, WALK)
    other, _, _ = taught(nested, NESTED)
    worse = jax.tree.map(lambda leaf: 0.5 * leaf, parts)
    silent = eqx.tree_at(lambda c: c.weight, one, jnp.zeros(()))
    both = Parts(worse.trunk, (*worse.modules, nested.state_of(nested.workers[NESTED]).interface.learned.slow))
    learned, _ = imitated(both, [silent, other], [0, 1], jax.random.key(0), SHORT._replace(steps=20))
    assert eqx.tree_equal(learned.modules[0], both.modules[0])
    assert not eqx.tree_equal(learned.modules[1], both.modules[1])


def test_more_lessons_go_behind_the_first_ones(walker):
    found, parts, lessons = taught(walker, WALK, room=50)
    assert (int(found.count), len(found.targets)) == (300, 350)
    wrong = dataclasses.replace(
        lessons,
        **{name: getattr(lessons, name)[:50] for name in ("utilities", "allowed", "decided")},
        observation=jax.tree.map(lambda leaf: leaf[:50], lessons.observation),
    )
    learner, interface = walker.workers[WALK].learner, walker.state_of(walker.workers[WALK]).interface
    more = corrected(learner, interface, found, dataclasses.replace(wrong, utilities=wrong.utilities + 1), 0.5)
    assert (int(more.count), float(more.weight)) == (350, 0.5)
    # 50 of 350 are off by one, of the level alone.
    expected = 50 / 350 / float(found.level) ** 2
    assert disagreement(parts, [more], [0])[0] == pytest.approx(expected, rel=1e-3)
    with pytest.raises(ValueError, match="do not fit"):
        corrected(learner, interface, more, wrong, 1.0)


def test_the_unit_of_lessons_does_not_matter(walker):
    """Lessons in another unit teach the same: utilities in reward units are what counts."""
    found, _, lessons = taught(walker, WALK)
    learner, interface = walker.workers[WALK].learner, walker.state_of(walker.workers[WALK]).interface
    other = dataclasses.replace(lessons, peak=np.asarray(lessons.peak / 2), utilities=lessons.utilities * 2)
    np.testing.assert_allclose(course(learner, interface, other).targets, found.targets, atol=1e-5)


def test_how_much_a_course_varies_is_not_changed_by_the_room_in_it(walker):
    tight, _, lessons = taught(walker, WALK)
    loose, _, _ = taught(walker, WALK, room=500)
    np.testing.assert_allclose([tight.level, tight.lead], [loose.level, loose.lead], rtol=1e-5)
    mean = np.asarray(tight.targets)[:, :3].mean(axis=1)
    level = mean.mean(axis=-1, keepdims=True)
    assert float(tight.level) == pytest.approx(level[..., 0].std(), rel=1e-4)
    assert float(tight.lead) == pytest.approx(np.sqrt(np.square(mean - level).mean()), rel=1e-4)
    assert len(lessons) == 300


def test_what_is_forbidden_does_not_change_how_much_leads_vary(walker):
    """Where a third is forbidden the loss is in units of what the others vary by, as it counts them."""
    _, _, lessons = taught(walker, WALK)
    allowed = np.broadcast_to([True, True, False], lessons.allowed.shape)
    learner, interface = walker.workers[WALK].learner, walker.state_of(walker.workers[WALK]).interface
    masked = course(learner, interface, dataclasses.replace(lessons, allowed=allowed))
    targets = np.asarray(masked.targets)[..., :2]
    mean = targets[:, :3].mean(axis=1)
    expected = np.sqrt(np.square(mean - mean.mean(axis=-1, keepdims=True)).mean())
    assert float(masked.lead) == pytest.approx(expected, rel=1e-4)
    # Who thinks of every choice the same is away by the whole of how much these vary.
    flat = jnp.broadcast_to(targets.mean(axis=-1, keepdims=True), masked.targets.shape)
    each = jax.vmap(imitation_loss, in_axes=(0, 0, 0, None, None))(
        flat, masked.targets, masked.allowed, masked.level, masked.lead
    )
    leads = targets - targets.mean(axis=-1, keepdims=True)
    assert float(each.mean()) == pytest.approx(np.square(leads).mean() / float(masked.lead) ** 2, rel=1e-3)
