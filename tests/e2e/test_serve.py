"""`trainee serve` as a process: killed at any moment, stopped in good order, started where it cannot.

For the long run: KILLS=1000.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from service_process import Process

import trainee
from minds import differing, mind, replayed, written_at
from trainee.errors import TraineeError
from trainee.jobs import http
from trainee.record.events import Event
from trainee.record.log import EventLog
from trainee.workshop.bench import Bench

pytestmark = pytest.mark.processes

KILLS = int(os.environ.get("KILLS", "3"))
BOX, TWO = spaces.Box(np.zeros(2, np.float32), np.ones(2, np.float32)), spaces.Discrete(2)
WORKERS, EPISODE = 3, 25


class Worker(threading.Thread):
    """A program that works through the client, and notes what it was told. What fails it asks for again."""

    def __init__(self, url: str, number: int, over: threading.Event):
        super().__init__()
        self._client, self._chance, self._over = trainee.Client(url, timeout_s=20.0), random.Random(number), over
        self.decisions: dict[str, int] = {}
        self.rewards: dict[tuple[str, str], float] = {}
        self.ended: set[str] = set()
        self.again = 0
        self.problem: Exception | None = None

    def run(self) -> None:
        try:
            with self._client as client:
                job = self._asked(lambda: client.job("plant", BOX, TWO, width=8, reward_window_s=3600.0))
                while not self._over.is_set():
                    self._episode(job)
        except Exception as error:
            self.problem = error

    def _episode(self, job: Any) -> None:
        chance, episode = self._chance, self._asked(job.begin)
        for sequence in range(EPISODE):
            seen = np.array([chance.random(), chance.random()], np.float32)
            action = self._asked(lambda seen=seen: episode.decide(seen))
            made = episode.decision["decision"]
            self.decisions[made] = int(action)
            if sequence:
                self.rewards[f"{episode.id}.{sequence - 1}", "with-the-next"] = value
            value = chance.gauss(0, 1)
            episode.reward(value)
            told = {"reward_id": "by-itself", "value": chance.gauss(0, 1), "of": 2, "final": False}
            self._asked(lambda path=f"/v1/decisions/{made}/rewards", told=told: self._client.call("POST", path, told))
            self.rewards[made, "by-itself"] = told["value"]
        self._asked(lambda: episode.end(terminated=True))
        self.rewards[made, "with-the-next"] = value
        self.ended.add(episode.id)

    def _asked(self, call: Callable[[], Any]) -> Any:
        """Until it is answered: the service may be gone at any moment, and the client gives up after a while."""
        while True:
            try:
                return call()
            except TraineeError as error:
                if not getattr(error, "retry", True):
                    raise
                if self._over.is_set():
                    raise SystemExit from None
                self.again += 1


class Releasing(threading.Thread):
    """A person who releases one version after the other, and is refused now and then."""

    def __init__(self, url: str, over: threading.Event):
        super().__init__()
        self._url, self._over = url, over
        self.moved: list[tuple[str, str]] = []

    def run(self) -> None:
        with trainee.Client(self._url, timeout_s=20.0) as client:
            while not self._over.is_set():
                try:
                    told = client.call("POST", "/v1/releases", {"job": "plant"})
                    self.moved.append((told["release"], told["stage"]))
                    for how in ("advance", "advance", "abort"):
                        path = f"/v1/releases/{told['release']}/{how}"
                        moved = client.call("POST", path, {"reason": "for the test"})
                        self.moved.append((moved["release"], moved["stage"]))
                except TraineeError:
                    self._abort(client)

    def _abort(self, client: trainee.Client) -> None:
        """What was begun before the service was killed is not in the way of the next one."""
        try:
            for told in client.call("GET", "/v1/releases")["releases"][:1]:
                client.call("POST", f"/v1/releases/{told['release']}/abort", {})
        except TraineeError:
            time.sleep(0.05)


@pytest.mark.timeout(200 + 30 * KILLS)
def test_killed_at_any_moment_it_loses_nothing_and_does_nothing_twice(service: Process, tmp_path: Path, monkeypatch):
    # The programs do not sleep through what little time there is between two kills.
    monkeypatch.setattr(http, "WAIT_S", 0.02)
    chance, over = random.Random(KILLS), threading.Event()
    service.start()
    workers = [Worker(service.url, number, over) for number in range(WORKERS)]
    releasing = Releasing(service.url, over)
    for thread in (*workers, releasing):
        thread.start()
    try:
        for _ in range(KILLS):
            service.ready()
            time.sleep(chance.uniform(0, 1.5))
            service.end(signal.SIGKILL)
            service.start()
        service.ready()
        time.sleep(0.5)
    finally:
        over.set()
        for thread in (*workers, releasing):
            thread.join(120)
    assert [worker.problem for worker in workers] == [None] * WORKERS
    service.end(signal.SIGKILL)
    events = everything(service.home)
    as_it_was_told(events, workers, releasing)
    print(f"{KILLS} kills, {len(events)} events, asked again {sum(worker.again for worker in workers)} times")
    learner_is_what_it_would_be(service.home, events, tmp_path)
    # And it goes on, and stops in good order.
    service.start().ready()
    assert service.end(signal.SIGTERM) == 0
    assert everything(service.home) == events
    learner_is_what_it_would_be(service.home, events, tmp_path / "once more")
    assert "Traceback" not in service.log


def everything(home: Path) -> list[Event]:
    log = EventLog(home / "events.db")
    try:
        return log.after(0, 10_000_000)
    finally:
        log.close()


def as_it_was_told(events: list[Event], workers: list[Worker], releasing: Releasing) -> None:
    """All that was acknowledged is in the record, once, and as it was answered."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    decided = {event.body["decision"]: event.body["action"] for event in events if event.kind == "decided"}
    rewarded = {
        (event.body["decision"], event.body["reward_id"]): event.body["value"]
        for event in events
        if event.kind == "rewarded"
    }
    kinds = Counter(event.kind for event in events)
    assert (len(decided), len(rewarded)) == (kinds["decided"], kinds["rewarded"])
    told, rewards, ended = {}, {}, set()
    for worker in workers:
        told |= worker.decisions
        rewards |= worker.rewards
        ended |= worker.ended
    assert len(told) > 20 * KILLS
    assert told.items() <= decided.items()
    assert rewards.items() <= rewarded.items()
    # Of what is there and was not acknowledged each program can have asked for one thing only.
    assert len(decided) - len(told) <= WORKERS
    assert len(rewarded) - len(rewards) <= 2 * WORKERS
    assert ended <= {event.body["episode"] for event in events if event.kind == "episode_ended"}
    versions: dict[str, set[str]] = {}
    for event in events:
        if event.kind == "decided":
            versions.setdefault(event.body["episode"], set()).add(event.body["version"])
    assert all(len(found) == 1 for found in versions.values())
    moves = {
        (event.body["release"]["id"], event.body["stage"])
        for event in events
        if event.kind in ("released", "release_moved")
    }
    assert set(releasing.moved) <= moves
    assert releasing.moved


