"""Rounds: who takes the merged agent, and what a rerun does."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fleets import NESTED, WALK, trained
from trainee import Agent
from trainee.errors import DamagedPart
from trainee.fleet import News, assignments, in_rounds
from trainee.fleet import rounds as room
from trainee.fleet.imitation import Effort
from trainee.fleet.reunion import reunited

AWAY = "mill"


@pytest.fixture
def brief(monkeypatch):
    """Merging and its gate in short."""
    monkeypatch.setattr(
        room, "reunited", lambda *given, **_: reunited(*given, effort=Effort(300, 32, 3e-3), turns=0, episodes=30)
    )


def at_home(given):
    """Works in this process: one agent at a job each, made beforehand."""
    for number, each in enumerate(given):
        (job,) = each.jobs
        try:
            agent = Agent.load(each.home)
            agent.learn(job, each.steps - agent.workers[job].logbook.steps)
        except Exception:
            agent = trained(job, steps=each.steps)
        agent.save(each.home)
        yield News(number, "done", {"steps": each.steps})


def test_who_does_its_own_job_as_well_takes_the_merged_agent(brief, tmp_path, monkeypatch):
    given = assignments([WALK, NESTED], 2, 300, tmp_path)
    monkeypatch.setattr(room, "_why_not", lambda _, each: "no" if each is given[1] else "")
    told = [
        (news.worker, news.kind)
        for news in in_rounds(tmp_path, given, 2, at_home)
        if "merge" in news.kind or "own" in news.kind
    ]
    assert told == [(0, "takes the merged agent"), (1, "goes on with its own")]
    for each in given:
        agent = Agent.load(each.home)
        assert agent.workers.keys() == set(each.jobs)
        assert next(iter(agent.workers.values())).logbook.steps == 600


def test_what_is_taken_is_the_merged_mind_at_the_workers_own_job(brief, tmp_path):
    given = assignments([WALK, NESTED], 2, 300, tmp_path)
    list(at_home(given))
    before = {each.home: Agent.load(each.home) for each in given}
    told = {news.worker: news for news in room.redeployed(given, 1, 30)}
    brains = []
    for number, each in enumerate(given):
        (job,), agent = each.jobs, Agent.load(each.home)
        assert agent.workers.keys() == {job}
        np.testing.assert_array_equal(agent.streams[job].replay.rows, before[each.home].streams[job].replay.rows)
        taken = told[number].kind == "takes the merged agent"
        moved = not np.array_equal(agent.brain.slow.blocks[0].weight, before[each.home].brain.slow.blocks[0].weight)
        assert taken == moved == (told[number].about["retained"][job] > 0.95 and "why" not in told[number].about)
        brains += [agent.brain.slow.blocks[0].weight] if taken else []
    assert brains
    assert all(np.array_equal(brain, brains[0]) for brain in brains)


def test_one_whose_job_cannot_be_played_goes_on_with_its_own(brief, tmp_path):
    given = assignments([WALK, AWAY], 2, 60, tmp_path)
    trained(WALK, steps=60).save(given[0].home)
    agent = trained(NESTED, steps=60)
    worker = agent.workers.pop(NESTED)
    worker.name = AWAY
    agent.workers[AWAY], agent.streams[AWAY] = worker, agent.streams.pop(NESTED)
    agent.save(given[1].home)
    (_, other) = room.redeployed(given, 1, 30)
    assert other.kind == "goes on with its own"
    assert "mill: it cannot be played here" in other.about["why"]


def test_nothing_to_merge_leaves_all_as_they_are(tmp_path):
    given = assignments([WALK, NESTED], 2, 60, tmp_path)
    told = list(room.redeployed(given, 1, 30))
    assert [news.kind for news in told] == ["goes on with its own"] * 2
    assert "there is nothing to merge" in told[0].about["why"]


def test_a_rerun_goes_on_with_the_round_that_is_not_over(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "redeployed", lambda given, turn, episodes: iter([News(0, "merged", {"round": turn})]))
    asked = []

    def work(given):
        asked.append(given[0].steps)
        yield from ()

    given = assignments([WALK], 1, 10, tmp_path)
    assert [news.about["round"] for news in in_rounds(tmp_path, given, 3, work)] == [1, 2]
    assert asked == [10, 20, 30]
    asked.clear()
    assert list(in_rounds(tmp_path, given, 3, work)) == []
    assert [news.about["round"] for news in in_rounds(tmp_path, given, 4, work)] == [3]
    assert asked == [30, 30, 40]
    assert json.loads((tmp_path / "rounds.json").read_text()) == {"over": 3}
    (tmp_path / "rounds.json").write_text("{")
    with pytest.raises(DamagedPart, match=r"rounds\.json does not say how many rounds are over"):
        list(in_rounds(tmp_path, given, 4, work))


def test_a_round_in_which_a_worker_was_given_up_is_not_over(tmp_path, monkeypatch):
    """What it lacks is done by a rerun, before the next round."""
    monkeypatch.setattr(room, "redeployed", lambda given, turn, episodes: iter(()))
    asked, fails = [], True

    def work(given):
        asked.append(given[0].steps)
        yield News(0, "given up" if fails and len(asked) == 2 else "done", {"why": "its home is in use"})

    given = assignments([WALK], 1, 10, tmp_path)
    assert len(list(in_rounds(tmp_path, given, 4, work))) == 4
    assert json.loads((tmp_path / "rounds.json").read_text()) == {"over": 1}
    fails = False
    list(in_rounds(tmp_path, given, 4, work))
    assert asked == [10, 20, 30, 40, 20, 30, 40]
    assert json.loads((tmp_path / "rounds.json").read_text()) == {"over": 3}
