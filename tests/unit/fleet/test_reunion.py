"""Reunion: from homes to one agent, with what is refused and what is said of it."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee import Agent
from trainee.errors import UnfitLessons
from trainee.fleet import digest, keep, place
from trainee.fleet.imitation import Effort
from trainee.fleet.reunion import reunited
from trainee.fleet.teachers import Source, sources

SHORT = Effort(400, 32, 3e-3)


@pytest.fixture(scope="module")
def homes(walker, tmp_path_factory) -> dict[str, Path]:
    """Two agents that descend from one, one from elsewhere, one that has done nothing, and one that is damaged."""
    root = tmp_path_factory.mktemp("homes")
    agents = {"walk": walker, "nested": trained(NESTED), "foreign": trained(NESTED, seed=5, steps=60)}
    agents |= {"idle": trained(WALK, steps=5), "damaged": trained(WALK, steps=60)}
    for name, agent in agents.items():
        agent.save(root / name)
    (file,) = (root / "damaged" / "agent").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-1])
    return {path.name: path for path in root.iterdir()}


def brought_together(*homes: Path, **settings):
    return reunited(*sources(homes), **{"effort": SHORT, "turns": 1, "episodes": 10, **settings})


@pytest.fixture(scope="module")
def reunion(homes):
    return brought_together(homes["walk"], homes["nested"])


def test_one_agent_has_the_workers_of_both(reunion, walker):
    agent = reunion.agent
    assert agent.workers.keys() == {WALK, NESTED}
    assert agent.workers[WALK].logbook == walker.workers[WALK].logbook
    assert len(agent.interfaces) == 2
    np.testing.assert_array_equal(agent.streams[WALK].replay.rows, walker.streams[WALK].replay.rows)
    assert not reunion.refusals


def test_it_does_what_both_did(reunion):
    found = {retention.job: retention for retention in reunion.retentions}
    assert found.keys() == {WALK, NESTED}
    assert found[WALK].retained > 0.8, found
    assert all(reunion.after[job] < reunion.before[job] for job in found)
    assert reunion.passed == all(each.passed for each in reunion.retentions)


def test_it_goes_on_learning_and_is_kept(reunion, tmp_path):
    reunion.agent.save(tmp_path / "one")
    again = Agent.load(tmp_path / "one")
    again.learn(WALK, 40)
    again.learn(NESTED, 40)
    assert again.workers[WALK].logbook.steps == 340
    assert np.isfinite(again.brain.now.blocks[0].weight).all()


def test_lessons_on_the_shelf_are_learned_from(homes, tmp_path):
    home = shutil.copytree(homes["walk"], tmp_path / "walk")
    keep(digest(Agent.load(home), WALK, most=100), place(home, WALK))
    found = brought_together(home, homes["nested"], turns=0)
    assert found.lessons == {WALK: 100, NESTED: 300}


def test_lessons_that_are_damaged_are_refused_and_the_rest_goes_on(homes, tmp_path):
    home = shutil.copytree(homes["walk"], tmp_path / "walk")
    keep(digest(Agent.load(home), WALK), place(home, WALK))
    (file,) = place(home, WALK).glob("lessons/*.safetensors")
    file.write_bytes(file.read_bytes()[:-7])
    found = brought_together(home, homes["nested"])
    (refusal,) = found.refusals
    assert (refusal.home, refusal.job) == (str(home), WALK)
    assert "is truncated" in refusal.why
    assert found.agent.workers.keys() == {NESTED}


def test_who_cannot_be_merged_is_named_and_the_rest_goes_on(homes):
    odd = ("foreign", "idle", "damaged")
    found = brought_together(homes["walk"], homes["nested"], *(homes[name] for name in odd), homes["walk"] / "nowhere")
    why = {Path(refusal.home).name: refusal.why for refusal in found.refusals}
    assert why.keys() == {*odd, "nowhere"}
    assert "descends from another ancestor (seed 5, width 16) than the one in" in why["foreign"]
    assert "has ended no episode in 5 steps" in why["idle"]
    assert "is truncated" in why["damaged"]
    assert "no checkpoint is saved" in why["nowhere"]
    assert found.agent.workers.keys() == {WALK, NESTED}


def test_a_worker_no_better_than_chance_is_named_and_the_rest_goes_on(homes, tmp_path):
    """Its weights have no part in the merge either."""
    agent = trained("work_toys:Masked-v0", steps=60)
    worker = agent.workers["work_toys:Masked-v0"]
    signature = worker.spec.signature.id
    # Who thinks of every choice the opposite of what it learned.
    opposite = jax.tree.map(lambda leaf: -10 * leaf, agent.interfaces[signature].learned.slow[1])
    learned = agent.interfaces[signature].learned
    slow = (learned.slow[0], opposite)
    agent.interfaces[signature] = eqx.tree_at(
        lambda i: i.learned, agent.interfaces[signature], dataclasses.replace(learned, slow=slow)
    )
    agent.save(tmp_path / "worse")
    found = brought_together(homes["nested"], tmp_path / "worse", turns=0)
    (refusal,) = found.refusals
    assert (refusal.home, refusal.job) == (str(tmp_path / "worse"), "work_toys:Masked-v0")
    assert "the specialist does no better than random play" in refusal.why
    assert eqx.tree_equal(found.agent.brain, Agent.load(homes["nested"]).brain)


def test_nothing_to_merge_says_why(homes):
    with pytest.raises(UnfitLessons, match=r"nothing to merge.*idle.*has ended no episode"):
        brought_together(homes["idle"])
    with pytest.raises(UnfitLessons, match="nothing to merge"):
        reunited([Source(homes["idle"], born())])


def test_two_workers_at_one_job_the_better_teaches(homes, tmp_path):
    trained(WALK, steps=100).save(tmp_path / "beginner")
    found = brought_together(homes["walk"], tmp_path / "beginner", turns=0)
    (refusal,) = found.refusals
    assert refusal.home == str(tmp_path / "beginner")
    assert "which does it better" in refusal.why
    assert found.agent.workers[WALK].logbook.steps == 300


def test_a_job_that_cannot_be_played_does_not_pass(homes, tmp_path):
    agent = Agent.load(homes["walk"])
    worker = agent.workers.pop(WALK)
    worker.name = "mill"
    agent.workers["mill"], agent.streams["mill"] = worker, agent.streams.pop(WALK)
    agent.save(tmp_path / "mill")
    found = brought_together(tmp_path / "mill", homes["nested"])
    verdicts = {retention.job: retention.verdict for retention in found.retentions}
    assert verdicts["mill"] == "not played"
    assert not found.passed
