"""Releases over HTTP: shadow, canary, full, rolled back; by gates, by people, and over a restart."""

from __future__ import annotations

import random

import pytest

from commits import until
from releasing import moved, newest, release, stage
from serving import SEEN, Served

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """How long a shadow takes is no matter where the machine has other things to do; nor what it foresees, where nobody
    knows how much it had learned when it was frozen.
    """
    monkeypatch.setattr("trainee.serve.shadow.LIMIT_MS", 1e9)
    monkeypatch.setattr("trainee.release.gates.INSIDE", 0.01)


def shadowed(served: Served, job: str = "plant", episodes: int = 22, steps: int = 16) -> None:
    """Enough work for the gates of the shadow."""
    for _ in range(episodes):
        served.worked(steps, job, 0.1)
    course = served.service.releases._course(job)
    until(lambda: course.release.stage != "shadow" or course.measured.decisions == episodes * steps)


def worked_until_over(served: Served, job: str, better: float, most: int = 600) -> dict[str, int]:
    """Episodes of one decision each, in which the canary brings so much more, until the release is over."""
    chance, counts = random.Random(0), {}
    for _ in range(most):
        begun = served.ok("POST", f"/v1/jobs/{job}/episodes", {})
        made = served.decide(begun["episode"])
        assert (made["version"], made["stage"]) == (begun["version"], begun["stage"])
        value = chance.gauss(better if begun["stage"] == "canary" else 0.0, 1.0)
        served.end(begun["episode"], terminated=True, reward={"value": value})
        counts[begun["version"]] = counts.get(begun["version"], 0) + 1
        if served.service.releases._course(job).release.over:
            return counts
    raise AssertionError(f"nothing came of it in {most} episodes")


def test_a_better_version_comes_to_serve_by_itself(serve):
    served = serve()
    served.job()
    served.worked(5)
    told = release(served, approval="automatic", reason="learned a week")
    assert (told["version"], told["stage"], told["source"], told["share"]) == ("v1", "shadow", "live", 0.5)
    assert {verdict["outcome"] for verdict in told["verdicts"]} == {"inconclusive", "pass"}
    shadowed(served)
    until(lambda: stage(served) == "canary")
    served.restart()
    assert stage(served) == "canary"
    counts = worked_until_over(served, "plant", 1.0)
    assert min(counts["live"], counts["v1"]) >= 50
    until(lambda: served.view()["serving"] == "v1")
    now = newest(served)
    assert [(move["stage"], move["by"]) for move in now["history"]] == [
        ("shadow", "anyone"),
        ("canary", "automatic"),
        ("full", "automatic"),
    ]
    assert [verdict["outcome"] for verdict in now["history"][2]["verdicts"]] == ["pass"]
    # It decides from now on, also after a restart, and learning goes on from what it does.
    before = served.view()["learned"]["steps"]
    for _ in range(2):
        begun = served.ok("POST", "/v1/jobs/plant/episodes", {})
        assert (begun["version"], begun["stage"]) == ("v1", "full")
        assert served.decide(begun["episode"])["version"] == "v1"
        served.reward(served.decide(begun["episode"], 1)["decision"])
        served.reward(f"{begun['episode']}.0")
        served.end(begun["episode"])
        served.restart()
    served.learned()
    assert served.view()["learned"]["steps"] > before
    # What serves and turns out bad is taken back by a person.
    assert moved(served, now, "abort", "the valve again") == "rolled_back"
    assert served.view()["serving"] == "live"
    assert served.ok("POST", "/v1/jobs/plant/episodes", {})["version"] == "live"
    kinds = [event.kind for event in served.events("released", "release_moved", "serving_set")]
    assert kinds == ["released", "release_moved", "release_moved", "serving_set", "release_moved", "serving_set"]


def test_a_worse_version_is_rolled_back_and_what_happened_stays_told(serve):
    served = serve()
    served.job()
    served.worked(5)
    told = release(served, approval="automatic")
    assert moved(served, told, "advance", "no time to wait") == "canary"
    counts = worked_until_over(served, "plant", -1.5)
    assert sum(counts.values()) < 300
    until(lambda: stage(served) == "rolled_back")
    now = newest(served)
    assert now["history"][-1]["by"] == "automatic"
    assert now["history"][-1]["why"] == "failed: returns"
    assert now["history"][:1] == told["history"]
    assert served.view()["serving"] == "live"
    assert served.ok("POST", "/v1/jobs/plant/episodes", {})["version"] == "live"
    # Another one begins anew, and the first one's history is as it was.
    release(served, source="v1")
    listed = served.ok("GET", "/v1/releases")["releases"]
    assert [one["version"] for one in listed] == ["v2", "v1"]
    assert listed[1] == now
    assert listed[0]["verdicts"][0]["count"] == 0


