"""What must always hold of merging."""

from __future__ import annotations

import itertools
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleets import NESTED, WALK, trained
from homes import differences
from trainee import Agent
from trainee.fleet.imitation import Effort
from trainee.fleet.merge import averaged
from trainee.fleet.reunion import reunited
from trainee.fleet.teachers import Source

pytestmark = pytest.mark.long

SHORT = Effort(50, 16, 1e-3)
WALKS = ("work_toys:Masked-v0", NESTED, WALK)

numbers = st.floats(-1e6, 1e6, width=32)


@pytest.fixture(scope="module")
def agents():
    return [trained(job) for job in WALKS]


def merged(*agents: Agent) -> Agent:
    found = [Source(Path(str(i)), agent) for i, agent in enumerate(agents)]
    return reunited(found, effort=SHORT, turns=1, episodes=5).agent


def saved(agent: Agent, home: Path) -> Path:
    agent.save(home)
    return home


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_agent_merged_with_itself_is_itself_to_the_bit(agents, tmp_path, times):
    agent = agents[0]
    whole = saved(agent, tmp_path / "one")
    assert differences(whole, saved(merged(*[Agent.load(whole)] * times), tmp_path / "other")) == []


def test_the_order_of_agents_does_not_matter_to_the_bit(agents, tmp_path):
    first = saved(merged(*agents), tmp_path / "first")
    for i, order in enumerate(itertools.permutations(agents)):
        if i in (2, 5):
            assert differences(first, saved(merged(*order), tmp_path / str(i))) == []


def test_who_is_merged_is_not_changed(agents, tmp_path):
    before = [saved(agent, tmp_path / f"before{i}") for i, agent in enumerate(agents)]
    merged(*agents)
    after = [saved(agent, tmp_path / f"after{i}") for i, agent in enumerate(agents)]
    assert [differences(one, other) for one, other in zip(before, after, strict=True)] == [[], [], []]


def test_a_merged_agent_merged_with_itself_is_itself(agents, tmp_path):
    once = merged(*agents[:2])
    one = saved(once, tmp_path / "once")
    assert differences(one, saved(merged(once, Agent.load(one)), tmp_path / "twice")) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=8), st.integers(1, 6))
def test_the_mean_of_equals_is_exact(values, count):
    tree = {"weights": jnp.array(values, jnp.float32), "count": jnp.array(7)}
    assert eqx.tree_equal(averaged([tree] * count), tree)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=6))
def test_the_mean_is_the_mean(rows):
    found = np.asarray(averaged([jnp.array(row, jnp.float32) for row in rows]))
    expected = np.mean(np.array(rows, np.float64), axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * (1 + np.abs(rows).max()))


def test_moments_and_whole_numbers_survive(agents):
    optimisers = [agent.brain.moments for agent in agents]
    found = averaged(optimisers)
    assert jax.tree.structure(found) == jax.tree.structure(optimisers[0])
    counts = [leaf for leaf in jax.tree.leaves(found) if not eqx.is_inexact_array(leaf)]
    assert [int(count) for count in counts] == [max(int(o[0].count) for o in optimisers)]
