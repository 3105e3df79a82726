"""Trials: who plays, which job, and what becomes of episodes that do not end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee.errors import UnknownJob
from trainee.fleet import Source, digest
from trainee.fleet.measure import Measure
from trainee.fleet.trials import Frozen, Trial, at_random, lanes_of, played

STAYS = "fleet_toys:Stays-v0"


def of(agent, job, episodes=20, lanes=4):
    worker = agent.workers[job]
    with lanes_of(worker, 100, lanes) as jobs:
        return played(jobs, episodes, Frozen(worker.learner, agent.state_of(worker), lanes))


def to_and_fro(steps, going):
    """Left, right, left, right, as the place says."""
    return np.where(steps.observation.numeric[:, :1] >= 0, 0.0, 2.0)


def renamed(agent, name):
    """An agent whose only worker has another name."""
    (old,) = agent.workers
    worker = agent.workers.pop(old)
    worker.name = name
    agent.workers[name], agent.streams[name] = worker, agent.streams.pop(old)
    return agent


def test_the_same_episodes_each_time_in_order(walker):
    once = of(walker, WALK)
    assert once == of(walker, WALK)
    assert (len(once.returns), once.cut) == (20, 0)
    assert of(walker, WALK, 4).returns == once.returns[:4]


def test_it_plays_as_evaluations_do(walker):
    """One episode after the other, each of the same seed's."""
    alone = of(walker, WALK, 5, lanes=1)
    assert alone.returns == pytest.approx(walker.evaluate(WALK, 5, seed=100).returns)


def test_random_play_is_random(walker):
    worker = walker.workers[WALK]
    with lanes_of(worker, 100, 4) as jobs:
        trial = played(jobs, 40, at_random(worker.spec.signature, 0))
    assert len(set(trial.returns)) > 30
    assert -8 < trial.mean < 8


def test_random_play_honours_masks():
    """The toy raises where they are not."""
    worker = trained("work_toys:Masked-v0", steps=5).workers["work_toys:Masked-v0"]
    with lanes_of(worker, 100, 2) as jobs:
        assert len(played(jobs, 3, at_random(worker.spec.signature, 0)).returns) == 3


def test_what_does_not_end_is_cut_and_its_lane_plays_no_more():
    agent = born()
    agent.learn(STAYS, 5)
    with lanes_of(agent.workers[STAYS], 100, 2) as jobs:
        trial = played(jobs, 6, to_and_fro, longest=50)
    assert (len(trial.returns), trial.cut) == (2, 2)


def test_a_job_that_does_not_end_has_a_verdict():
    agent = trained(STAYS, steps=600)
    measure = Measure(Source(Path("stays"), agent), digest(agent, STAYS), 30)
    measure.specialist = Trial((1.0, 40.0), 1)
    assert measure.told is None
    found = measure.retention(agent)
    assert (found.verdict, found.passed) == ("endless", False)
    assert "of the specialist did not end" in found.why
    assert (measure.worthless(), measure.shortfall(measure.random)) == (None, 0.0)


def test_random_play_that_does_not_end_is_no_zero_to_measure_from():
    agent = trained(STAYS, steps=600)
    measure = Measure(Source(Path("stays"), agent), digest(agent, STAYS), 30)
    measure.random = Trial((-30_000.0,) * 16, 16)
    assert measure.told is None
    found = measure.retention(agent)
    assert (found.verdict, found.passed, found.merged) == ("endless", False, found.specialist)
    assert (measure.worthless(), measure.shortfall(measure.random)) == (None, 0.0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mill", "no environment is called 'mill'"),
        ("gymnax:Nowhere", "Nowhere"),
        (NESTED, "is not the job that it has worked at"),
    ],
)
def test_a_name_that_is_no_such_job_is_said_so(name, told):
    agent = renamed(trained(WALK, steps=60), name)
    with pytest.raises(UnknownJob, match=told), lanes_of(agent.workers[name], 0, 1):
        pass
    measure = Measure(Source(Path("mill"), agent), digest(agent, name), 30)
    found = measure.retention(agent)
    assert (found.verdict, found.passed) == ("not played", False)
    assert told in found.why
