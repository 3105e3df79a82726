"""Merge: what becomes of weights, moments and units."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fleets import NESTED, WALK, trained
from trainee.fleet import digest
from trainee.fleet.imitation import Effort
from trainee.fleet.merge import Specialist, averaged, merged

SHORT = Effort(300, 32, 3e-3)


def specialist(agent, job):
    state = agent.state_of(agent.workers[job])
    return Specialist(job, agent.workers[job].learner, state.brain, state.interface, digest(agent, job))


@pytest.fixture(scope="module")
def two(walker):
    return specialist(walker, WALK), specialist(trained(NESTED), NESTED)


def test_the_mean_of_trees():
    trees = [
        (jnp.array([1.0, 2.0]), jnp.array(3)),
        (jnp.array([3.0, 6.0]), jnp.array(5)),
        (jnp.array([2.0, 1.0]), jnp.array(4)),
    ]
    mean, count = averaged(trees)
    np.testing.assert_allclose(mean, [2.0, 3.0])
    assert count == 5


def test_the_mean_of_equal_trees_is_that_tree_to_the_bit():
    tree = {"a": jax.random.normal(jax.random.key(0), (100,)) / 3, "b": jnp.arange(3)}
    for count in (1, 2, 3, 7):
        assert eqx.tree_equal(averaged([tree] * count), tree)


def test_two_become_one_that_thinks_as_both_do(two):
    found = merged([s.brain for s in two], two, jax.random.key(0), SHORT)
    assert found.before.keys() == found.after.keys() == {WALK, NESTED}
    assert all(found.after[job] < 0.3 * found.before[job] for job in found.before), (found.before, found.after)
    assert eqx.tree_equal(found.brain.now, found.brain.slow)
    assert found.interfaces.keys() == {s.signature for s in two}
    for one in two:
        mine = found.interfaces[one.signature]
        assert eqx.tree_equal(mine.prior, one.interface.prior)
        assert mine.peak == one.interface.peak
        assert eqx.tree_equal(mine.learned.moments, one.interface.learned.moments)
    assert not eqx.tree_equal(found.brain.moments, two[0].brain.moments)


def test_an_agent_alone_is_merged_to_itself(two):
    one = two[0]
    found = merged([one.brain], [one], jax.random.key(0), SHORT)
    assert eqx.tree_equal(found.brain, one.brain)
    assert eqx.tree_equal(found.interfaces[one.signature], one.interface)
    assert found.after[WALK] < 1e-7


def test_units_of_one_signature_become_the_largest(two):
    one = two[0]
    doubled = eqx.tree_at(lambda i: i.peak, one.interface, 2 * one.interface.peak)
    other = Specialist("other", one.learner, one.brain, doubled, one.lessons)
    found = merged([one.brain, one.brain], [one, other], jax.random.key(0), SHORT._replace(steps=1))
    assert found.interfaces[one.signature].peak == doubled.peak
