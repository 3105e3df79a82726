"""Restarts: everything goes on where the record says that it stands."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from commits import until
from minds import differing, mind, replayed
from serving import JOB, SEEN, Served, decision, of_sqlite
from trainee.errors import HomeInUse
from trainee.record.events import Draft
from trainee.record.log import EventLog
from trainee.serve import Settings, run
from trainee.workshop.teaching import Teaching

pytestmark = pytest.mark.long

pytest_plugins = ["databases"]

LOOKS = [[0.1, 0.9], [0.9, 0.1], [0.5, 0.5], [0.3, 0.8], [0.7, 0.2], [0.2, 0.2]]


def remembered(served: Served, episode: str) -> str | None:
    return served.service.sessions[episode].underway


@pytest.mark.parametrize("restartable", [False, True])
def test_an_episode_goes_on_where_it_was(serve, monkeypatch, restartable):
    """Two services decide the same: one is started anew in the middle. What they have learned is the same throughout:
    what is remembered depends on it.
    """
    monkeypatch.setattr(Teaching, "_look", lambda self, now: None)
    here, there = serve("here"), serve("there")
    for served in (here, there):
        served.job(restartable=restartable)
        served.begin(episode="e")
        for sequence in range(4):
            served.decide("e", sequence, observation=LOOKS[sequence], reward={"value": 0.5, "final": False})
            served.reward(f"e.{sequence}", sequence / 3, "first", final=False)
            if sequence == 1:
                served.ok("POST", "/v1/decisions/e.1/override", {"action": 1})
            if sequence == 2:
                served.ok("POST", "/v1/decisions/e.2/override", {"action": 0})
        # It comes too late to be remembered as what was done there.
        served.ok("POST", "/v1/decisions/e.1/override", {"action": 0})
    there.restart()
    assert there.service.sessions == {}
    made = [served.decide("e", 4, observation=LOOKS[4], reward={"value": 1.5}) for served in (here, there)]
    assert remembered(here, "e") == remembered(there, "e")
    told = [{name: value for name, value in one.items() if name != "took_ms"} for one in made]
    assert told[0] == told[1]
    assert there.decide("e", 3, observation=LOOKS[3], reward={"value": 0.5, "final": False})["decision"] == "e.3"
    for served in (here, there):
        served.decide("e", 5, observation=LOOKS[5])
        for sequence in range(6):
            served.reward(f"e.{sequence}")
        served.end("e", truncated=True, observation=SEEN)
        assert len(served.view()["curve"]) == 1
    monkeypatch.undo()
    for served in (here, there):
        served.learned()
    assert differing(mind(here.bench()), mind(there.bench())) == []


def test_the_board_is_the_same_after_a_restart(serve, tmp_path):
    served = serve()
    served.job()
    for steps in (3, 2):
        served.worked(steps)
    open_one, unsettled = served.begin(), served.begin()
    served.decide(open_one)
    served.decide(unsettled)
    served.end(unsettled)
    served.control("paused", reason="lunch")
    changing = ("decisions_per_s", "learned")
    before = {name: value for name, value in served.view().items() if name not in changing}
    served.learned()
    learned = mind(served.bench())
    served.restart()
    after = {name: value for name, value in served.view().items() if name not in changing}
    assert after == before
    served.learned()
    bench = served.bench()
    assert differing(mind(bench), learned) == []
    assert bench.saved == bench.cursor
    assert served.decide(open_one)["sequence"] == 0
    served.reward(f"{unsettled}.0", 4.0)
    assert served.view()["curve"][-1]["return"] == 4.0
    served.control("agent")
    served.decide(open_one, 1)
    served.learned()
    assert differing(mind(bench), mind(replayed(bench.about, served.events(), tmp_path / "again"))) == []


def test_windows_that_were_open_close_after_a_restart(serve):
    served = serve()
    served.job(reward_window_s=3.0)
    episode = served.begin()
    served.decide(episode, 0)
    served.reward(served.decide(episode, 1)["decision"], 1.0, "part", final=False)
    served.restart()
    assert served.reward(f"{episode}.1", 1.0, "more", final=False)["late"] is False
    until(lambda: len(served.events("defaulted", "window_closed")) == 2)
    assert served.ok("GET", f"/v1/decisions/{episode}.1")["account"] == 2.0
    served.restart()
    assert len(served.events("defaulted", "window_closed")) == 2
    assert served.reward(f"{episode}.0", 1.0)["late"] is True


def test_a_home_is_for_one_service(serve, tmp_path):
    served = serve()
    with pytest.raises(HomeInUse):
        run(Settings(tmp_path / "home", port=0))
    assert served.call("GET", "/readyz").status == 200


def test_a_postgresql_is_for_one_service(serve, tmp_path, cluster):
    served = serve(database=cluster.new())
    with pytest.raises(HomeInUse, match="is in use by another service"):
        run(Settings(tmp_path / "other", port=0, database=served.settings.database))
    assert served.call("GET", "/readyz").status == 200


def test_a_job_that_cannot_be_made_ready_does_not_keep_others_from_work(serve):
    served = serve()
    for name in ("first", "second", "third"):
        served.job(name)
        served.begin(name, f"in-{name}")
    served.stop()
    for manifest in (served.home / "jobs").glob("second-*/**/manifest*.json"):
        manifest.write_bytes(b"{}")
    served.start(ready=False)
    reply = served.call("GET", "/readyz")
    assert (reply.status, reply.code) == (503, "not_ready")
    assert served.decide("in-first")["source"] == "agent"
    assert served.decide("in-third")["source"] == "agent"
    assert served.refused("POST", "/v1/episodes/in-second/decisions", decision()) == "not_ready"
    assert [job["ready"] for job in served.ok("GET", "/v1/jobs")["jobs"]] == [True, False, True]
    assert "cannot be made ready" in served.faults[0]
    served.faults.clear()


@of_sqlite
def test_an_agent_ahead_of_its_record_is_not_taken(serve):
    served = serve()
    served.job()
    served.worked(2)
    served.learned()
    served.stop()
    shutil.copy(served.home / "events.db", served.home / "events.then")
    served.start()
    served.worked(2)
    served.learned()
    served.stop()
    for path in served.home.glob("events.db*"):
        path.unlink()
    shutil.copy(served.home / "events.then", served.home / "events.db")
    served.start(ready=False)
    assert "not every job" in served.service.problem
    assert "the record does not hold them" in served.faults[0]
    served.faults.clear()
    served.stop()
    shutil.rmtree(next((served.home / "jobs").glob("plant-*")))
    served.start()
    served.learned()
    assert served.view()["learned"]["steps"] == 2


@of_sqlite
def test_an_event_that_is_not_understood_hides_no_other(serve):
    served = serve()
    served.job()
    episode = served.begin()
    served.decide(episode)
    served.stop()
    log = EventLog(served.home / "events.db")
    log.append([[Draft("decided", "plant", {"episode": "none", "sequence": 0})], [Draft("unheard-of", None, {})]])
    log.close()
    served.start()
    assert len(served.faults) == 1
    served.faults.clear()
    assert served.decide(episode, 1)["sequence"] == 1
    served.end(episode)
    with sqlite3.connect(served.home / "events.db") as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone()[0] == served.service.last
    connection.close()


def test_learning_that_fails_is_told_and_work_goes_on(serve):
    served = serve()
    served.job()
    bench = served.bench()
    served.learned()
    real = bench.learn

    def learn():
        raise FloatingPointError("learning went wrong")

    bench.learn = learn
    served.worked(2)
    until(lambda: served.ok("GET", "/readyz")["learning"] is not None)
    assert served.worked(2)
    bench.learn = real
    served.learned()
    until(lambda: served.ok("GET", "/readyz")["learning"] is None)
    assert served.view()["learned"]["steps"] == 4


def test_a_job_that_has_a_small_share_holds_up_no_other(serve):
    served = serve()
    served.job("small", share=0.01)
    served.job("large")
    for job in ("small", "large"):
        served.worked(40, job)
    served.learned("large")
    assert served.view("large")["learned"]["steps"] == 40
    served.stop()


def test_as_many_jobs_as_may_be(serve, monkeypatch):
    monkeypatch.setattr("trainee.serve.jobs.MOST_JOBS", 1)
    served = serve()
    served.job()
    assert served.refused("POST", "/v1/jobs", {**JOB, "job": "another"}) == "full"
    served.job()
    monkeypatch.setattr("trainee.serve.episodes.MOST_EPISODES", 2)
    served.begin()
    last = served.begin()
    assert served.refused("POST", "/v1/jobs/plant/episodes", {}) == "full"
    served.end(last)
    episode = served.begin()
    monkeypatch.setattr("trainee.serve.deciding.MOST_UNSETTLED", 2)
    for sequence in range(2):
        served.decide(episode, sequence)
    assert served.refused("POST", f"/v1/episodes/{episode}/decisions", decision(2)) == "full"
    monkeypatch.setattr("trainee.serve.outcomes.MOST_REWARDS", 2)
    path = f"/v1/decisions/{episode}.0/rewards"
    for i in range(2):
        served.reward(f"{episode}.0", 1.0, f"{i}", final=False)
    assert served.refused("POST", path, {"reward_id": "2", "value": 1.0, "final": False}) == "full"
    assert served.reward(f"{episode}.0", 1.0, "1", final=False)["late"] is False
    monkeypatch.setattr("trainee.serve.people.MOST_OVERRIDES", 2)
    path = f"/v1/decisions/{episode}.0/override"
    for i in range(2):
        served.ok("POST", path, {"action": i})
    assert served.refused("POST", path, {"action": 0}) == "full"
