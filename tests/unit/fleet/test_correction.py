"""Correction: moments that the merged agent comes to, judged by the specialist."""

from __future__ import annotations

import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee.errors import UnknownJob
from trainee.fleet import digest
from trainee.fleet.correction import EPISODES, corrections
from trainee.fleet.lessons import judged


def novice(agent, job):
    """Who has done nothing, at the stream of a worker."""
    fresh = born()
    fresh.add_worker(job, agent.workers[job].codec)
    return fresh.state_of(fresh.workers[job])


@pytest.mark.parametrize(("job", "masked"), [(WALK, False), (NESTED, False), ("work_toys:Masked-v0", True)])
def test_the_specialist_judges_where_the_other_goes(job, masked):
    agent = trained(job, steps=60)
    learner, state = agent.workers[job].learner, agent.state_of(agent.workers[job])
    found, returns = corrections(learner, novice(agent, job), state, digest(agent, job), 200, 0)
    assert len(found) == 200
    assert len(returns) == EPISODES
    np.testing.assert_allclose(found.utilities, judged(learner, state, found.observation), atol=1e-6)
    assert found.allowed.all() != masked


def test_each_turn_plays_other_episodes_and_the_same_turn_the_same(walker):
    learner, state = walker.workers[WALK].learner, walker.state_of(walker.workers[WALK])
    lessons = digest(walker, WALK)
    seen = [corrections(learner, state, state, lessons, 50, turn)[0].observation.numeric for turn in (0, 0, 1)]
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def test_its_returns_are_those_of_who_does_the_job(walker):
    """The one who learned to go right comes farther than one who stands still."""
    learner, state = walker.workers[WALK].learner, walker.state_of(walker.workers[WALK])
    lessons = digest(walker, WALK)
    _, of_walker = corrections(learner, state, state, lessons, 10, 0)
    _, of_novice = corrections(learner, novice(walker, WALK), state, lessons, 10, 0)
    assert np.mean(of_walker) > 5
    assert np.mean(of_walker) > np.mean(of_novice)


def test_a_job_that_cannot_be_reached_is_said_so(walker):
    lessons = digest(walker, WALK)
    object.__setattr__(lessons.provenance, "job", "Nowhere-v0")
    state = walker.state_of(walker.workers[WALK])
    with pytest.raises(UnknownJob):
        corrections(walker.workers[WALK].learner, state, state, lessons, 10, 0)
