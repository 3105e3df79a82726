"""Correction: moments that the merged agent comes to, judged by the specialist."""

from __future__ import annotations

import equinox as eqx
import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee.fleet import digest
from trainee.fleet.correction import corrections
from trainee.fleet.lessons import existing, thoughts
from trainee.fleet.trials import LANES


def novice(agent, job):
    """Who has done nothing, at the stream of a worker."""
    fresh = born()
    fresh.add_worker(job, agent.workers[job].codec)
    return fresh.state_of(fresh.workers[job])


@pytest.mark.parametrize(("job", "masked"), [(WALK, False), (NESTED, False), ("work_toys:Masked-v0", True)])
def test_the_specialist_judges_where_the_other_goes(job, masked):
    agent = trained(job, steps=60)
    worker, state = agent.workers[job], agent.state_of(agent.workers[job])
    found, trial = corrections(worker, novice(agent, job), state, digest(agent, job), 200, 0)
    assert len(found) == 200
    assert (len(trial.returns), trial.cut) == (LANES, 0)
    allowed = found.allowed if found.codes is None else existing(worker.learner, len(found))
    known = thoughts(worker.learner, state, found.observation, allowed)
    np.testing.assert_allclose(found.utilities, known["utilities"], atol=1e-6)
    assert found.allowed.all() != masked


def test_each_turn_plays_other_episodes_and_the_same_turn_the_same(walker):
    worker, state = walker.workers[WALK], walker.state_of(walker.workers[WALK])
    lessons = digest(walker, WALK)
    seen = [corrections(worker, state, state, lessons, 50, turn)[0].observation.numeric for turn in (0, 0, 1)]
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def test_its_returns_are_those_of_who_does_the_job(walker):
    """The one who learned to go right comes farther than one who stands still."""
    worker, state = walker.workers[WALK], walker.state_of(walker.workers[WALK])
    lessons = digest(walker, WALK)
    _, of_walker = corrections(worker, state, state, lessons, 10, 0)
    _, of_novice = corrections(worker, novice(walker, WALK), state, lessons, 10, 0)
    assert of_walker.mean > 5
    assert of_walker.mean > of_novice.mean


def test_what_the_specialist_says_is_in_the_unit_it_has_now(walker):
    """Its interface may have moved since its lessons were taken, at another job with the same spaces."""
    worker, state = walker.workers[WALK], walker.state_of(walker.workers[WALK])
    moved = eqx.tree_at(lambda s: s.interface.peak, state, 2 * state.interface.peak)
    found, _ = corrections(worker, state, moved, digest(walker, WALK), 10, 0)
    assert found.peak == 2 * state.interface.peak
