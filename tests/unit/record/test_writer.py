"""The writer: what it writes together, and what it tells and in which order."""

from __future__ import annotations

import random
import threading
from concurrent.futures import CancelledError, wait

import pytest

from commits import group, until
from trainee.errors import InvalidArgument, RecordFull, RecordUnavailable
from trainee.record.events import Draft, Event
from trainee.record.writer import Writer

pytest_plugins = ["databases"]


def test_a_group_is_in_the_log_and_was_handed_on_when_its_future_has_it(log, view, writer):
    written = writer.submit(group("a", "b")).result(10)
    assert written == log.after(0, 10) == view.events
    known = writer.submit(group("c", "a")).result(10)
    assert known == written[0]
    assert writer.submit([]).result(10) == []
    assert writer.submit(group("c")).result(10)[0].seq == 3
    assert [len(commit) for commit in view.commits] == [2, 1]
    assert writer.waiting == 0
    assert writer.healthy
    assert writer.problem is None


def test_what_waits_is_written_together(log, view, writer):
    view.free.clear()
    first = writer.submit(group("a"))
    until(lambda: log.last() == 1)
    others = [writer.submit(group(f"{n}", f"{n}'")) for n in range(620)]
    assert writer.waiting == 620
    assert not first.done()
    view.free.set()
    wait(others)
    assert [len(commit) for commit in view.commits] == [1, 1000, 240]
    assert view.events == log.after(0, 10_000)
    assert [event.key for future in others for event in future.result()] == [event.key for event in view.events[1:]]


def test_large_bodies_are_written_a_few_at_a_time(log, view, writer):
    view.free.clear()
    writer.submit(group("a"))
    until(lambda: log.last() == 1)
    large = [Draft("decision", None, {"x": "x" * 9_000_000})]
    submitted = [writer.submit(large) for _ in range(3)]
    view.free.set()
    wait(submitted)
    assert [len(commit) for commit in view.commits] == [1, 2, 1]


def test_more_than_may_wait_is_refused_at_once(log, view, opened):
    writer = opened(Writer, log, view, most_waiting=3)
    view.free.clear()
    submitted = [writer.submit(group("a"))]
    until(lambda: log.last() == 1)
    submitted += [writer.submit(group(key)) for key in "bcd"]
    with pytest.raises(RecordFull, match=r"3 groups of events wait .* nothing was acknowledged"):
        writer.submit(group("e"))
    view.free.set()
    wait(submitted)
    assert writer.submit(group("e")).result(10)[0].seq == 5


def test_keys_that_come_from_many_threads_at_once_are_written_once(log, view, writer):
    answers: list[Event | list[Event]] = []

    def submitting(seed):
        keys = [f"k{n}" for n in range(30)]
        random.Random(seed).shuffle(keys)
        answers.extend(future.result(30) for future in [writer.submit(group(key)) for key in keys])

    threads = [threading.Thread(target=submitting, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert view.events == log.after(0, 1000)
    assert sorted(event.key for event in view.events) == sorted(f"k{n}" for n in range(30))
    assert sum(isinstance(answer, list) for answer in answers) == 30
    assert len(answers) == 120


def test_a_future_that_is_cancelled_in_time_is_not_written(log, view, writer):
    view.free.clear()
    first = writer.submit(group("a"))
    until(lambda: log.last() == 1)
    cancelled, kept = writer.submit(group("b")), writer.submit(group("c"))
    assert cancelled.cancel()
    assert not first.cancel()
    view.free.set()
    assert kept.result(10)[0].seq == 2
    with pytest.raises(CancelledError):
        cancelled.result()
    assert log.find("b") is None


def test_closing_writes_what_waits(log, view, opened):
    writer = opened(Writer, log, view)
    view.free.clear()
    submitted = [writer.submit(group(f"{n}")) for n in range(700)]
    view.free.set()
    writer.close()
    assert all(future.done() for future in submitted)
    assert len(view.events) == log.last() == 700
    with pytest.raises(RecordUnavailable, match="was closed"):
        writer.submit(group("late"))
    writer.close()


def test_a_group_that_cannot_be_written_is_refused_before_it_waits(writer):
    with pytest.raises(InvalidArgument, match="have the key 'a'"):
        writer.submit(group("a", "a"))
    assert writer.healthy


def test_only_what_is_new_is_handed_on(log, view, opened):
    log.append([group("before")])
    writer = opened(Writer, log, view)
    assert writer.submit(group("before")).result(10).seq == 1
    writer.submit(group("a")).result(10)
    assert [event.key for event in view.events] == ["a"]
