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
from trainee import Agent, record
from trainee.errors import InvalidArgument, JobFailed, UnfitLessons
from trainee.fleet import digest, keep, place, read
from trainee.fleet import reunion as room
from trainee.fleet.imitation import Effort
from trainee.fleet.measure import Measure
from trainee.fleet.merge import SAME
from trainee.fleet.reunion import reunited
from trainee.fleet.teachers import Source, sources

pytestmark = pytest.mark.long

TWIN = "fleet_toys:Twin-v0"
SHORT = Effort(400, 32, 3e-3)
# Where neither what is learned nor the gate is looked at.
BRIEF = {"effort": Effort(1, 32, 3e-3), "turns": 0, "episodes": 2}


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
    return reunited(*sources(homes), **{"effort": SHORT, "turns": 1, "episodes": 30, **settings})


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


def test_one_alone_is_as_it_was_though_its_lessons_are_older(tmp_path):
    agent = born()
    agent.learn(WALK, 300)
    keep(digest(agent, WALK), place(tmp_path, WALK))
    agent.learn(NESTED, 600)
    agent.save(tmp_path)
    found = brought_together(tmp_path, tmp_path, episodes=2)
    # It thinks otherwise by now than its lessons of the first job say.
    assert found.before[WALK] == found.after[WALK] > SAME
    for name in ("slow", "now"):
        assert eqx.tree_equal(getattr(found.agent.brain, name), getattr(agent.brain, name))
    for signature, interface in agent.interfaces.items():
        assert eqx.tree_equal(found.agent.interfaces[signature].learned, interface.learned)


def test_lessons_that_are_damaged_are_taken_anew(homes, tmp_path):
    home = shutil.copytree(homes["walk"], tmp_path / "walk")
    keep(digest(Agent.load(home), WALK, most=100), place(home, WALK))
    (file,) = place(home, WALK).glob("lessons/*.safetensors")
    file.write_bytes(file.read_bytes()[:-7])
    found = brought_together(home, homes["nested"], **BRIEF)
    assert found.lessons == {WALK: 300, NESTED: 300}
    assert not found.refusals


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
    forgetful("work_toys:Masked-v0", steps=60).save(tmp_path / "worse")
    found = brought_together(homes["nested"], tmp_path / "worse", turns=0)
    (refusal,) = found.refusals
    assert (refusal.home, refusal.job) == (str(tmp_path / "worse"), "work_toys:Masked-v0")
    assert "the specialist, as it is now, does no better than random play" in refusal.why
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
    assert "which does it better: frozen as it is now it has" in refusal.why
    assert found.agent.workers[WALK].logbook.steps == 300


def forgetful(job, steps):
    """Who thinks of every choice the opposite of what it learned; it was as good as anybody, its logbook says."""
    agent = trained(job, steps=steps)
    signature = agent.workers[job].spec.signature.id
    learned = agent.interfaces[signature].learned
    slow = (learned.slow[0], jax.tree.map(lambda leaf: -10 * leaf, learned.slow[1]), learned.slow[2])
    agent.interfaces[signature] = eqx.tree_at(
        lambda i: i.learned, agent.interfaces[signature], dataclasses.replace(learned, slow=slow)
    )
    return agent


def test_of_two_at_one_job_the_one_that_can_do_it_now_teaches(homes, tmp_path):
    """The other's last episodes brought more, and it has forgotten how."""
    agent = trained(WALK, steps=400)
    forgetful(WALK, steps=400).save(tmp_path / "forgetful")
    keep(digest(agent, WALK), place(tmp_path / "forgetful", WALK))
    recent = [each.workers[WALK].logbook.recent(20) for each in (agent, Agent.load(homes["walk"]))]
    assert recent[0] > recent[1]
    found = brought_together(homes["walk"], tmp_path / "forgetful", turns=0)
    assert [refusal.home for refusal in found.refusals] == [str(tmp_path / "forgetful")]
    assert found.agent.workers[WALK].logbook.steps == 300


def test_who_thinks_otherwise_than_its_lessons_does_not_correct(homes, monkeypatch):
    asked = []

    def refused(worker, *_):
        asked.append(worker.name)
        raise JobFailed("out of order")

    monkeypatch.setattr(room, "corrections", refused)
    brought_together(homes["walk"], homes["nested"], effort=BRIEF["effort"])
    assert sorted(asked) == [NESTED, WALK]
    asked.clear()
    monkeypatch.setattr(Measure, "agrees", property(lambda measure: measure.job == NESTED))
    brought_together(homes["walk"], homes["nested"], effort=BRIEF["effort"])
    assert asked == [NESTED]


