"""Whatever befalls the files of a log, it yields what was appended, in order and from the beginning, or it refuses.

A few cases of each; `FAULTS=2000` runs as many.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from trainee.errors import RecordError
from trainee.record.events import Draft, Event
from trainee.record.log import EventLog

CASES = int(os.environ.get("FAULTS", "60")) // 2
FILES = ("events.db", "events.db-wal")
# What a disk writes as a whole.
SECTOR = 512

randoms = st.randoms(use_true_random=False)


@dataclass(frozen=True)
class Moment:
    """The files after a commit, and how many events were acknowledged by then."""

    files: dict[str, bytes]
    acknowledged: int


@contextmanager
def frequent_checkpoints() -> Iterator[None]:
    """Each connection that is made meanwhile moves the journal into the database after a few pages."""

    def apply(connection, record):
        connection.execute("PRAGMA wal_autocheckpoint = 30").close()

    event.listen(Engine, "connect", apply)
    try:
        yield
    finally:
        event.remove(Engine, "connect", apply)


@cache
def history() -> tuple[list[Event], list[Moment]]:
    """The life of a log: its events, and its files after each commit."""
    random = Random(0)
    events: list[Event] = []
    moments: list[Moment] = []
    with tempfile.TemporaryDirectory() as folder, frequent_checkpoints():
        log = EventLog(Path(folder) / FILES[0])
        for commit in range(40):
            groups = [
                [draft(f"{commit}.{number}.{part}", random) for part in range(random.choice([1, 1, 2]))]
                for number in range(random.choice([1, 1, 1, 4]))
            ]
            events += [event for group in log.append(groups) for event in group]
            moments.append(Moment({name: (Path(folder) / name).read_bytes() for name in FILES}, len(events)))
        log.close()
    return events, moments


def draft(name: str, random: Random) -> Draft:
    # From a part of a page to several pages.
    numbers = [random.random() for _ in range(random.choice([1, 5, 20, 400]))]
    key = name if random.random() < 0.7 else None
    job = random.choice(["cooling", "pump", None])
    return Draft(random.choice(["decision", "reward"]), job, {"numbers": numbers}, key, "0" * 64)


@contextmanager
def log_of(files: dict[str, bytes]) -> Iterator[EventLog]:
    """The log that is found where these are the files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        log = EventLog(Path(folder) / FILES[0])
        try:
            yield log
        finally:
            log.close()


def found_in(log: EventLog) -> int:
    """How many events there are. They are the first ones that were appended, whichever way they are asked for."""
    appended, _ = history()
    events = log.after(0, len(appended) + 1)
    assert events == appended[: len(events)]
    assert log.last() == len(events)
    assert log.before(None, len(appended) + 1) == events[::-1]
    for some in ({"job": "cooling"}, {"kinds": ["reward"]}, {"job": "pump", "kinds": ["decision", "reward"]}):
        wanted = [e for e in events if some.get("job", e.job) == e.job and e.kind in some.get("kinds", [e.kind])]
        assert log.after(0, 1000, **some) == wanted
    for one in appended:
        if one.key is not None:
            assert log.find(one.key) == (one if one.seq <= len(events) else None)
    new = log.append([[Draft("note", None, {}, "new")]])[0]
    assert new == log.after(len(events), 10)
    assert new[0].seq == len(events) + 1
    return len(events)


@settings(max_examples=CASES, deadline=None)
@given(randoms)
def test_a_power_cut_loses_nothing_that_was_acknowledged(random):
    _, moments = history()
    number = random.randrange(len(moments) - 1)
    before, after = moments[number], moments[number + 1]
    files = dict(before.files)
    # First the journal is written, and synced. Only then is the database, where it is its turn.
    database, journal = FILES
    checkpoint = before.files[database] != after.files[database] and random.random() < 0.7
    if checkpoint:
        files[journal] = after.files[journal]
    file = database if checkpoint else journal
    files[file] = partly_written(before.files[file], after.files[file], random)
    with log_of(files) as log:
        count = found_in(log)
    assert count >= (after if checkpoint else before).acknowledged
    assert count <= after.acknowledged


def partly_written(before: bytes, after: bytes, random: Random) -> bytes:
    """A file of which a power cut let some sectors become new, in no order, and left the others as they were."""
    chance = random.choice([0.0, 0.1, 0.5, 0.9, 0.98])
    content = bytearray(before.ljust(len(after), b"\0"))
    end = len(before)
    for start in range(0, len(after), SECTOR):
        new = after[start : start + SECTOR]
        if content[start : start + SECTOR] != new and random.random() < chance:
            content[start : start + len(new)] = new
            end = max(end, start + len(new))
    return bytes(content[: random.choice([end, len(content)])])


@settings(max_examples=CASES, deadline=None)
@given(randoms)
def test_damage_is_refused_or_takes_the_newest_events_at_most(random):
    _, moments = history()
    files = dict(random.choice(moments).files)
    for _ in range(random.choice([1, 1, 1, 3])):
        name = random.choice(FILES)
        files[name] = random.choice([flipped, flipped, flipped, truncated, swapped])(files[name], random)
    if random.random() < 0.1:
        files.pop(random.choice(FILES))
    refused = None
    try:
        with log_of(files) as log:
            found_in(log)
    except RecordError as error:
        refused = str(error)
    assert refused is None or "events.db" in refused


def flipped(content: bytes, random: Random) -> bytes:
    """Some bits are not as they were."""
    damaged = bytearray(content)
    # The header of a file, and of a page, says how all the rest is to be read.
    start = random.choice([0, 0, random.randrange(max(1, len(content) // 4096)) * 4096])
    span = random.choice([len(content), 4096, 120])
    for _ in range(random.choice([1, 1, 2, 8])):
        position = min(start + random.randrange(max(1, span)), len(content) - 1)
        if content:
            damaged[position] ^= 1 << random.randrange(8)
    return bytes(damaged)


def truncated(content: bytes, random: Random) -> bytes:
    """The end is missing."""
    position = random.randrange(len(content) + 1)
    return content[: random.choice([position, position // 4096 * 4096])]


def swapped(content: bytes, random: Random) -> bytes:
    """Two pages have each other's place."""
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    if len(pages) > 2:
        one, other = random.sample(range(len(pages)), 2)
        pages[one], pages[other] = pages[other], pages[one]
    return b"".join(pages)


def test_the_history_is_one_that_can_be_damaged():
    _, moments = history()
    checkpoints = sum(a.files[FILES[0]] != b.files[FILES[0]] for a, b in pairwise(moments))
    assert 3 <= checkpoints <= len(moments) - 10
    assert len(moments[-1].files[FILES[0]]) > 20 * 4096
    with log_of(dict(moments[-1].files)) as log:
        assert found_in(log) == moments[-1].acknowledged
    with pytest.raises(RecordError, match="Restore"), log_of({FILES[0]: b"", FILES[1]: moments[-1].files[FILES[1]]}):
        pass
