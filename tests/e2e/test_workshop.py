"""The workshop of `trainee serve` killed while programs work: nobody waits, nothing is lost, and it comes back."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from service_process import Process

import trainee
from minds import differing, mind, replayed, written_at
from serving import JOB, SEEN, decision
from trainee.record.log import EventLog
from trainee.workshop.bench import Bench

pytestmark = pytest.mark.processes

KILLS = 1


def workshop_of(service: Process) -> int:
    """The id of its process."""
    assert service.process is not None
    tasks = Path(f"/proc/{service.process.pid}/task").glob("*/children")
    (found,) = [int(pid) for path in tasks for pid in path.read_text(encoding="utf-8").split()]
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="its process is found in /proc")
def test_a_workshop_that_is_killed_comes_back_and_learns_on(service: Process, tmp_path: Path):
    service.start().ready()
    sources: list[str] = []
    with trainee.Client(service.url, timeout_s=60.0) as client:
        client.call("POST", "/v1/jobs", JOB)
        for kill in range(KILLS):
            episode = client.call("POST", "/v1/jobs/plant/episodes", {})["episode"]
            os.kill(workshop_of(service), signal.SIGKILL)
            deadline, n = time.monotonic() + 60, 0
            # Nobody waits meanwhile: with a baseline a decision is answered whatever there is.
            while time.monotonic() < deadline:
                told = decision(
                    n, baseline_action=kill % 2, deadline_ms=2000, **({"reward": {"value": 1.0}} if n else {})
                )
                made = client.call("POST", f"/v1/episodes/{episode}/decisions", told)
                sources.append(made["source"])
                n += 1
                if n > 20 and made["source"] == "agent":
                    break
                assert made["fallback"] in (None, "invalid", "deadline")
                time.sleep(0.02)
            assert sources[-1] == "agent"
            client.call("POST", f"/v1/episodes/{episode}/end", {"truncated": True, "observation": SEEN})
        assert client.call("GET", "/readyz")["status"] == "ready"
    assert "baseline" in sources
    assert service.end(signal.SIGTERM) == 0
    assert service.log.count("the workshop ended by itself (exit code -9), and is begun again") == KILLS
    log = EventLog(service.home / "events.db", alone=False)
    events = log.after(0, 100_000)
    log.close()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    recovered = Bench(events[0].body, next((service.home / "jobs").glob("plant-*")), (), written_at(events))
    for event in events[recovered.cursor :]:
        recovered.take(event)
    assert differing(mind(recovered), mind(replayed(events[0].body, events, tmp_path / "anew"))) == []
    assert recovered.steps > 20 * KILLS


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="its process is found in /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_workshop_outlives_its_service(service: Process, how: signal.Signals):
    service.start().ready()
    workshop = workshop_of(service)
    service.end(how)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _runs(workshop):
        time.sleep(0.05)
    assert not _runs(workshop)


def _runs(pid: int) -> bool:
    """Whether it does, and is not only waited for by nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
