"""Masks: what the mask of a call forbids is not done, whoever says to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from commits import until
from serving import SEEN, Served, decision

FIRST, SECOND = [1, 0], [0, 1]


@pytest.fixture
def episode(plant: Served, request) -> str:
    """An episode of a job with masks of the test's own."""
    return plant.begin(plant.job(request.node.name.partition("[")[0][-60:], masked=True))


def job_of(plant: Served, episode: str) -> str:
    return next(name for name, job in plant.service.jobs.items() if episode in job.episodes)


def test_a_baseline_that_is_forbidden_is_refused(plant: Served, episode):
    path = f"/v1/episodes/{episode}/decisions"
    assert plant.refused("POST", path, decision(0, action_mask=FIRST, baseline_action=1)) == "unfit"
    assert plant.decide(episode, 0, action_mask=FIRST, baseline_action=0)["action"] == 0


def test_a_standing_action_that_is_forbidden_is_not_taken(plant: Served, episode):
    plant.control("person", job_of(plant, episode), action=1)
    made = plant.decide(episode, 0, action_mask=FIRST, baseline_action=0, deadline_ms=50)
    assert (made["action"], made["source"], made["fallback"]) == (0, "baseline", "taken_over")
    made = plant.decide(episode, 1, action_mask=SECOND, baseline_action=1)
    assert (made["action"], made["source"]) == (1, "person")


def test_who_is_asked_may_say_what_is_allowed(plant: Served, episode):
    plant.control("person", job_of(plant, episode), action=1)
    override = f"/v1/decisions/{episode}.0/override"
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(plant.decide, episode, 0, action_mask=FIRST)
        until(lambda: f"{episode}.0" in plant.service.waiting)
        assert plant.refused("POST", override, {"action": 1}) == "unfit"
        plant.ok("POST", override, {"action": 0})
        assert call.result(10)["source"] == "person"


def test_what_was_forbidden_was_not_done_instead(plant: Served, episode):
    plant.decide(episode, 0, action_mask=FIRST)
    override = f"/v1/decisions/{episode}.0/override"
    assert plant.refused("POST", override, {"action": 1}) == "unfit"
    plant.ok("POST", override, {"action": 0})


def test_what_a_client_noted_is_looked_at_too(plant: Served, episode):
    noted = {"kind": "decision", "episode": episode, "action_mask": FIRST, "observation": SEEN}
    events = [{**noted, "event_id": f"e{action}", "sequence": 0, "action": action} for action in (1, 0)]
    results = plant.ok("POST", "/v1/events:batch", {"events": events})["results"]
    assert [(each["status"], each.get("code")) for each in results] == [(422, "unfit"), (200, None)]
