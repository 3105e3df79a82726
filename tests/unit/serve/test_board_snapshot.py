"""Snapshots of the board: with one or without, a service stands where the record says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commits import until
from serving import SEEN, Served
from trainee.record.log import EventLog
from trainee.serve import snapshot
from trainee.serve.snapshot import FORM, NAME, taken

pytestmark = pytest.mark.long


def board(served: Served) -> Any:
    """All of it, but for what goes by this process's clock."""
    told = json.loads(served.on_loop(lambda: FORM.dump_json(taken(served.service))))
    for job in told["jobs"].values():
        for entry in job["episodes"].values():
            entry.pop("heard_at")
            entry["sources"].sort()
    return told


def busy(served: Served) -> None:
    """Two jobs at which much has happened, and some of it is under way."""
    for job in ("plant", "other"):
        served.job(job, restartable=job == "other")
    for job in ("plant", "other", "plant"):
        served.worked(3, job)
    served.ok("POST", "/v1/releases", {"job": "plant", "reason": "for the test"})
    served.worked(4)
    episode = served.begin(episode="open")
    for sequence in range(3):
        made = served.decide(episode, sequence)["decision"]
        served.reward(made, 0.1 * sequence, "early", final=False, observed_at=sequence / 3)
    served.ok("POST", "/v1/decisions/open.1/override", {"action": 1, "reason": "ü ☃"})
    served.control("paused", "other", reason="lunch")
    ended = served.begin(episode="unsettled")
    served.decide(ended)
    served.end(ended, truncated=True, observation=SEEN)
    # What the candidate would have done is recorded a moment later.
    until(lambda: served.events("shadowed")[-1].body["episode"] == ended)


def test_a_start_from_a_snapshot_stands_where_one_from_the_record_does(serve, monkeypatch):
    served = serve()
    busy(served)
    before = board(served)
    served.stop()
    seen: list[int] = []
    real = EventLog.after
    monkeypatch.setattr(EventLog, "after", lambda log, seq, *a, **k: seen.append(seq) or real(log, seq, *a, **k))
    served.start()
    assert 0 not in seen
    assert board(served) == before
    monkeypatch.undo()
    served.stop()
    (served.home / NAME).unlink()
    served.start()
    assert board(served) == before
    # And goes on alike.
    assert served.decide("open", 3)["source"] == "agent"
    served.reward("unsettled.0", 2.0)
    assert served.view()["curve"][-1]["return"] == 2.0
    assert served.view()["release"]["stage"] == "shadow"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: b"",
        lambda told: b'{"version": ',
        lambda told: json.dumps({**told, "writer": "0.0.1"}).encode(),
        lambda told: json.dumps({**told, "seq": told["seq"] + 1}).encode(),
        lambda told: json.dumps({**told, "at": told["at"] - 1}).encode(),
        lambda told: json.dumps({**told, "jobs": {"plant": {}}}).encode(),
    ],
    ids=["empty", "cut", "other version", "beyond the record", "other record", "other form"],
)
def test_a_snapshot_of_no_use_is_passed_over(serve, spoil):
    served = serve()
    busy(served)
    before = board(served)
    served.stop()
    path = served.home / NAME
    path.write_bytes(spoil(json.loads(path.read_bytes())))
    served.start()
    assert board(served) == before


def test_one_is_written_while_it_works_and_what_came_since_is_read(serve, monkeypatch):
    monkeypatch.setattr(snapshot, "EVERY", 20)
    served = serve()
    served.job()
    served.worked(10)
    until((served.home / NAME).exists)
    kept = (served.home / NAME).read_bytes()
    served.worked(2)
    before = board(served)
    served.stop()
    # As if it had been killed before it wrote the last one.
    (served.home / NAME).write_bytes(kept)
    served.start()
    assert board(served) == before


def test_a_disk_that_takes_no_snapshot_is_no_reason_to_stop(serve, monkeypatch):
    def full(*_):
        raise OSError("no room")

    served = serve()
    served.job()
    monkeypatch.setattr("trainee.record.durable.write", full)
    assert served.worked(2)
    served.restart()
    assert served.worked(2)
