"""Troubles: the record is full, locked, read-only or gone, queues are full, the agent fails. Nothing is lost, and it
comes back by itself.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from commits import until
from minds import differing, mind, replayed
from serving import JOB, Served, decision, of_sqlite
from trainee.errors import RecordUnavailable
from trainee.record.log import EventLog
from trainee.serve import service

pytest_plugins = ["databases"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Nobody waits long for a lock."""
    monkeypatch.setattr(service, "EventLog", functools.partial(EventLog, patience_s=0.05))


@contextmanager
def locked(served: Served):
    other = sqlite3.connect(served.home / "events.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


@contextmanager
def connections_with(served: Served, pragma: str):
    def apply(connection, record):
        connection.execute(f"PRAGMA {pragma}").close()

    database = served.service.log.database
    event.listen(Engine, "connect", apply)
    try:
        with database._turn:
            database._drop()
        database._engine.dispose()
        yield
    finally:
        event.remove(Engine, "connect", apply)
        database._engine.dispose()


def read_only(served: Served):
    return connections_with(served, "query_only = ON")


@contextmanager
def gone(served: Served):
    path, away = served.home / "events.db", served.home / "events.away"
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)


@of_sqlite
@pytest.mark.parametrize("trouble", [locked, read_only, gone], ids=lambda trouble: trouble.__name__)
def test_nothing_is_acknowledged_until_the_record_is_back(serve, trouble, tmp_path):
    served = serve()
    served.job(reward_window_s=0.3)
    episode = served.begin()
    served.decide(episode, 0)
    until(lambda: len(served.events("defaulted")) == 1)
    served.decide(episode, 1)
    last = served.service.log.last()
    calls = [
        ("POST", f"/v1/episodes/{episode}/decisions", decision(2, reward={"value": 0.5})),
        ("POST", f"/v1/decisions/{episode}.1/rewards", {"reward_id": "r", "value": 1.0}),
        ("POST", f"/v1/decisions/{episode}.1/override", {"action": 1}),
        ("PUT", "/v1/control", {"job": "plant", "mode": "paused"}),
        ("POST", "/v1/jobs/plant/episodes", {"episode": "another"}),
        ("POST", "/v1/jobs", {**JOB, "job": "another"}),
        ("POST", f"/v1/episodes/{episode}/end", {"terminated": True}),
        ("POST", "/v1/releases", {"job": "plant"}),
        ("POST", "/v1/events:batch", {"events": [{"kind": "episode", "job": "plant", "episode": "noted"}]}),
    ]
    with trouble(served):
        # SQLite waits for a lock a whole second where it cannot sleep for less.
        for method, path, body in calls[: 3 if trouble is locked else None]:
            reply = served.call(method, path, body)
            assert (reply.status, reply.code) == (503, "record_unavailable"), (path, reply)
            assert reply.headers["retry-after"] == "1"
            assert "acknowledged" in reply.body["error"]["message"]
        assert served.refused("GET", "/readyz") == "not_ready"
        assert served.ok("GET", "/healthz") == {"status": "ok"}
        if trouble is not gone:
            assert served.view()["control"]["mode"] == "agent"
        time.sleep(0.3)
    until(lambda: served.call("GET", "/readyz").status == 200, 10)
    assert served.service.log.last() in (last, last + 1)
    # A window that was to close meanwhile closes now.
    until(lambda: len(served.events("defaulted")) == 2, 10)
    replies = [served.call(method, path, body) for method, path, body in calls]
    assert [reply.status for reply in replies] == [200, 200, 200, 200, 201, 201, 200, 201, 200]
    again = [served.call(method, path, body) for method, path, body in calls]
    assert [reply.body for reply in again[:3]] == [reply.body for reply in replies[:3]]
    # The last decision's window closes by the clock: only then is nothing more to come.
    until(lambda: len(served.events("defaulted")) == 3, 10)
    until(lambda: [event.seq for event in served.events()] == list(range(1, served.service.last + 1)))
    served.learned()
    bench = served.bench()
    assert differing(mind(bench), mind(replayed(bench.about, served.events(), tmp_path / "again"))) == []


@of_sqlite
def test_a_full_disk_loses_nothing_that_was_acknowledged(serve):
    served = serve()
    served.job()
    episode = served.begin()
    made = served.decide(episode)["decision"]
    said = {}

    def override(number):
        body = {"action": number % 2, "reason": f"{number:03}" * 500}
        reply = served.call("POST", f"/v1/decisions/{made}/override", body)
        if reply.status == 200:
            said[reply.body["seq"]] = body["reason"]
        return reply

    with connections_with(served, "max_page_count = 1"):
        # What is left of the last page may still take some.
        replies = [override(number) for number in range(10)]
        assert (replies[-1].status, replies[-1].code) == (503, "record_unavailable")
        assert "has no room left" in replies[-1].body["error"]["message"]
    until(lambda: served.call("GET", "/readyz").status == 200, 10)
    assert override(9).status == 200
    assert {event.seq: event.body["reason"] for event in served.events("overridden")} == said


