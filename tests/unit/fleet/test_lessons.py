"""Lessons: what is in them, and what is none."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee.errors import InvalidArgument, UnfitLessons
from trainee.fleet import lessons as room
from trainee.fleet import provenance
from trainee.fleet.lessons import Lessons, checked, digest
from trainee.learner import replay
from trainee.life import Episode, Logbook


@pytest.fixture(scope="module")
def lessons(walker) -> Lessons:
    return digest(walker, WALK)


def test_every_moment_that_was_answered_is_a_lesson(walker, lessons):
    steps, _ = replay.everything(walker.streams[WALK].replay, walker.workers[WALK].learner.experience())
    answered = ~np.asarray(steps.last)
    assert len(lessons) == answered.sum() == 300
    np.testing.assert_array_equal(lessons.observation.numeric, np.asarray(steps.observation.numeric)[answered])
    assert lessons.utilities.shape == (300, 6, 1, 3)
    assert lessons.allowed.all()


def test_what_is_taught_is_what_the_worker_thinks_now(walker, lessons):
    worker = walker.workers[WALK]
    state = walker.state_of(worker)
    for moment in (0, 7, 299):
        seen = eqx.tree_at(
            lambda o: o.numeric, worker.learner.example().observation, jnp.asarray(lessons.observation.numeric[moment])
        )
        thought = np.asarray(worker.learner.opinions(state, seen)[0])
        np.testing.assert_allclose(lessons.utilities[moment], thought, atol=1e-5)
        assert lessons.decided[moment] == thought[:3].mean(axis=0).argmax()


def test_they_say_where_they_come_from(walker, lessons):
    about = lessons.provenance
    assert (about.job, about.steps, about.seed, about.width) == (WALK, 300, 0, 16)
    assert about.signature == walker.workers[WALK].spec.signature.id
    assert about.competence.episodes == 15
    assert about.competence.recent_low <= about.competence.recent <= about.competence.recent_high
    assert provenance.ancestor(walker) == about.ancestor == provenance.ancestor(born())
    assert provenance.ancestor(born(seed=1)) != about.ancestor != provenance.ancestor(born(width=8))
    assert provenance.Provenance.from_json(about.to_json()) == about


def test_competence_by_hand():
    episodes = [Episode(step, 10, float(step), 0.0, 0.0) for step in range(10, 401, 10)]
    found = provenance.competence(Logbook(0.9, 400, episodes))
    assert found.recent == pytest.approx(np.mean(range(210, 401, 10)))
    # Ten parts of four episodes each.
    assert found.online == pytest.approx(205.0)
    assert found.recent_low < found.recent < found.recent_high
    assert (found.episodes, np.isnan(provenance.competence(Logbook(0.9, 5)).recent)) == (40, True)


def test_fewer_lessons_are_the_newest_and_some_of_all(walker, lessons):
    few = digest(walker, WALK, most=40)
    assert len(few) == 40
    np.testing.assert_array_equal(few.observation.numeric[-20:], lessons.observation.numeric[-20:])
    np.testing.assert_array_equal(few.observation.numeric[0], lessons.observation.numeric[0])
    assert len(np.unique(few.observation.numeric, axis=0)) == 40


def test_a_bound_in_bytes_holds(walker, monkeypatch):
    monkeypatch.setattr(room, "MOST_BYTES", 20_000)
    few = digest(walker, WALK)
    arrays = (few.observation.numeric, few.allowed, few.utilities, few.decided)
    assert 10_000 < sum(array.nbytes for array in arrays) <= 20_000


def test_nothing_about_the_agent_changes(walker):
    before = [np.asarray(walker.brain.now.blocks[0].weight).copy(), walker.workers[WALK].logbook.steps]
    digest(walker, WALK, most=10)
    np.testing.assert_array_equal(walker.brain.now.blocks[0].weight, before[0])
    assert walker.workers[WALK].logbook.steps == before[1]


def test_categories_are_kept():
    lessons = digest(trained(NESTED, steps=60), NESTED)
    assert lessons.observation.categories.shape == (60, 1)
    assert set(np.unique(lessons.observation.categories)) == {0, 1}


def test_masks_are_kept():
    lessons = digest(trained("work_toys:Masked-v0", steps=60), "work_toys:Masked-v0")
    assert not lessons.allowed.all()
    rows = np.arange(len(lessons))
    assert lessons.allowed[rows, 0, lessons.decided[:, 0].astype(int)].all()


def test_who_has_learned_nothing_has_no_lessons():
    with pytest.raises(InvalidArgument, match="no worker is named 'Pong'"):
        digest(born(), "Pong")
    with pytest.raises(UnfitLessons, match=r"has ended no episode in 10 steps.*Let it work longer"):
        digest(trained(WALK, steps=10), WALK)
    agent = trained(WALK, steps=40)
    signature = agent.workers[WALK].spec.signature.id
    agent.gather()
    blank = agent.learner(agent.workers[WALK].spec).init_interface(agent._key(f"interface {signature}"))
    agent.interfaces[signature] = blank
    with pytest.raises(UnfitLessons, match="has learned nothing in 40 steps"):
        digest(agent, WALK)


@pytest.mark.parametrize("part", ["utilities", "observation", "normaliser", "peak"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_named(lessons, part, value):
    altered = {
        "utilities": lambda: dataclasses.replace(lessons, utilities=_with(lessons.utilities, value)),
        "observation": lambda: dataclasses.replace(
            lessons,
            observation=dataclasses.replace(lessons.observation, numeric=_with(lessons.observation.numeric, value)),
        ),
        "normaliser": lambda: dataclasses.replace(
            lessons, normaliser=eqx.tree_at(lambda n: n.rows, lessons.normaliser, _with(lessons.normaliser.rows, value))
        ),
        "peak": lambda: dataclasses.replace(lessons, peak=np.asarray(value, np.float32)),
    }
    with pytest.raises(UnfitLessons, match=f"lessons of '{WALK}' hold {value} in the {part}"):
        checked(altered[part]())


def _with(array, value):
    changed = np.array(array)
    changed[(0,) * changed.ndim] = value
    return changed


def test_the_newest_alone(walker, lessons):
    """Also of a ring that is not full, and of one that has gone round."""
    few = digest(walker, WALK, newest=50)
    # Two or three of fifty time steps end an episode.
    assert 46 <= len(few) < 50
    np.testing.assert_array_equal(few.observation.numeric, lessons.observation.numeric[-len(few) :])
    assert len(digest(walker, WALK, newest=2_000)) == 300
    agent = trained(WALK, steps=2_500)
    few, whole = digest(agent, WALK, newest=300), digest(agent, WALK)
    np.testing.assert_array_equal(few.observation.numeric, whole.observation.numeric[-len(few) :])
