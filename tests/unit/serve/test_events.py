"""Server-sent events: from where they were left, without a gap and without one twice, and of one's own jobs only."""

from __future__ import annotations

import threading
import time

import pytest

from commits import until
from serving import Served
from trainee.errors import RecordUnavailable


def ids(watch, count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        told = next(watch)
        if "id" in told:
            found.append(int(told["id"]))
    return found


def test_events_come_as_they_happen_with_their_numbers(plant: Served):
    with plant.watching(thin=False) as watch:
        watch.until("state")
        last = plant.service.last
        episode = plant.worked(2)
        told = []
        while len(told) < 6:
            one = next(watch)
            if "id" in one:
                told.append(one)
    assert [int(one["id"]) for one in told] == list(range(last + 1, last + 7))
    kinds = ["episode_begun", "decided", "rewarded", "decided", "rewarded", "episode_ended"]
    assert [one["event"] for one in told] == kinds
    data = told[1]["data"]
    assert (data["seq"], data["job"], data["kind"], data["decision"]) == (last + 2, "plant", "decided", f"{episode}.0")
    assert "conduct" not in data


def test_the_state_of_jobs_comes_each_second(plant: Served):
    with plant.watching() as watch:
        state = watch.until("state")
        assert "id" not in state
        assert [job["job"] for job in state["data"]["jobs"]] == list(plant.service.jobs)
        started = time.monotonic()
        watch.until("state")
        assert time.monotonic() - started < 10


def test_it_goes_on_after_the_last_id_without_a_gap_or_one_twice(plant: Served):
    first = plant.service.last
    over = threading.Event()

    def working():
        while not over.is_set():
            plant.worked(2)

    worker = threading.Thread(target=working)
    worker.start()
    try:
        found: list[int] = []
        for count in (1, 7, 30, 2, 50):
            # The connection breaks, and the client says what it has seen.
            with plant.watching(last=found[-1] if found else first, thin=False) as watch:
                found += ids(watch, count)
    finally:
        over.set()
        worker.join()
    assert found == list(range(first + 1, first + 91))


def test_where_to_begin(plant: Served):
    plant.worked(1)
    with plant.watching(after=0, thin=False) as watch:
        assert ids(watch, 3) == [1, 2, 3]
    with plant.watching(after=0, last=2, thin=False) as watch:
        assert ids(watch, 1) == [3]
    # What is beyond the record, as after one was restored, counts as from now on; so does what is no number.
    for last in (10**6, 2**62, 10**30, "x", "-1", "1.5", b"\xb2"):
        with plant.watching(last=last, thin=False) as watch:
            watch.until("state")
            plant.begin()
            assert ids(watch, 1) == [plant.service.last]


def test_only_what_was_asked_for(plant: Served):
    job = plant.job("chosen")
    last = plant.service.last
    with plant.watching(last=last, job=job, kinds="decided,episode_ended,none", thin=False) as watch:
        plant.worked(1)
        plant.worked(2, job)
        told = [watch.until(kind) for kind in ("decided", "decided", "episode_ended")]
        assert {one["data"]["job"] for one in told} == {job}
        assert [view["job"] for view in watch.until("state")["data"]["jobs"]] == [job]
    assert plant.refused("GET", "/v1/events", params={"job": "none"}) == "unknown_job"
    assert plant.refused("GET", "/v1/events", params={"job": "a/b"}) == "invalid"
    assert plant.refused("GET", "/v1/events", params={"after": -1}) == "invalid"
    assert plant.refused("GET", "/v1/events", params={"kinds": "x" * 501}) == "invalid"


def test_thinned_only_a_few_decisions_and_all_else(plant: Served):
    job = plant.job("thin")
    plant.worked(60, job)
    with plant.watching(after=0, job=job) as watch:
        told = []
        for one in watch:
            if one["event"] == "state":
                break
            told.append(one)
    kinds = [one["event"] for one in told]
    assert (kinds.count("decided"), kinds.count("rewarded")) == (5, 5)
    assert kinds[:2] == ["job_made", "episode_begun"]
    assert kinds[-1] == "episode_ended"
    numbers = [int(one["id"]) for one in told]
    assert numbers == sorted(numbers)
    # The newest are those that are kept.
    assert told[-3]["data"]["sequence"] == 59


def test_another_tenants_jobs_are_not_told_of(serve):
    served = serve()
    served.job("mine")
    served.job("theirs")
    key = served.service.keys.make("me", ["watch"], ["mine"])
    everything = served.service.keys.make("all", ["watch", "decide", "reward", "control"])
    until(lambda: served.call("GET", "/v1/me", key=key).status == 200)
    served.http.headers["authorization"] = f"Bearer {everything}"
    served.control("person", "theirs")
    with served.watching(key, last=0, thin=False) as watch:
        for job in ("theirs", "mine", "theirs"):
            if job == "mine":
                served.worked(2, job)
            else:
                episode = served.begin(job)
                made = served.decide(episode, baseline_action=0, deadline_ms=100)
                assert made["fallback"] == "taken_over"
        until(lambda: served.service.last == len(served.events()))
        seen = [watch.until(kind) for kind in ("job_made", "episode_begun", "decided", "episode_ended", "state")]
        time.sleep(0.2)
        seen.append(next(watch))
        assert all("theirs" not in repr(one) for one in seen)
        assert [view["job"] for view in seen[4]["data"]["jobs"]] == ["mine"]
        # Whose key is revoked is told of nothing any more.
        served.service.keys.revoke(key.split("_")[1])
        assert all(one["event"] == "state" for one in watch)
    assert served.refused("GET", "/v1/events", key=key) == "no_key"


def test_as_many_as_may_watch(serve, monkeypatch):
    monkeypatch.setattr("trainee.serve.stream.MOST_WATCHERS", 1)
    served = serve()
    with served.watching() as watch:
        watch.until("state")
        reply = served.call("GET", "/v1/events")
        assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "full", "1")
    until(lambda: len(served.service.news) == 0)
    with served.watching() as watch:
        watch.until("state")


@pytest.mark.parametrize("thin", [True, False])
def test_who_watches_is_told_that_the_record_does_not_answer_and_goes_on(serve, thin):
    served = serve()
    served.job()
    with served.watching(thin=thin) as watch:
        watch.until("state")
        real = served.service.log.after
        failing = [True]

        def after(*told, **more):
            if failing:
                raise RecordUnavailable("gone")
            return real(*told, **more)

        served.service.log.after = after
        served.begin()
        time.sleep(0.3)
        failing.clear()
        assert int(watch.until("episode_begun")["id"]) == served.service.last
    served.service.log.after = real
