"""The main ways through the service, with the record in SQLite and in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from commits import until
from minds import differing, mind, replayed
from serving import SEEN, Served, decision

pytestmark = pytest.mark.long

pytest_plugins = ["databases"]


def test_a_job_from_its_beginning_over_a_restart_to_its_page(serve, url, tmp_path):
    served: Served = serve(database=url)
    served.job(reward_window_s=5.0, default_reward=-1.0)
    with served.watching(thin=False) as watch:
        episodes = [served.begin() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda episode: [served.decide(episode, i) for i in range(5)], episodes))
        numbers = []
        while len(numbers) < 24:
            told = next(watch)
            if "id" in told:
                numbers.append(int(told["id"]))
    assert numbers == list(range(2, 26))
    for episode in episodes:
        for sequence in range(4):
            served.reward(f"{episode}.{sequence}", 0.25, "half", of=2)
    assert served.refused("POST", f"/v1/episodes/{episodes[0]}/decisions", decision(9)) == "out_of_sequence"
    assert served.refused("POST", f"/v1/episodes/{episodes[0]}/decisions", decision(4, baseline_action=1)) == (
        "used_before"
    )
    made = [served.decide(episode, 4) for episode in episodes]
    served.restart()
    assert [served.decide(episode, 4) for episode in episodes] == made
    for episode in episodes:
        for sequence in range(4):
            served.reward(f"{episode}.{sequence}", 0.25, "rest", of=2)
        served.end(episode, truncated=True, observation=SEEN)
    served.ok("POST", f"/v1/decisions/{made[0]['decision']}/override", {"action": 1, "reason": "Ventil \x00 '%s? ☃"})
    until(lambda: served.view()["counts"]["defaulted"] == 4)
    assert served.reward(made[0]["decision"], 5.0, "late")["late"] is True
    view = served.view()
    assert [point["return"] for point in view["curve"]] == [1.0] * 4
    assert view["counts"]["late_rewards"] == 1
    shown = served.ok("GET", f"/v1/decisions/{made[0]['decision']}")
    assert (shown["account"], shown["defaulted"], shown["override"]["reason"]) == (-1.0, True, "Ventil \x00 '%s? ☃")
    assert len(served.ok("GET", "/v1/jobs/plant/decisions", params={"limit": 500})["decisions"]) == 20
    assert [entry["kind"] for entry in served.ok("GET", "/v1/jobs/plant/ledger")["entries"]] == [
        "overridden",
        "job_made",
    ]
    served.learned()
    bench = served.bench()
    assert bench.steps == 20
    assert differing(mind(bench), mind(replayed(bench.about, served.events(), tmp_path / "again"))) == []


def test_people_releases_and_batches(serve, url):
    served: Served = serve(database=url)
    served.job()
    served.control("person", action=1)
    episode = served.begin()
    assert served.decide(episode)["source"] == "person"
    served.control("agent")
    release = served.ok("POST", "/v1/releases", {"job": "plant"})["release"]
    served.ok("POST", f"/v1/releases/{release}/advance", {"reason": "go"})
    served.restart()
    assert served.decide(episode, 1)["version"] == "live"
    begun = [served.ok("POST", "/v1/jobs/plant/episodes", {}) for _ in range(12)]
    assert {one["version"] for one in begun} == {"live", "v1"}
    for one in begun:
        assert served.decide(one["episode"])["version"] == one["version"]
    served.ok("POST", f"/v1/releases/{release}/abort", {})
    noted = [
        {"kind": "episode", "job": "plant", "episode": "noted"},
        {"kind": "decision", "episode": "noted", "sequence": 0, "event_id": "0", "observation": SEEN, "action": 0},
        {"kind": "reward", "episode": "noted", "sequence": 0, "reward_id": "r", "value": 1.0},
        {"kind": "end", "episode": "noted", "terminated": True},
    ]
    results = [served.ok("POST", "/v1/events:batch", {"events": noted})["results"] for _ in range(2)]
    assert results[0] == results[1]
    assert [result["status"] for result in results[0]] == [200] * 4
    assert served.service.last == len(served.events())


def test_keys_that_another_process_makes_and_revokes(serve, url, opened):
    from trainee.record.keys import Keys
    from trainee.record.log import EventLog

    served: Served = serve(database=url)
    beside = Keys(opened(EventLog, url, alone=False))
    token = beside.make("beside", ["watch"])
    until(lambda: served.call("GET", "/v1/me", key=token).status == 200)
    assert served.refused("GET", "/v1/me") == "no_key"
    beside.revoke(token.split("_")[1])
    until(lambda: served.call("GET", "/v1/me", key=token).status == 401)