def test_more_than_may_wait_to_be_recorded_is_refused(serve):
    served = serve(waiting=2)
    served.job()
    episodes = [served.begin() for _ in range(8)]
    free, writing = threading.Event(), threading.Event()
    real = served.service.log.append

    def held_up(groups):
        writing.set()
        assert free.wait(30)
        return real(groups)

    served.service.log.append = held_up
    with ThreadPoolExecutor(8) as pool:
        paths = [f"/v1/episodes/{episode}/decisions" for episode in episodes]
        # One is being written, so that of the others two may wait.
        calls = [pool.submit(served.call, "POST", paths[0], decision())]
        assert writing.wait(10)
        calls += [pool.submit(served.call, "POST", path, decision()) for path in paths[1:]]
        until(lambda: sum(call.done() for call in calls) == 5)
        refused = [call.result() for call in calls if call.done()]
        assert {(reply.status, reply.code, reply.headers["retry-after"]) for reply in refused} == {(503, "full", "1")}
        free.set()
        assert sum(call.result(10).status == 200 for call in calls) == 3
    served.service.log.append = real
    assert [served.decide(episode)["sequence"] for episode in episodes] == [0] * 8
    assert len(served.events("decided")) == 8
    assert "trainee_record_failures_total 5.0" in served.call("GET", "/metrics").body


def test_what_was_recorded_though_it_seemed_not_to_be_is_answered_when_asked_again(serve, tmp_path):
    served = serve()
    served.job()
    episode = served.begin()
    served.decide(episode, 0)
    real, lost = served.service.log.append, []

    def append(groups):
        written = real(groups)
        if not lost:
            lost.append(True)
            raise RecordUnavailable("the answer was lost")
        return written

    served.service.log.append = append
    path = f"/v1/episodes/{episode}/decisions"
    body = decision(1, reward={"value": 2.0}, observation=[0.9, 0.1])
    assert served.refused("POST", path, body) == "record_unavailable"
    made = served.ok("POST", path, body)
    assert served.ok("POST", path, body) == made
    served.reward(made["decision"])
    served.decide(episode, 2)
    # What is remembered of the episode is what the record says, though one answer never came.
    here = served.service.sessions[episode].underway
    served.service.sessions.clear()
    served.decide(episode, 3)
    served.service.sessions.clear()
    assert len(served.events("decided")) == 4
    assert here
    assert [served.ok("GET", f"/v1/decisions/{episode}.{i}")["account"] for i in (0, 1)] == [2.0, 1.0]
    served.end(episode)
    served.learned()
    bench = served.bench()
    assert differing(mind(bench), mind(replayed(bench.about, served.events(), tmp_path / "again"))) == []


def test_a_postgresql_that_is_gone_comes_back(serve, cluster):
    served = serve(database=cluster.new())
    served.job()
    episode = served.begin()
    served.decide(episode, 0)
    cluster.stop()
    try:
        assert served.refused("POST", f"/v1/episodes/{episode}/decisions", decision(1)) == "record_unavailable"
        assert served.refused("GET", "/v1/jobs/plant/decisions") == "record_unavailable"
        assert served.ok("GET", "/healthz") == {"status": "ok"}
        with served.watching():
            pass
    finally:
        cluster.start()
    until(lambda: served.call("GET", "/readyz").status == 200, 20)
    assert cluster.end_sessions() > 0
    assert served.decide(episode, 1)["sequence"] == 1
    served.end(episode)
    assert [event.seq for event in served.events()] == list(range(1, served.service.last + 1))


def test_keys_that_cannot_be_read_let_nobody_in_after_a_while(serve, monkeypatch):
    monkeypatch.setattr("trainee.serve.security.FRESH_S", 0.6)
    served = serve()
    real = served.service.keys.refresh

    def refresh():
        raise RecordUnavailable("the server does not answer")

    served.service.keys.refresh = refresh
    until(lambda: served.call("GET", "/v1/me").status == 503)
    assert served.refused("GET", "/v1/jobs") == "record_unavailable"
    assert served.ok("GET", "/healthz") == {"status": "ok"}
    served.service.keys.refresh = real
    until(lambda: served.call("GET", "/v1/me").status == 200)


def test_an_agent_that_fails_is_stood_in_for(serve, monkeypatch):
    served = serve()
    served.job()
    episode = served.begin()
    served.decide(episode, 0)
    desk = served.bench().desk
    real, broken = desk.ask, []

    def ask(*told):
        answer = real(*told)
        if not broken:
            raise FloatingPointError("the matrix is singular")
        return answer._replace(coordinates=answer.coordinates * float("nan"))

    monkeypatch.setattr(desk, "ask", ask)
    made = served.decide(episode, 1, baseline_action=1)
    assert (made["action"], made["source"], made["fallback"]) == (1, "baseline", "invalid")
    assert served.refused("POST", f"/v1/episodes/{episode}/decisions", decision(2)) == "not_ready"
    broken.append(True)
    assert served.decide(episode, 2, baseline_action=0)["fallback"] == "invalid"
    monkeypatch.undo()
    assert served.decide(episode, 3)["source"] == "agent"
    assert len(served.faults) == 2
    assert all("could not decide" in fault for fault in served.faults)
    served.faults.clear()
