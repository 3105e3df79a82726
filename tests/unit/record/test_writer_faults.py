"""What the writer does when writing fails, or only seems to."""

from __future__ import annotations

import random
import sqlite3
import threading
import time

import pytest

from commits import group, until
from trainee.errors import DamagedPart, RecordUnavailable
from trainee.record.events import Event
from trainee.record.log import EventLog
from trainee.record.writer import Writer

pytest_plugins = ["databases"]


def test_a_locked_database_fails_its_batch_and_no_other(tmp_path, view, opened):
    path = tmp_path / "events.db"
    log = opened(EventLog, path, patience_s=0.1)
    writer = opened(Writer, log, view)
    writer.submit(group("a")).result(10)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        failing = [writer.submit(group("b")), writer.submit(group("c"))]
        errors = [future.exception(10) for future in failing]
        assert all(isinstance(error, RecordUnavailable) for error in errors)
        assert errors[0] is not errors[1]
        assert "is locked by another process" in str(errors[0])
        assert not writer.healthy
        assert "is locked by another process" in writer.problem
    finally:
        other.close()
    assert [event.seq for event in writer.submit(group("b", "d")).result(10)] == [2, 3]
    assert writer.healthy
    assert view.events == log.after(0, 10)


def test_a_writer_that_nobody_asks_anything_finds_out_that_it_works_again(tmp_path, view, opened):
    path = tmp_path / "events.db"
    writer = opened(Writer, opened(EventLog, path, patience_s=0.05), view)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert isinstance(writer.submit(group("a")).exception(10), RecordUnavailable)
    finally:
        other.close()
    until(lambda: writer.healthy)
    assert view.events == []


class AnswerLost(EventLog):
    """A log whose next answers get lost after the commit."""

    lost = 0

    def append(self, groups):
        written = super().append(groups)
        if self.lost:
            self.lost -= 1
            raise RecordUnavailable("the answer was lost")
        return written


@pytest.mark.parametrize("retried", [False, True])
def test_events_whose_commit_seemed_to_fail_are_handed_on_all_the_same(url, view, opened, retried):
    log = opened(AnswerLost, url)
    writer = opened(Writer, log, view)
    writer.submit(group("a")).result(10)
    log.lost = 1
    with pytest.raises(RecordUnavailable, match="the answer was lost"):
        writer.submit(group("b", "c")).result(10)
    if retried:
        assert writer.submit(group("b", "c")).result(10).seq == 2
        assert [event.seq for event in view.events] == [1, 2, 3]
        assert [event.seq for event in writer.submit(group("d")).result(10)] == [4]
    else:
        until(lambda: len(view.events) == 3)
    assert view.events == log.after(0, 10)


def test_events_of_another_service_are_handed_on_before_ones_own(log, view, writer):
    # Where the lock was lost for a while, another may have written.
    log.append([group("other")] + [group(f"o{n}") for n in range(3)])
    assert writer.submit(group("mine")).result(10)[0].seq == 5
    log.append([group("another")])
    assert writer.submit(group("another")).result(10).seq == 6
    assert view.events == log.after(0, 10)


def test_what_the_view_raises_is_told_and_the_writer_goes_on(log, opened):
    seen: list[int] = []

    def on_commit(events):
        seen.extend(event.seq for event in events)
        if events[0].key == "b":
            raise KeyError("b is not wanted")

    writer = opened(Writer, log, on_commit)
    writer.submit(group("a")).result(10)
    with pytest.raises(KeyError):
        writer.submit(group("b")).result(10)
    assert "b is not wanted" in writer.problem
    assert writer.submit(group("c")).result(10)[0].seq == 3
    assert seen == [1, 2, 3]


def test_a_damaged_event_is_told_to_who_asks_for_it(log, writer):
    writer.submit(group("a")).result(10)
    trigger = {"sqlite": "events_no_update", "postgresql": "events_append_only ON events"}[log.database.dialect]
    log.database.write(lambda connection: connection.exec_driver_sql(f"DROP TRIGGER {trigger}"), "")
    log.database.write(lambda connection: connection.exec_driver_sql("UPDATE events SET crc = 0"), "")
    with pytest.raises(DamagedPart, match=r"event 1 in .* was altered"):
        writer.submit(group("a")).result(10)
    assert writer.submit(group("b")).result(10)[0].seq == 2


def test_a_server_that_ends_sessions_all_the_time_loses_nothing(cluster, view, opened):
    log = opened(EventLog, cluster.new())
    writer = opened(Writer, log, view)
    over = threading.Event()
    acknowledged: dict[str, int] = {}
    failed: list[str] = []

    def submitting(name):
        number = 0
        while not over.is_set():
            number += 1
            key = f"{name}.{number}"
            try:
                result = writer.submit(group(key)).result(30)
                acknowledged[key] = (result if isinstance(result, Event) else result[0]).seq
            except RecordUnavailable:
                failed.append(key)

    threads = [threading.Thread(target=submitting, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    ended, deadline = 0, time.monotonic() + 2
    while time.monotonic() < deadline or not (ended > 5 and acknowledged):
        time.sleep(random.Random(ended).uniform(0, 0.02))
        ended += cluster.end_sessions()
    over.set()
    for thread in threads:
        thread.join()
    after = writer.submit(group("after")).result(30)
    events = log.after(0, 100_000)
    assert view.events == events
    assert events[-1] == after[0]
    in_log = {event.key: event.seq for event in events}
    assert len(in_log) == len(events)
    assert acknowledged.items() <= in_log.items()
    # What was not acknowledged can be asked for again, and is then written once.
    for key in failed:
        result = writer.submit(group(key)).result(30)
        assert (result if isinstance(result, Event) else result[0]).key == key
    assert len(log.after(0, 100_000)) == len({*acknowledged, *failed, "after"})
