"""People: pause, take over, answer what waits for them, do something else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from commits import until
from serving import SEEN, Served, decision


@pytest.fixture
def job(plant: Served, request) -> str:
    """A job of the test's own, which is handed back afterwards."""
    return plant.job(request.node.name.partition("[")[0][-60:])


@contextmanager
def waiting(served: Served, made: str, **more) -> Iterator:
    """A decision that waits for a person."""
    episode, _, sequence = made.rpartition(".")
    with ThreadPoolExecutor(1) as pool:
        body = decision(int(sequence), **more)
        call = pool.submit(served.call, "POST", f"/v1/episodes/{episode}/decisions", body)
        until(lambda: made in served.service.waiting)
        yield call


def test_paused_the_baseline_is_answered(plant: Served, job):
    episode = plant.begin(job)
    plant.decide(episode, 0)
    told = plant.control("paused", job, reason="the valve sticks")
    assert (told["mode"], told["by"], told["reason"]) == ("paused", "anyone", "the valve sticks")
    made = plant.decide(episode, 1, baseline_action=1)
    assert (made["action"], made["source"], made["fallback"]) == (1, "baseline", "paused")
    assert made["propensity"] is None
    path = f"/v1/episodes/{episode}/decisions"
    assert plant.refused("POST", path, decision(2)) == "not_ready"
    plant.control("agent", job)
    made = plant.decide(episode, 2)
    assert (made["source"], made["fallback"]) == ("agent", None)
    plant.end(episode)
    counts = plant.view(job)["counts"]
    assert (counts["decisions"], counts["baseline"], counts["person"]) == (3, 1, 0)


def test_a_person_in_charge_answers_the_standing_action_until_another_is_given(plant: Served, job):
    episode = plant.begin(job)
    plant.control("person", job, action=1)
    assert [plant.decide(episode, sequence)["action"] for sequence in range(2)] == [1, 1]
    plant.control("person", job, action=0)
    made = plant.decide(episode, 2, baseline_action=1)
    assert (made["action"], made["source"], made["fallback"]) == (0, "person", None)
    assert plant.ok("GET", f"/v1/decisions/{made['decision']}")["by"] == "anyone"
    for mode in ("agent", "paused"):
        assert plant.refused("PUT", "/v1/control", {"job": job, "mode": mode, "action": 1}) == "invalid"
    assert plant.refused("PUT", "/v1/control", {"job": "none", "mode": "agent"}) == "unknown_job"
    assert plant.view(job)["counts"]["person"] == 3
    for _ in range(3):
        plant.reward(f"{episode}.{_}")
    plant.end(episode)
    point = plant.view(job)["curve"][0]
    assert (point["source"], point["intervened"]) == ("mixed", True)


def test_a_decision_that_waits_is_told_and_answered_by_a_person(plant: Served, job):
    episode = plant.begin(job)
    plant.control("person", job)
    with plant.watching(job=job, thin=False) as watch, plant.watching(kinds="asked") as other:
        with waiting(plant, f"{episode}.0", baseline_action=1, deadline_ms=20_000) as call:
            told = watch.until("asked")
            assert "id" not in told
            asked = told["data"]
            assert (asked["job"], asked["decision"], asked["sequence"]) == (job, f"{episode}.0", 0)
            assert (asked["observation"], asked["baseline_action"], asked["deadline_ms"]) == (SEEN, 1, 20_000)
            assert asked["action"] in (0, 1)
            assert asked["value"] is not None
            assert 0 < asked["until"] - time.time() < 20.5
            assert other.until("asked")["data"]["decision"] == f"{episode}.0"
            # Whoever comes later is told as well.
            with plant.watching(job=job) as late:
                assert late.until("asked")["data"] == asked
            said = plant.ok("POST", f"/v1/decisions/{episode}.0/override", {"action": 0, "reason": "I see smoke"})
            made = call.result(10).body
        assert (made["action"], made["source"], made["fallback"]) == (0, "person", None)
        assert watch.until("decided")["data"]["by"] == "anyone"
        overridden = watch.until("overridden")
        assert int(overridden["id"]) == said["seq"]
        assert (overridden["data"]["action"], overridden["data"]["by"]) == (0, "anyone")
    view = plant.ok("GET", f"/v1/decisions/{episode}.0")
    assert (view["source"], view["by"], view["override"]["reason"]) == ("person", "anyone", "I see smoke")
    entries = plant.ok("GET", f"/v1/jobs/{job}/ledger")["entries"]
    assert entries[0]["text"] == f"anyone did 0 instead in decision {episode}.0: I see smoke"
    counts = plant.view(job)["counts"]
    assert (counts["person"], counts["overrides"]) == (1, 1)
    # To say it again changes nothing.
    assert plant.ok("POST", f"/v1/decisions/{episode}.0/override", {"action": 0, "reason": "I see smoke"}) == said


