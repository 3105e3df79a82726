"""Offline: what a client noted is taken as if it had called, and once however often it is sent."""

from __future__ import annotations

import pytest

from minds import differing, mind, replayed
from serving import SEEN, Served, decision


def noted(episode: str, steps: int, job: str = "plant") -> list[dict]:
    events: list[dict] = [{"kind": "episode", "job": job, "episode": episode}]
    for sequence in range(steps):
        told = {"episode": episode, "sequence": sequence}
        events.append({"kind": "decision", **told, "event_id": f"e{sequence}", "observation": SEEN, "action": 1})
        events.append({"kind": "reward", **told, "reward_id": "r", "value": 0.5})
    return [*events, {"kind": "end", "episode": episode, "truncated": True, "observation": SEEN}]


def sent(served: Served, events: list[dict]) -> list[dict]:
    return served.ok("POST", "/v1/events:batch", {"events": events})["results"]


def test_what_was_noted_is_taken_once(plant: Served, tmp_path):
    job = plant.job("offline")
    events = noted("away", 3, job)
    results = sent(plant, events)
    assert [result["status"] for result in results] == [200] * len(events)
    assert [result.get("decision") for result in results if "decision" in result] == [f"away.{i}" for i in range(3)]
    before = len(plant.events())
    assert sent(plant, events) == results
    assert len(plant.events()) == before
    shown = plant.ok("GET", "/v1/decisions/away.1")
    assert (shown["source"], shown["value"], shown["account"], shown["by"]) == ("client", None, 0.5, None)
    point = plant.view(job)["curve"][0]
    assert (point["return"], point["source"], point["intervened"]) == (1.5, "mixed", True)
    plant.learned(job)
    bench = plant.bench(job)
    assert bench.steps == 3
    assert differing(mind(bench), mind(replayed(bench.about, plant.events(), tmp_path / "again"))) == []


def test_a_call_and_a_note_of_it_are_the_same(plant: Served):
    episode = plant.begin()
    plant.reward(plant.decide(episode)["decision"], 0.5, "r")
    plant.end(episode, truncated=True, observation=SEEN)
    last = plant.service.last
    again = [{"kind": "episode", "job": "plant", "episode": episode}, noted(episode, 1)[2], noted(episode, 1)[3]]
    assert [result["status"] for result in sent(plant, again)] == [200] * 3
    assert plant.service.last == last


def test_an_episode_may_go_on_online(plant: Served):
    events = noted("back", 2)[:-1]
    sent(plant, events)
    made = plant.decide("back", 2)
    assert made["source"] == "agent"
    results = sent(plant, [{"kind": "decision", "episode": "back", "sequence": 3, **answer()}])
    assert results[0] == {"status": 200, "decision": "back.3"}
    plant.end("back")


def answer(**more) -> dict:
    return {"event_id": "x", "observation": SEEN, "action": 0, **more}


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"kind": "episode", "job": "plant"}, "invalid"),
        ({"kind": "episode", "job": "none", "episode": "a"}, "unknown_job"),
        ({"kind": "decision", "episode": "none", "sequence": 0, **answer()}, "unknown_episode"),
        ({"kind": "decision", "episode": "x1", "sequence": 1, **answer()}, "out_of_sequence"),
        ({"kind": "decision", "episode": "x1", "sequence": 0, **answer(action=7)}, "unfit"),
        ({"kind": "decision", "episode": "x1", "sequence": 0, **answer(action=None)}, "unfit"),
        ({"kind": "decision", "episode": "x1", "sequence": 0, **answer(observation=[9, 9])}, "unfit"),
        ({"kind": "decision", "episode": "x1", "sequence": 0, "observation": SEEN, "action": 1}, "invalid"),
        ({"kind": "reward", "episode": "x1", "sequence": 0, "reward_id": "r", "value": 1}, "unknown_decision"),
        ({"kind": "reward", "episode": "x1", "sequence": 0, "value": 1}, "invalid"),
        ({"kind": "end", "episode": "x1"}, "invalid"),
        ({"kind": "end", "episode": "none", "terminated": True}, "unknown_episode"),
    ],
)
def test_what_cannot_be_taken_is_told_and_the_rest_is_taken(plant: Served, event, code):
    plant.begin(episode="x1")
    results = sent(plant, [event, {"kind": "episode", "job": "plant", "episode": "x2"}])
    assert results[0]["code"] == code
    assert results[0]["status"] in (404, 409, 422)
    assert results[0]["message"]
    assert results[1] == {"status": 200, "episode": "x2"}


def test_what_was_decided_otherwise_is_refused(plant: Served):
    sent(plant, noted("once", 2))
    told = {"kind": "decision", "episode": "once"}
    results = sent(
        plant,
        [
            {**told, "sequence": 1, **answer()},
            {**told, "sequence": 2, **answer()},
            {"kind": "reward", "episode": "once", "sequence": 1, "reward_id": "r", "value": 2},
            {"kind": "end", "episode": "once", "terminated": True},
        ],
    )
    assert [result["code"] for result in results] == ["used_before", "episode_over", "used_before", "used_before"]
    open_one = plant.begin()
    plant.decide(open_one)
    results = sent(plant, [{**told, "episode": open_one, "sequence": 1, **answer(event_id="e0")}])
    assert results[0]["code"] == "used_before"
    assert plant.refused("POST", f"/v1/episodes/{open_one}/decisions", decision(2)) == "out_of_sequence"


@pytest.mark.parametrize("events", [[], [{}], [{"kind": "job"}], [{"kind": "end", "more": 1}], "x", None, [[]]])
def test_batches_that_are_none(plant: Served, events):
    assert plant.refused("POST", "/v1/events:batch", {"events": events}) == "invalid"


def test_too_much_at_once_is_refused_as_a_whole(plant: Served):
    last = plant.service.last
    events = [{"kind": "episode", "job": "plant", "episode": f"many{i}"} for i in range(1001)]
    assert plant.refused("POST", "/v1/events:batch", {"events": events}) == "invalid"
    assert plant.service.last == last
