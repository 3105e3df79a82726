"""Releases over HTTP: shadow, canary, full, rolled back; by gates, by people, and over a restart."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gymnasium import spaces

import trainee
from commits import until
from serving import SEEN, Served, decision


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """How long a shadow takes is no matter where the machine has other things to do."""
    monkeypatch.setattr("trainee.serve.shadow.LIMIT_MS", 1e9)


def release(served: Served, job: str = "plant", **more):
    return served.ok("POST", "/v1/releases", {"job": job, **more})


def newest(served: Served, job: str = "plant"):
    return served.ok("GET", "/v1/releases", params={"job": job})["releases"][0]


def stage(served: Served, job: str = "plant") -> str:
    return newest(served, job)["stage"]


def moved(served: Served, told, how: str, reason: str = "") -> str:
    return served.ok("POST", f"/v1/releases/{told['release']}/{how}", {"reason": reason})["stage"]


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
    while newest(served)["verdicts"][0]["outcome"] != "pass":
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


def test_a_candidate_that_fails_is_rolled_back_and_nobody_notices(serve):
    served = serve()
    served.job()
    release(served)
    version = served.service.releases._versions["plant", "v1"]

    def ask(*_):
        raise FloatingPointError("it was not trained for this")

    version.ask = ask
    for _ in range(40):
        assert served.worked(8)
        if stage(served) != "shadow":
            break
    until(lambda: stage(served) == "rolled_back")
    why = newest(served)["history"][-1]
    assert (why["by"], why["why"]) == ("automatic", "failed: validity, latency")
    assert served.view()["counts"]["baseline"] == 0


def test_an_agent_from_elsewhere_is_imported(serve):
    served = serve()
    served.job()
    agent = trainee.Agent(seed=5, width=4)
    box, two = spaces.Box(np.zeros(2, np.float32), np.ones(2, np.float32)), spaces.Discrete(2)
    agent.deploy(box, two, name="elsewhere")
    agent.save(served.home / "imports" / "untrained")
    other = trainee.Agent(seed=5, width=4)
    other.deploy(box, spaces.Discrete(3), name="elsewhere")
    other.save(served.home / "imports" / "other")
    (served.home / "imports" / "broken").mkdir()
    for source in ("import:other", "import:broken", "import:none", "import:../imports/untrained", "import:"):
        reply = served.call("POST", "/v1/releases", {"job": "plant", "source": source})
        assert (reply.status, reply.code) == (422, "invalid"), reply
    told = release(served, source="import:untrained")
    assert told["source"] == "import:untrained"
    moved(served, told, "advance", "let us see")
    begun = [served.ok("POST", "/v1/jobs/plant/episodes", {}) for _ in range(12)]
    for one in begun:
        assert served.decide(one["episode"])["version"] == one["version"]
    # It is kept: where it came from may be taken away.
    shutil.rmtree(served.home / "imports")
    served.restart()
    for one in begun:
        assert served.decide(one["episode"], 1)["version"] == one["version"]


def test_what_cannot_be_released_or_moved(serve):
    served = serve()
    served.job()
    for body in (
        {"source": "v1"},
        {"source": "v0"},
        {"source": "dead"},
        {"source": ""},
        {"share": 0.01},
        {"share": 0.6},
        {"share": float(1)},
        {"approval": "nobody"},
    ):
        assert served.refused("POST", "/v1/releases", {"job": "plant", **body}) == "invalid"
    assert served.refused("POST", "/v1/releases", {"job": "none"}) == "unknown_job"
    assert served.events("released") == []
    told = release(served)
    assert served.refused("POST", "/v1/releases", {"job": "plant"}) == "wrong_stage"
    for how in ("advance", "abort"):
        assert served.refused("POST", f"/v1/releases/none/{how}", {}) == "unknown_release"
        assert served.refused("POST", f"/v1/releases/{told['release']}/{how}", {"reason": 1}) == "invalid"
    moved(served, told, "abort")
    for how in ("advance", "abort"):
        assert served.refused("POST", f"/v1/releases/{told['release']}/{how}", {"reason": "x"}) == "wrong_stage"
    second = release(served)
    assert second["version"] == "v2"
    for _ in range(2):
        moved(served, second, "advance", "quick")
    third = release(served)
    # What serves stays until the one that is tried is done with.
    assert served.refused("POST", f"/v1/releases/{second['release']}/abort", {}) == "wrong_stage"
    moved(served, third, "abort")
    assert served.view()["serving"] == "v2"


def test_two_who_release_at_once_do_not_get_in_each_others_way(serve):
    served = serve()
    served.job()
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: served.call("POST", "/v1/releases", {"job": "plant"}), range(4)))
    assert [reply.status for reply in replies].count(201) == 1
    assert {reply.code for reply in replies if reply.status != 201} <= {"in_flight", "wrong_stage"}
    assert len(served.events("released")) == 1
    told = newest(served)
    with ThreadPoolExecutor(4) as pool:
        path = f"/v1/releases/{told['release']}/advance"
        replies = list(pool.map(lambda i: served.call("POST", path, {"reason": f"{i}"}), range(4)))
    assert 1 <= [reply.status for reply in replies].count(200) <= 2
    history = newest(served)["history"]
    assert [move["stage"] for move in history] == ["shadow", "canary", "full"][: len(history)]
    assert decision()
