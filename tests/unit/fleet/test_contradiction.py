"""Contradiction: jobs that look the same and want the opposite, and jobs that look the same and want the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleets import NESTED, WALK, trained
from trainee.fleet import digest
from trainee.fleet.contradiction import Voice, agreement, contradicts
from trainee.fleet.imitation import Effort
from trainee.fleet.reunion import reunited
from trainee.fleet.teachers import Source

pytestmark = pytest.mark.long

MIRRORED, TWIN = "fleet_toys:Mirrored-v0", "fleet_toys:Twin-v0"
STEPS = 600


@pytest.fixture(scope="module")
def agents():
    return {job: trained(job, steps=STEPS) for job in (WALK, MIRRORED, TWIN, NESTED)}


def voice(agent, job):
    return Voice(agent.workers[job].learner, agent.state_of(agent.workers[job]), digest(agent, job))


def test_the_opposite_is_a_contradiction(agents):
    one, other = voice(agents[WALK], WALK), voice(agents[MIRRORED], MIRRORED)
    told = contradicts(one, other)
    assert told is not None
    assert told == contradicts(one, other)
    assert MIRRORED in told
    assert agreement(one, other)[0] < 0.3


def test_the_same_is_none(agents):
    one, other = voice(agents[WALK], WALK), voice(agents[TWIN], TWIN)
    assert contradicts(one, other) is None
    assert agreement(one, other)[0] > 0.6
    assert agreement(one, one)[0] > 0.999


def test_other_spaces_have_nothing_to_do_with_it(agents):
    assert contradicts(voice(agents[WALK], WALK), voice(agents[NESTED], NESTED)) is None


def test_who_contradicts_is_named_and_the_rest_goes_on(agents):
    longer = trained(WALK, steps=STEPS + 100)
    found = [
        Source(Path(home), agent)
        for home, agent in (("mirror", agents[MIRRORED]), ("walk", longer), ("nested", agents[NESTED]))
    ]
    reunion = reunited(found, effort=Effort(50, 16, 1e-3), turns=0, episodes=5)
    (refusal,) = reunion.refusals
    assert (refusal.home, refusal.job) == ("mirror", MIRRORED)
    assert f"the lessons of '{MIRRORED}' contradict those of '{WALK}' in walk" in refusal.why
    assert reunion.agent.workers.keys() == {WALK, NESTED}


def test_twins_share_an_interface(agents):
    found = [Source(Path(job), agents[job]) for job in (WALK, TWIN)]
    reunion = reunited(found, effort=Effort(400, 32, 3e-3), turns=0, episodes=30)
    assert not reunion.refusals
    assert reunion.agent.workers.keys() == {WALK, TWIN}
    assert len(reunion.agent.interfaces) == 1
    assert all(each.retained > 0.7 for each in reunion.retentions), reunion.retentions
