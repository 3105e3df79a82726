"""Time: deadlines, clocks that jump, episodes that nobody is heard of."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from commits import until
from minds import differing, mind, replayed
from serving import SEEN, Served, decision
from trainee.serve.sessions import session_of
from trainee.workshop.teaching import Teaching


def test_after_its_deadline_the_baseline_is_answered(plant: Served):
    job = plant.job("slow")
    episode = plant.begin(job)
    plant.decide(episode, 0, deadline_ms=60_000)
    with plant.stuck(job):
        started = time.monotonic()
        made = [plant.decide(episode, sequence, baseline_action=1, deadline_ms=40) for sequence in (1, 2, 3)]
        # Each by its own deadline: none waits for the agent to be done with those before it.
        assert time.monotonic() - started < 3
        # And the service does not wait either.
        assert plant.ok("GET", "/healthz") == {"status": "ok"}
    assert [(told["action"], told["source"], told["fallback"]) for told in made] == [(1, "baseline", "deadline")] * 3
    assert all(told["took_ms"] > 38 for told in made)
    assert made[0]["value"] is None
    after = plant.decide(episode, 4, baseline_action=1, deadline_ms=60_000)
    assert (after["source"], after["fallback"]) == ("agent", None)
    plant.end(episode)
    assert plant.view(job)["counts"]["baseline"] == 3


def test_what_was_decided_too_late_is_remembered_as_in_the_record(plant: Served, monkeypatch):
    # What is remembered depends on what was learned meanwhile.
    monkeypatch.setattr(Teaching, "_look", lambda self, now: None)
    job = plant.job("late")
    episode = plant.begin(job)
    plant.decide(episode, 0, observation=[0.1, 0.9])
    with plant.stuck(job):
        plant.decide(episode, 1, observation=[0.9, 0.1], baseline_action=0, deadline_ms=20)
        plant.decide(episode, 2, observation=[0.7, 0.7], baseline_action=1, deadline_ms=20)
    plant.decide(episode, 3)
    service, here = plant.service, plant.service.sessions.pop(episode)
    entry = service.jobs[job].episodes[episode]
    # What a fresh memory of the record holds is what going on from the late answers has come to.
    recalled = session_of(service, service.places[job], entry)
    again = asyncio.run_coroutine_threadsafe(recalled, service._loop).result(30)
    assert (again.sequence, again.underway) == (here.sequence, here.underway) == (4, again.underway)
    assert plant.decide(episode, 4)["source"] == "agent"


def test_without_a_baseline_there_is_nothing_to_do_but_wait(plant: Served):
    job = plant.job("patient")
    episode = plant.begin(job)
    with ThreadPoolExecutor(1) as pool:
        with plant.stuck(job):
            path = f"/v1/episodes/{episode}/decisions"
            call = pool.submit(plant.call, "POST", path, decision(deadline_ms=10))
            until(lambda: episode in plant.service._called)
            time.sleep(0.1)
            assert not call.done()
        assert call.result(30).body["source"] == "agent"


@pytest.mark.parametrize("deadline_ms", [0, -1, "50", True, 600_001])
def test_deadlines_that_are_none(plant: Served, deadline_ms):
    path = f"/v1/episodes/{plant.begin()}/decisions"
    assert plant.refused("POST", path, decision(deadline_ms=deadline_ms)) == "invalid"


def test_clocks_that_jump_close_no_window_and_end_no_episode(serve, monkeypatch, tmp_path):
    served = serve()
    served.job(reward_window_s=30)
    real, jump = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + jump[0])
    episode = served.begin()
    jumps = [0.0, 1e6, -1e6, 5e8, -1e9, 1.0]
    for sequence, seconds in enumerate(jumps):
        jump[0] = seconds
        served.decide(episode, sequence)
        jump[0] *= -1
        time.sleep(0.06)
        if sequence % 2:
            assert served.reward(f"{episode}.{sequence}")["late"] is False
    assert served.events("defaulted", "window_closed", "episode_ended") == []
    jump[0] = -1e9
    for sequence in range(0, len(jumps), 2):
        assert served.reward(f"{episode}.{sequence}")["late"] is False
    served.end(episode)
    assert served.view()["curve"][0]["return"] == len(jumps)
    at = [event.at for event in served.events()]
    assert at != sorted(at)
    assert [event.seq for event in served.events()] == list(range(1, len(at) + 1))
    served.learned()
    bench = served.bench()
    assert differing(mind(bench), mind(replayed(bench.about, served.events(), tmp_path / "again"))) == []


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_a_clock_that_jumps_while_nothing_runs_leaves_windows_as_long_as_they_were(serve, monkeypatch, jump):
    served = serve()
    served.job(reward_window_s=0.5)
    episode = served.begin()
    served.decide(episode, 0)
    served.stop()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    served.start()
    until(lambda: len(served.events("defaulted")) == 1, 5)
    assert served.view()["ready"]


def test_an_episode_that_nobody_is_heard_of_ends_as_lost(serve):
    served = serve()
    served.job(idle_s=0.4, reward_window_s=0.2)
    episode, other = served.begin(), served.begin()
    served.decide(episode, 0)
    with served.watching(thin=False) as watch:
        until(lambda: len(served.events("episode_ended")) == 2, 10)
        ended = watch.until("episode_ended")["data"]
    assert (ended["lost"], ended["truncated"], ended["terminated"]) == (True, True, False)
    path = f"/v1/episodes/{episode}"
    assert served.refused("POST", f"{path}/decisions", decision(1)) == "episode_over"
    assert served.refused("POST", f"{path}/end", {"truncated": True, "observation": SEEN}) == "episode_over"
    assert served.refused("POST", f"/v1/episodes/{other}/end", {"terminated": True}) == "episode_over"
    assert served.decide(episode, 0)["decision"] == f"{episode}.0"
    until(lambda: served.view()["counts"]["defaulted"] == 1)
    shown = served.ok("GET", "/v1/jobs/plant/episodes")["episodes"]
    assert [told["lost"] for told in shown] == [True, True]
    assert served.view()["counts"]["open_episodes"] == 0
    point = served.view()["curve"][-1]
    assert (point["episode"], point["realised"]) == (episode, None)
    served.learned()


def test_an_episode_that_waits_for_a_person_is_not_lost(serve):
    served = serve()
    served.job(idle_s=0.2)
    served.control("person")
    episode = served.begin()
    made = served.decide(episode, 0, baseline_action=1, deadline_ms=2_500)
    assert made["fallback"] == "taken_over"
    assert served.events("episode_ended") == []
