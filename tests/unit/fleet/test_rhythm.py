"""Rhythm: what sleep goes by outlives the process, so that a restart changes nothing."""

from __future__ import annotations

import equinox as eqx
import pytest

from fleets import NESTED, WALK, born
from trainee import Agent
from trainee.errors import SaveFailed
from trainee.fleet import sleep
from trainee.fleet.sleep import Sleep
from trainee.record import durable


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


def test_as_well_as_ever_is_no_less_after_a_restart(tmp_path):
    agent = born()
    callback = Sleep(agent, tmp_path)
    agent.learn(WALK, 600, callbacks=[callback])
    callback._rhythm.best[WALK] = 1_000.0
    agent.learn(WALK, 30, callbacks=[callback])
    assert Sleep(agent, tmp_path)._rhythm.best == {WALK: 1_000.0}


@pytest.mark.parametrize("written", ["{", "[]", '{"steps": 3}'])
def test_what_cannot_be_read_is_begun_anew_and_said(tmp_path, caplog, written):
    agent = born()
    agent.learn(WALK, 300, callbacks=[Sleep(agent, tmp_path)])
    (tmp_path / "rhythm.json").write_text(written)
    assert Sleep(agent, tmp_path)._rhythm.steps == 0
    assert "rhythm.json cannot be read" in caplog.text


def test_that_of_another_agent_is_not_gone_by(tmp_path):
    agent = born()
    agent.learn(WALK, 300, callbacks=[Sleep(agent, tmp_path)])
    assert Sleep(agent, tmp_path)._rhythm.steps == 300
    assert Sleep(born(seed=1), tmp_path)._rhythm.steps == 0


def test_a_disk_that_does_not_take_it_ends_nothing(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError("there is no room")

    agent = born()
    callback = Sleep(agent, tmp_path)
    monkeypatch.setattr(durable, "write", full)
    with pytest.raises(SaveFailed, match=r"rhythm\.json could not be written"):
        callback._rhythm.kept(tmp_path)
    assert agent.learn(WALK, 100, callbacks=[callback]).steps == 100
    assert "what sleep goes by was not kept" in caplog.text
