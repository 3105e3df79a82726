"""Workers of a fleet become one agent by arithmetic, and what comes of it is logged."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee.exams.life.log import Played, played, write_played
from trainee.exams.life.ties import mean, ties
from trainee.exams.life.union import arithmetically_merged, united
from trainee.jobs.twins import add_twin

TWIN = "trainee.jobs.twins:WalkMirrored-v0"
add_twin("WalkMirrored-v0", WALK)


@pytest.fixture(scope="module")
def agents():
    return [trained(WALK, steps=200), trained(NESTED, TWIN, steps=200)]


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


@pytest.mark.parametrize("arithmetic", [mean, lambda begun, trees: ties(begun, trees, kept=1.0)])
def test_one_agent_with_itself_stays_as_it_is(arithmetic, agents):
    one = agents[0]
    merged = arithmetically_merged(arithmetic, [one, one])
    for now, before in zip(leaves(merged.brain.slow), leaves(one.brain.slow), strict=True):
        np.testing.assert_allclose(now, before, rtol=1e-5, atol=1e-6)
    assert merged.evaluate(WALK, 3).returns == pytest.approx(one.evaluate(WALK, 3).returns, abs=1e-3)


def test_streams_and_an_interface_that_one_has_are_taken_over(agents):
    merged = arithmetically_merged(mean, agents)
    assert merged.workers.keys() == {WALK, NESTED, TWIN}
    for agent in agents:
        for name in agent.workers:
            assert merged.streams[name] is agent.streams[name]
    nested = agents[1].workers[NESTED].spec.signature.id
    assert merged.interfaces[nested] is agents[1].interfaces[nested]


def test_brains_and_an_interface_that_two_have_are_averaged_in_one_unit(agents):
    merged = arithmetically_merged(mean, agents)
    sides = [leaves(agent.brain.slow) for agent in agents]
    for now, one, other in zip(leaves(merged.brain.slow), *sides, strict=True):
        np.testing.assert_allclose(now, (one + other) / 2, rtol=1e-5, atol=1e-6)
    walk = agents[0].workers[WALK].spec.signature.id
    both = [agent.interfaces[walk] for agent in agents]
    peaks = [float(interface.peak) for interface in both]
    assert float(merged.interfaces[walk].peak) == max(peaks)
    heads = [
        leaves(interface.learned.slow[1])[0] * peak / max(peaks) for interface, peak in zip(both, peaks, strict=True)
    ]
    found = leaves(merged.interfaces[walk].learned.slow[1])[0]
    np.testing.assert_allclose(found, (heads[0] + heads[1]) / 2, rtol=1e-4, atol=1e-6)


def test_the_ancestor_is_what_they_were_born_as(agents):
    seen = []

    def noted(begun, trees):
        seen.append(begun)
        return mean(begun, trees)

    arithmetically_merged(noted, agents)
    fresh = born()
    fresh.learn(WALK, 1)
    fresh.gather()
    for one, other in zip(leaves(seen[0]), leaves(fresh.brain.slow), strict=True):
        np.testing.assert_allclose(one, other, atol=0.02)
    assert any(
        not np.allclose(one, other) for one, other in zip(leaves(seen[0]), leaves(agents[0].brain.slow), strict=True)
    )


def test_what_was_played_is_not_played_again(agents, tmp_path):
    for number, agent in enumerate(agents):
        agent.save(tmp_path / f"worker-{number}")
    homes = [tmp_path / f"worker-{number}" for number in range(2)]
    write_played(tmp_path / "union", Played(WALK, [77.0]))
    united("TIES", homes, [WALK, NESTED], 2, tmp_path / "union")
    found = played(tmp_path / "union")
    assert found[WALK].returns == [77.0]
    assert len(found[NESTED].returns) == 2
    assert found[NESTED].why == ""


def test_ours_is_what_trainee_merge_does_and_says_who_was_left_out(agents, tmp_path):
    for number, agent in enumerate(agents):
        agent.save(tmp_path / f"worker-{number}")
    idle = born()
    idle.learn(NESTED, 5)
    idle.save(tmp_path / "worker-2")
    homes = [tmp_path / f"worker-{number}" for number in (0, 2)]
    united("ours", homes, [WALK, NESTED], 2, tmp_path / "union")
    found = played(tmp_path / "union")
    assert len(found[WALK].returns) == 2
    assert "ended no episode" in found[NESTED].why
