"""Releases over HTTP: where versions come from, what cannot be released, and who gets in each other's way."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gymnasium import spaces

import trainee
from commits import until
from releasing import moved, newest, release, stage
from serving import decision


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """How long a shadow takes is no matter where the machine has other things to do; nor what it foresees, where nobody
    knows how much it had learned when it was frozen.
    """
    monkeypatch.setattr("trainee.serve.shadow.LIMIT_MS", 1e9)
    monkeypatch.setattr("trainee.release.gates.INSIDE", 0.01)


def test_a_candidate_that_fails_is_rolled_back_and_nobody_notices(serve):
    served = serve()
    served.job()
    release(served)
    version = served.bench()._versions["v1"]

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
