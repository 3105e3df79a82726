"""Rhythm: what sleep goes by is saved with the agent, so that neither a restart nor a kill changes anything."""

from __future__ import annotations

import shutil

import equinox as eqx
import pytest

from fleets import NESTED, WALK, born
from trainee import Agent
from trainee.fleet import shelf, sleep
from trainee.fleet.sleep import Sleep
from trainee.life import Callback

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def early(monkeypatch):
    """Lessons are taken soon, as jobs here are short."""
    monkeypatch.setattr(sleep, "FIRST_STEPS", 200)


def test_a_life_with_restarts_is_slept_as_one_without(tmp_path):
    found = {}
    for restarts in (False, True):
        home = tmp_path / str(restarts)
        agent = born()
        callback = Sleep(agent, home)
        for job in (WALK, NESTED, NESTED):
            if restarts and agent.workers:
                agent.save(home)
                agent = Agent.load(home)
                callback = Sleep(agent, home)
            agent.learn(job, 800, callbacks=[callback])
        agent.gather()
        found[restarts] = agent.brain, agent.interfaces, callback
    assert found[False][2].diary.bursts > 0
    assert found[True][2]._rhythm == found[False][2]._rhythm
    assert eqx.tree_equal(found[True][:2], found[False][:2])


class _Saves(Callback):
    """Saves every hundred steps; at one of the nested job sets apart what is on the disk, as a kill leaves it."""

    def __init__(self, agent, home, apart=None, at=0):
        self._agent, self._home, self._apart, self._at = agent, home, apart, at

    def on_step(self, work, time_step, decision):
        if work.logbook.steps % 100 == 0:
            self._agent.save_locked(self._home)
        if self._apart is not None and work.name == NESTED and work.logbook.steps == self._at:
            shutil.copytree(self._home, self._apart)


@pytest.mark.parametrize("at", [437, 1_240])
def test_a_life_with_a_kill_is_slept_as_one_without(tmp_path, at):
    home, apart, agent = tmp_path / "home", tmp_path / "apart", born()
    whole = Sleep(agent, home)
    for job, steps in ((WALK, 800), (NESTED, 1_600)):
        agent.learn(job, steps, callbacks=[whole, _Saves(agent, home, apart, at)])
    again = Agent.load(apart)
    assert again.workers[NESTED].logbook.steps == at - at % 100
    rest = Sleep(again, apart)
    again.learn(NESTED, 1_600 - again.workers[NESTED].logbook.steps, callbacks=[rest, _Saves(again, apart)])
    assert whole.diary.bursts > 0
    for one in (agent, again):
        one.gather()
    assert rest._rhythm == whole._rhythm
    assert eqx.tree_equal((agent.brain, agent.interfaces), (again.brain, again.interfaces))


def test_as_well_as_ever_is_no_less_after_a_restart(tmp_path):
    agent = born()
    agent.learn(WALK, 600, callbacks=[Sleep(agent, tmp_path)])
    agent.notes["sleep"]["best"][WALK] = 1_000.0
    agent.save(tmp_path)
    assert Sleep(Agent.load(tmp_path), tmp_path)._rhythm.best == {WALK: 1_000.0}


def test_what_another_version_wrote_is_begun_anew_and_said(caplog):
    agent = born()
    agent.learn(WALK, 300, callbacks=[Sleep(agent)])
    assert Sleep(agent)._rhythm.steps == 300
    agent.notes["sleep"] = {"steps": 300, "depth": 2}
    assert Sleep(agent)._rhythm.steps == 0
    assert "what sleep went by was written by another version" in caplog.text


def test_a_disk_that_does_not_take_lessons_ends_nothing(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError("there is no room")

    agent = born()
    callback = Sleep(agent, tmp_path)
    monkeypatch.setattr(shelf.record.parts, "write", full)
    assert agent.learn(WALK, 400, callbacks=[callback]).steps == 400
    assert "were not kept" in caplog.text