def test_with_a_person_it_waits_for_approval(serve):
    served = serve()
    served.job()
    for _ in range(6):
        served.worked(16, value=0.1)
    served.learned()
    told = release(served, approval="person")
    path = f"/v1/releases/{told['release']}"
    assert served.refused("POST", f"{path}/advance", {}) == "wrong_stage"
    shadowed(served)
    verdicts = newest(served)["verdicts"]
    assert {verdict["gate"]: verdict["outcome"] for verdict in verdicts} == dict.fromkeys(
        ("validity", "latency", "calibration", "agreement"), "pass"
    )
    assert stage(served) == "shadow"
    assert moved(served, told, "advance") == "canary"
    worked = 0
    while worked % 10 or newest(served)["verdicts"][0]["outcome"] != "pass":
        begun = served.ok("POST", "/v1/jobs/plant/episodes", {})
        served.decide(begun["episode"])
        served.end(begun["episode"], terminated=True, reward={"value": float(begun["stage"] == "canary")})
        worked += 1
        assert worked < 400
    assert stage(served) == "canary"
    assert moved(served, told, "advance", "looks good") == "full"
    assert served.refused("POST", f"{path}/advance", {}) == "wrong_stage"
    ledger = served.ok("GET", "/v1/jobs/plant/ledger")["entries"]
    assert [entry["text"] for entry in ledger[:3]] == [
        "version v1 serves: looks good",
        "v1 is full: looks good",
        "v1 is canary",
    ]


def test_no_episode_sees_two_versions(serve):
    served = serve()
    served.job()
    told = release(served)
    early = [served.begin() for _ in range(4)]
    for episode in early:
        assert served.decide(episode)["version"] == "live"
    moved(served, told, "advance", "at once")
    begun = [served.ok("POST", "/v1/jobs/plant/episodes", {"episode": f"e{i}"}) for i in range(20)]
    versions = {one["episode"]: one["version"] for one in begun}
    assert set(versions.values()) == {"live", "v1"}
    assert {one["stage"] for one in begun} == {"full", "canary"}
    for sequence in range(2):
        for episode, version in versions.items():
            assert served.decide(episode, sequence)["version"] == version
    for episode in early:
        assert served.decide(episode, 1)["version"] == "live"
    # Asked again, after a restart, and when it was called off: an episode stays with who began it.
    assert served.ok("POST", "/v1/jobs/plant/episodes", {"episode": "e7"}) == begun[7]
    served.restart()
    assert moved(served, told, "abort", "enough") == "rolled_back"
    for episode, version in versions.items():
        assert served.decide(episode, 2)["version"] == version
        served.end(episode)
    recorded = {}
    for event in served.events("decided"):
        recorded.setdefault(event.body["episode"], set()).add(event.body["version"])
    assert all(len(found) == 1 for found in recorded.values())
    assert served.ok("POST", "/v1/jobs/plant/episodes", {})["version"] == "live"


def test_what_was_measured_is_the_same_after_a_restart(serve):
    served = serve()
    served.job()
    release(served)
    for _ in range(5):
        served.worked(4)
    until(lambda: newest(served)["verdicts"][0]["count"] == 20)
    before = newest(served)
    served.restart()
    assert newest(served) == before
    moved(served, before, "advance", "go on")
    for i in range(24):
        begun = served.ok("POST", "/v1/jobs/plant/episodes", {})
        served.decide(begun["episode"])
        served.end(begun["episode"], terminated=True, reward={"value": float(i % 5)})
    before = newest(served)
    assert before["verdicts"][0]["count"] == 24
    served.restart()
    assert newest(served) == before


def test_what_others_decided_says_nothing_about_a_version(serve):
    served = serve()
    served.job()
    told = release(served)
    moved(served, told, "advance", "go on")

    def count():
        return newest(served)["verdicts"][0]["count"]

    served.worked(1)
    assert count() == 1
    served.control("person", action=1)
    served.worked(1)
    served.control("paused")
    episode = served.begin()
    made = served.decide(episode, baseline_action=0)
    served.reward(made["decision"])
    served.end(episode)
    served.control("agent")
    episode = served.begin()
    made = served.decide(episode)["decision"]
    served.ok("POST", f"/v1/decisions/{made}/override", {"action": 1})
    served.reward(made)
    served.end(episode)
    episode = served.begin()
    noted = {"kind": "decision", "episode": episode, "sequence": 0, "event_id": "x", "observation": SEEN, "action": 0}
    served.ok("POST", "/v1/events:batch", {"events": [noted]})
    served.reward(f"{episode}.0")
    served.end(episode)
    assert len(served.view()["curve"]) == 5
    assert count() == 1
    served.worked(1)
    assert count() == 2