def test_whether_it_still_thinks_what_its_lessons_say(walker):
    lessons = digest(walker, WALK)
    assert Measure(Source(Path("walk"), walker), lessons, 30).agrees
    forgotten = Measure(Source(Path("forgetful"), forgetful(WALK, steps=300)), lessons, 30)
    assert not forgotten.agrees
    assert "It has forgotten what its lessons say" in str(forgotten.worthless())


def test_streams_keep_their_unit_where_that_of_their_interface_moves(homes, tmp_path):
    """Two jobs share an interface: what one has measured in units of its own peak is measured in those of both."""
    twin = trained(TWIN)
    signature = twin.workers[TWIN].spec.signature.id
    twin.interfaces[signature] = eqx.tree_at(lambda i: i.peak, twin.interfaces[signature], replace_fn=lambda p: 4 * p)
    twin.save(tmp_path / "twin")
    found = brought_together(homes["walk"], tmp_path / "twin", **BRIEF)
    walker = Agent.load(homes["walk"])
    ratio = float(walker.interfaces[signature].peak / found.agent.interfaces[signature].peak)
    before, after = walker.streams[WALK].lines, found.agent.streams[WALK].lines
    assert ratio < 0.5
    for name in ("brought", "weight", "weighted"):
        np.testing.assert_allclose(getattr(after, name), ratio * getattr(before, name), rtol=1e-6)
    np.testing.assert_allclose(after.weighted / after.weight, before.weighted / before.weight, rtol=1e-5)
    for name in ("mean", "size", "square"):
        assert getattr(after, name) == getattr(before, name)
    np.testing.assert_allclose(found.agent.streams[TWIN].lines.weight, twin.streams[TWIN].lines.weight)


def test_its_lessons_are_kept_with_it(reunion, homes, tmp_path):
    """A later merge, and its own sleep, have them."""
    with record.lock(tmp_path / "one"):
        reunion.put(tmp_path / "one")
    agent = Agent.load(tmp_path / "one")
    for job, home in ((WALK, "walk"), (NESTED, "nested")):
        lessons = read(place(tmp_path / "one", job), agent, agent.workers[job].learner)
        np.testing.assert_array_equal(lessons.utilities, digest(Agent.load(homes[home]), job).utilities)
    again = brought_together(tmp_path / "one", **BRIEF)
    assert again.lessons == {WALK: 300, NESTED: 300}
    assert not again.refusals


def test_a_folder_of_lessons_is_no_home(homes, tmp_path):
    keep(digest(Agent.load(homes["walk"]), WALK), place(tmp_path, WALK))
    found = brought_together(homes["walk"], place(tmp_path, WALK), **BRIEF)
    (refusal,) = found.refusals
    assert "is no agent but lessons: give the home of an agent" in refusal.why


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


@pytest.mark.parametrize("width", [12, 24])
def test_it_may_be_of_another_width(homes, tmp_path, width):
    found = brought_together(homes["walk"], homes["nested"], width=width)
    assert found.agent.width == width
    assert {leaf.shape for leaf in jax.tree.leaves(found.agent.brain.slow)} == {(width, width)}
    assert all(found.after[job] < found.before[job] for job in (WALK, NESTED))
    with record.lock(tmp_path):
        found.put(tmp_path)
    again = Agent.load(tmp_path)
    # It goes on working, and what taught it teaches it still.
    assert read(place(tmp_path, WALK), again, again.workers[WALK].learner).provenance.width == width
    assert again.learn(WALK, 30).steps == 30


def test_one_alone_may_be_made_wider(homes):
    found = brought_together(homes["nested"], width=24)
    assert found.agent.width == 24
    assert found.passed
    assert found.size > found.largest


def test_its_size_is_told_beside_the_largest_agents(reunion, walker):
    """The brain is there once, and the interfaces of both."""
    numbers = [
        sum(leaf.size for leaf in jax.tree.leaves(one.learned.slow)) for one in reunion.agent.interfaces.values()
    ]
    brain = sum(leaf.size for leaf in jax.tree.leaves(walker.brain.slow))
    assert reunion.size == brain + sum(numbers)
    assert reunion.largest == brain + max(numbers)


def test_there_is_no_agent_without_width(homes):
    with pytest.raises(InvalidArgument, match="width"):
        brought_together(homes["walk"], homes["nested"], width=0)