def learner_is_what_it_would_be(home: Path, events: list[Event], folder: Path) -> None:
    """The checkpoint and the events after it make the same learner, to the bit, as all events from the beginning."""
    about = next(event.body for event in events if event.kind == "job_made")
    recovered = Bench(about, next((home / "jobs").glob("plant-*")), (), written_at(events))
    assert recovered.cursor > 0
    for event in events[recovered.cursor :]:
        if event.job == "plant":
            recovered.take(event)
    assert differing(mind(recovered), mind(replayed(about, events, folder / "anew"))) == []
    assert recovered.steps > 10 * KILLS


def test_a_second_service_on_a_home_is_told_so_and_the_first_one_stops_at_once(service: Process, tmp_path: Path):
    service.start().ready()
    second = subprocess.run(
        [sys.executable, "-m", "trainee.cli", "serve", "--home", str(service.home), "--port", "0", "--json"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert second.returncode == 4, second.stderr
    assert json.loads(service.log.splitlines()[0])["serving"] == service.url
    error = json.loads(second.stdout)["error"]
    assert (error["kind"], error["exit_code"]) == ("HomeInUse", 4)
    assert second.stderr == ""
    where = ("--home", str(tmp_path / "third"), "--port", str(service.port))
    third = subprocess.run(
        [sys.executable, "-m", "trainee.cli", "serve", *where, "--json"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    error = json.loads(third.stdout)["error"]
    assert (third.returncode, third.stderr, error["kind"]) == (2, "", "InvalidArgument")
    assert f"port {service.port} of 127.0.0.1 cannot be listened at: " in error["message"]
    beyond = subprocess.run(
        [sys.executable, "-m", "trainee.cli", "serve", "--home", str(tmp_path / "other"), "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert beyond.returncode == 2
    assert "there are no keys yet" in beyond.stderr
    # Somebody watches, and a decision waits for a person: neither keeps it from stopping.
    with trainee.Client(service.url) as client:
        job = client.job("plant", BOX, TWO, width=8)
        client.call("PUT", "/v1/control", {"job": "plant", "mode": "person"})
        episode, made = job.begin(), []
        waiting = threading.Thread(target=lambda: made.append(episode.decide([0.5, 0.5], baseline_action=1)))
        with client._http.stream("GET", "/v1/events") as watch:
            lines = watch.iter_lines()
            waiting.start()
            assert any(line == "event: asked" for line in lines)
            started = time.monotonic()
            assert service.end(signal.SIGINT) == 0
            assert time.monotonic() - started < 8
            waiting.join(30)
    assert made == [1]
    assert episode.decision["fallback"] == "taken_over"
    assert "Traceback" not in service.log
