"""Episodes and decisions: normal use, what is asked again, what is out of order, what is no decision at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from commits import until
from serving import JOB, SEEN, Served, decision


def test_a_job_is_made_once_however_often_it_is_asked_for(plant: Served):
    before = len(plant.events())
    again = plant.call("POST", "/v1/jobs", JOB)
    assert again.status == 201
    assert again.body["job"] == "plant"
    assert again.body["ready"]
    assert plant.refused("POST", "/v1/jobs", {**JOB, "seed": 1}) == "used_before"
    assert len(plant.events()) == before
    assert [job["job"] for job in plant.ok("GET", "/v1/jobs")["jobs"]] == ["plant"]


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"observation_space": {"type": "Graph"}}, "invalid"),
        ({"observation_space": {"type": "Box"}}, "invalid"),
        ({"observation_space": {"type": "Box", "shape": [2**24], "low": 0, "high": 1}}, "unfit"),
        ({"action_space": {"type": "Text", "min_length": 1, "max_length": 3, "characters": "ab"}}, "unfit"),
        ({"action_space": {"type": "Discrete", "n": 0}}, "invalid"),
        ({"action_space": {"type": "Discrete", "n": 10**30}}, "invalid"),
        ({"width": 0}, "invalid"),
        ({"share": 0.001}, "invalid"),
        ({"reward_window_s": -1}, "invalid"),
        ({"default_reward": 1e300}, "invalid"),
        ({"rewards": "median"}, "invalid"),
        ({"job": "a/b"}, "invalid"),
        ({"job": ""}, "invalid"),
        ({"more": 1}, "invalid"),
    ],
)
def test_a_job_that_cannot_be_learned_is_not_made(plant: Served, about, code):
    assert plant.refused("POST", "/v1/jobs", {**JOB, "job": "other", **about}) == code
    assert [event.job for event in plant.events("job_made")] == ["plant"]


def test_an_episode_is_begun_decided_in_and_ended(plant: Served):
    begun = plant.call("POST", "/v1/jobs/plant/episodes", {})
    assert begun.status == 201
    episode = begun.body["episode"]
    assert begun.body == {"episode": episode, "job": "plant", "version": "live", "stage": "full"}
    for sequence in range(3):
        made = plant.decide(episode, sequence, baseline_action=1)
        assert made["decision"] == f"{episode}.{sequence}"
        assert made["action"] in (0, 1)
        assert 0 < made["propensity"] <= 1
        assert made["interval"][0] <= made["value"] <= made["interval"][1]
        assert (made["source"], made["fallback"], made["abandon"]) == ("agent", None, False)
        assert plant.reward(made["decision"], sequence)["late"] is False
    plant.end(episode, truncated=True, observation=SEEN)
    told = plant.view()["curve"][-1]
    assert (told["episode"], told["return"], told["length"]) == (episode, 3.0, 3)
    shown = plant.ok("GET", f"/v1/decisions/{episode}.2")
    assert (shown["account"], shown["settled"], shown["defaulted"], shown["by"]) == (2.0, True, False, None)
    assert shown["observation"] == SEEN
    assert "shadow" not in shown


def test_the_same_episode_is_begun_once(plant: Served):
    first = plant.ok("POST", "/v1/jobs/plant/episodes", {"episode": "mine"})
    assert plant.ok("POST", "/v1/jobs/plant/episodes", {"episode": "mine"}) == first
    plant.job("another")
    assert plant.refused("POST", "/v1/jobs/another/episodes", {"episode": "mine"}) == "used_before"
    plant.end("mine")
    assert plant.ok("POST", "/v1/jobs/plant/episodes", {"episode": "mine"}) == first
    assert len([event for event in plant.events("episode_begun") if event.body["episode"] == "mine"]) == 1


def test_what_is_asked_again_is_answered_as_before(plant: Served):
    episode = plant.begin()
    path = f"/v1/episodes/{episode}/decisions"
    made = [plant.decide(episode, sequence) for sequence in range(3)]
    assert [plant.ok("POST", path, decision(sequence)) for sequence in range(3)] == made
    # A JSON of the same meaning is the same body.
    spaced = b'{ "sequence": 1, "observation": [0.25, 5e-1],\n "event_id": "e1" }'
    assert plant.ok("POST", path, spaced) == made[1]
    assert plant.refused("POST", path, decision(1, observation=[0.5, 0.5])) == "used_before"
    assert plant.refused("POST", path, {**decision(3), "event_id": "e1"}) == "used_before"
    assert plant.refused("POST", path, {**decision(1), "event_id": "new"}) == "out_of_sequence"
    assert plant.refused("POST", path, {**decision(1), "event_id": "e2"}) == "used_before"
    plant.end(episode)
    # Also when it is over and done with.
    assert plant.ok("POST", path, decision(2)) == made[2]
    assert plant.refused("POST", path, decision(2, baseline_action=1)) == "used_before"
    assert plant.refused("POST", path, decision(3)) == "episode_over"
    assert len([event for event in plant.events("decided") if event.body["episode"] == episode]) == 3


def test_a_sequence_number_that_is_not_the_next_is_refused_and_the_next_told(plant: Served):
    episode = plant.begin()
    for sequence in (1, 2**53):
        reply = plant.call("POST", f"/v1/episodes/{episode}/decisions", decision(sequence))
        assert reply.code == "out_of_sequence"
        assert reply.body["error"]["message"].endswith("has the sequence 0")
    for sequence in (-1, 2**53 + 1, 0.5, "0", True, None):
        assert plant.refused("POST", f"/v1/episodes/{episode}/decisions", decision(sequence)) == "invalid"
    plant.decide(episode, 0)


@pytest.mark.parametrize("name", ["nothing", "%00", "a%2Fb", "%F0%9F%98%80", "x" * 129])
def test_episodes_and_decisions_that_there_are_not(plant: Served, name):
    for path, body in [
        (f"/v1/episodes/{name}/decisions", decision()),
        (f"/v1/episodes/{name}/end", {"terminated": True}),
        (f"/v1/decisions/{name}/rewards", {"reward_id": "r", "value": 1}),
        (f"/v1/decisions/{name}.0/rewards", {"reward_id": "r", "value": 1}),
        (f"/v1/decisions/{name}.0/override", {"action": 1}),
    ]:
        assert plant.call("POST", path, body).status in (404, 422)
    assert plant.call("GET", f"/v1/decisions/{name}.0").status in (404, 422)
    assert plant.call("GET", f"/v1/jobs/{name}").status in (404, 422)


def test_an_episode_ends_once(plant: Served):
    episode = plant.begin()
    plant.decide(episode)
    path = f"/v1/episodes/{episode}/end"
    for body in ({}, {"terminated": True, "truncated": True}):
        assert plant.refused("POST", path, body) == "invalid"
    assert plant.refused("POST", path, {"truncated": True}) == "unfit"
    assert plant.refused("POST", path, {"truncated": True, "observation": [2, 2]}) == "unfit"
    body = {"truncated": True, "observation": SEEN, "reward": {"value": 2.5}}
    ended = plant.ok("POST", path, body)
    assert plant.ok("POST", path, body) == ended
    assert plant.refused("POST", path, {"terminated": True}) == "used_before"
    assert plant.ok("GET", f"/v1/decisions/{episode}.0")["account"] == 2.5
    # One in which nothing was decided needs nothing.
    assert plant.end(plant.begin(), truncated=True)["late"] is False


def test_rewards_travel_with_the_next_call(plant: Served):
    episode = plant.begin()
    plant.decide(episode, 0, reward={"value": 7.0})
    plant.decide(episode, 1, reward={"value": 1.0})
    plant.decide(episode, 2, reward={"value": 0.5, "reward_id": "own", "final": False})
    plant.reward(f"{episode}.1", 0.25, "rest")
    plant.end(episode, terminated=True, reward={"value": 4.0})
    accounts = [plant.ok("GET", f"/v1/decisions/{episode}.{sequence}")["account"] for sequence in range(3)]
    # What comes with the first has no decision that it could be of.
    assert accounts == [1.0, 0.75, 4.0]


def test_a_reward_that_was_told_by_itself_may_travel_along_again(plant: Served):
    episode = plant.begin()
    plant.decide(episode, 0)
    plant.reward(f"{episode}.0", 1.5, "once")
    path = f"/v1/episodes/{episode}/decisions"
    assert plant.refused("POST", path, decision(1, reward={"value": 9.0, "reward_id": "once"})) == "used_before"
    plant.decide(episode, 1, reward={"value": 1.5, "reward_id": "once"})
    plant.reward(f"{episode}.1", 2.0, "twice")
    plant.end(episode, terminated=True, reward={"value": 2.0, "reward_id": "twice", "final": True})
    assert [plant.ok("GET", f"/v1/decisions/{episode}.{i}")["account"] for i in range(2)] == [1.5, 2.0]


@pytest.mark.parametrize(
    "seen", [[2, 0], [0.5], [[0.5, 0.5]], "0.5", None, {}, [True, "x"], [0.5, None], [10**400, 0], {"base64": "AA=="}]
)
def test_what_is_seen_outside_the_space_is_not_decided_on(plant: Served, seen):
    episode, before = plant.begin(), len(plant.events("decided"))
    assert plant.refused("POST", f"/v1/episodes/{episode}/decisions", decision(observation=seen)) == "unfit"
    assert len(plant.events("decided")) == before
    plant.decide(episode)


@pytest.mark.parametrize("action", [2, -1, 0.5, True, "0", [0], 10**30])
def test_actions_that_are_none_are_refused_wherever_they_come(plant: Served, action):
    episode = plant.begin()
    made = plant.decide(episode)["decision"]
    body = decision(1, baseline_action=action)
    assert plant.refused("POST", f"/v1/episodes/{episode}/decisions", body) == "unfit"
    assert plant.refused("POST", f"/v1/decisions/{made}/override", {"action": action}) == "unfit"
    body = {"job": "plant", "mode": "person", "action": action}
    assert plant.refused("PUT", "/v1/control", body) == "unfit"
    assert plant.view()["control"]["mode"] == "agent"


def test_the_same_call_at_the_same_time_is_decided_once(plant: Served):
    for _ in range(5):
        episode = plant.begin()
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(plant.call, "POST", f"/v1/episodes/{episode}/decisions", decision()) for _ in range(8)]
            replies = [call.result() for call in calls]
        made = [reply.body for reply in replies if reply.status == 200]
        assert made
        assert all(one == made[0] for one in made)
        assert {reply.code for reply in replies if reply.status != 200} <= {"in_flight"}
        assert plant.decide(episode) == made[0]
        assert len([event for event in plant.events("decided") if event.body["episode"] == episode]) == 1


def test_a_decision_and_the_end_do_not_overtake_each_other(plant: Served):
    episode = plant.begin()
    plant.decide(episode)
    with ThreadPoolExecutor(4) as pool:
        with plant.stuck():
            deciding = pool.submit(plant.call, "POST", f"/v1/episodes/{episode}/decisions", decision(1))
            until(lambda: episode in plant.service._called)
            assert plant.refused("POST", f"/v1/episodes/{episode}/end", {"terminated": True}) == "in_flight"
            assert plant.refused("POST", f"/v1/episodes/{episode}/decisions", decision(1)) == "in_flight"
        assert deciding.result(30).status == 200
    plant.end(episode)
    kinds = [event.kind for event in plant.events() if event.body.get("episode") == episode]
    assert kinds == ["episode_begun", "decided", "decided", "episode_ended"]


def test_the_newest_are_shown_in_pages(plant: Served):
    job = plant.job("pages")
    names = [plant.worked(2, job) for _ in range(5)]
    shown, before = [], None
    while True:
        query = {"limit": 2} if before is None else {"limit": 2, "before": before}
        page = plant.ok("GET", f"/v1/jobs/{job}/episodes", params=query)
        shown += page["episodes"]
        before = page["before"]
        if before is None:
            break
    assert [told["episode"] for told in shown] == names[::-1]
    assert {(told["over"], told["terminated"], told["lost"], told["return"], told["length"]) for told in shown} == {
        (True, True, False, 2.0, 2)
    }
    page = plant.ok("GET", f"/v1/jobs/{job}/decisions", params={"limit": 3})
    assert [told["decision"] for told in page["decisions"]] == [f"{names[4]}.1", f"{names[4]}.0", f"{names[3]}.1"]
    page = plant.ok("GET", f"/v1/jobs/{job}/decisions", params={"before": page["before"], "limit": 500})
    assert len(page["decisions"]) == 7
    assert page["before"] is None
    for query in ({"limit": 0}, {"limit": 501}, {"before": -1}, {"before": "x"}, {"before": 2**63}, {"before": [2, 1]}):
        assert plant.refused("GET", f"/v1/jobs/{job}/decisions", params=query) == "invalid"


def test_a_page_of_decisions_of_which_much_is_to_be_told_is_shorter(plant: Served, monkeypatch):
    monkeypatch.setattr("trainee.serve.views.MOST_TOLD", 3)
    job = plant.job("told")
    episode = plant.begin(job)
    for sequence in range(5):
        made = plant.decide(episode, sequence)["decision"]
        for i in range(2):
            plant.reward(made, 1.0, f"{i}", of=2)
    pages, before = [], {}
    while before is not None:
        page = plant.ok("GET", f"/v1/jobs/{job}/decisions", params=before)
        pages.append([told["sequence"] for told in page["decisions"]])
        before = None if page["before"] is None else {"before": page["before"]}
    assert pages == [[4, 3], [2, 1], [0]]


def test_paths_that_there_are_not(plant: Served):
    assert plant.refused("GET", "/v1/nothing") == "unknown_path"
    assert plant.refused("GET", "/v2/jobs") == "unknown_path"
    reply = plant.call("DELETE", "/v1/jobs/plant")
    assert (reply.code, reply.headers["allow"]) == ("wrong_method", "GET")
    assert plant.call("PATCH", "/v1/jobs").headers["allow"] == "GET, POST"
    assert plant.refused("GET", "/static/../app.py") == "unknown_path"
    assert plant.refused("GET", "/static/%2e%2e/app.py") == "unknown_path"
    assert plant.call("GET", "/").status == 200
    assert plant.ok("GET", "/healthz") == {"status": "ok"}
    assert plant.ok("GET", "/readyz") == {"status": "ready", "learning": None}
    plant.decide(plant.begin(), 0)
    assert plant.call("GET", "/metrics").body.count("trainee_decisions_total{") >= 1