def test_where_nobody_answers_the_baseline_is_and_says_so(plant: Served, job):
    episode = plant.begin(job)
    plant.control("person", job)
    made = plant.decide(episode, 0, baseline_action=1, deadline_ms=50)
    assert (made["action"], made["source"], made["fallback"]) == (1, "baseline", "taken_over")
    assert 48 < made["took_ms"] < 5_000
    path = f"/v1/episodes/{episode}/decisions"
    reply = plant.call("POST", path, decision(1, deadline_ms=50))
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "not_ready", "1")
    assert len([event for event in plant.events("decided") if event.job == job]) == 1


@pytest.mark.parametrize(
    ("then", "answer"),
    [
        ({"mode": "agent"}, ("agent", None)),
        ({"mode": "paused"}, ("baseline", "paused")),
        ({"mode": "person", "action": 0}, ("person", None)),
    ],
)
def test_who_waits_is_answered_by_whoever_comes_to_decide(plant: Served, then, answer):
    job, other = plant.job("changes"), plant.job("other")
    episode, elsewhere = plant.begin(job), plant.begin(other)
    plant.control("person", job)
    plant.control("person", other)
    with (
        waiting(plant, f"{elsewhere}.0", baseline_action=1) as still,
        waiting(plant, f"{episode}.0", baseline_action=1) as call,
    ):
        plant.ok("PUT", "/v1/control", {"job": job, **then})
        made = call.result(10).body
        assert (made["source"], made["fallback"]) == answer
        # What happens at one job is nothing to those who wait at another.
        assert not still.done()
        plant.control("agent", other)
        assert still.result(10).body["source"] == "agent"


def test_two_people_do_not_answer_the_same(plant: Served, job):
    episode = plant.begin(job)
    plant.control("person", job)
    with waiting(plant, f"{episode}.0") as call, ThreadPoolExecutor(4) as pool:
        bodies = [{"action": i % 2, "reason": f"{i}"} for i in range(4)]
        path = f"/v1/decisions/{episode}.0/override"
        replies = list(pool.map(lambda body: plant.call("POST", path, body), bodies))
        made = call.result(10).body
    assert made["source"] == "person"
    # One is answered by; those after it changed it, or came at the same moment.
    assert any(reply.status == 200 for reply in replies)
    assert {reply.code for reply in replies if reply.status != 200} <= {"in_flight", "used_before"}
    first = plant.events("overridden")[-1] if len(plant.events("overridden")) == 1 else None
    assert first is None or first.body["action"] == made["action"]


def test_what_a_person_did_instead_is_what_counts(plant: Served, job):
    episode = plant.begin(job)
    plant.decide(episode, 0)
    path = f"/v1/decisions/{episode}.0/override"
    assert plant.refused("POST", path, {"reason": "no action"}) == "invalid"
    said = [plant.ok("POST", path, {"action": action}) for action in (0, 1, 1, 0)]
    # The same twice in a row is once; what was said before something else is said anew.
    assert len({told["seq"] for told in said}) == 3
    assert said[1] == said[2]
    assert not any(told["late"] for told in said)
    assert plant.ok("GET", f"/v1/decisions/{episode}.0")["override"]["action"] == 0
    assert plant.service.jobs[job].episodes[episode].before == 0
    plant.decide(episode, 1)
    plant.reward(f"{episode}.0")
    plant.reward(f"{episode}.1")
    plant.end(episode)
    plant.learned(job)
    told = [entry["kind"] for entry in plant.ok("GET", f"/v1/jobs/{job}/ledger")["entries"]]
    assert told == ["overridden"] * 3 + ["job_made"]
    assert plant.view(job)["curve"][0]["intervened"]
    # Before it is made there is nothing to do otherwise.
    assert plant.refused("POST", f"/v1/decisions/{episode}.2/override", {"action": 1}) == "unknown_decision"


def test_the_ledger_says_who_did_what_and_why(plant: Served, job):
    plant.control("paused", job, reason="noise")
    plant.control("person", job, action=1)
    plant.control("agent", job)
    entries = plant.ok("GET", f"/v1/jobs/{job}/ledger", params={"limit": 3})
    assert [entry["text"] for entry in entries["entries"]] == [
        "anyone handed back to the agent",
        "anyone took over, action 1",
        "anyone paused: noise",
    ]
    assert plant.ok("GET", f"/v1/jobs/{job}/ledger", params={"before": entries["before"]})["entries"][0]["text"] == (
        "the job was made"
    )
    marks = plant.view(job)["marks"]
    assert [mark["kind"] for mark in marks] == ["control"] * 3


def test_a_service_that_stops_lets_nobody_wait(serve):
    served = serve()
    served.job()
    served.control("person")
    episode = served.begin()
    with waiting(served, f"{episode}.0", baseline_action=1) as call, served.watching() as watch:
        watch.until("asked")
        served.on_loop(served.service.hang_up)
        made = call.result(5).body
        assert (made["source"], made["fallback"]) == ("baseline", "taken_over")
        assert [told for told in watch if told["event"] == "asked"] == []
    assert served.refused("GET", "/readyz") == "not_ready"
