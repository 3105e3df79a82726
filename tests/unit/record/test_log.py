"""The event log, in SQLite and in PostgreSQL."""

from __future__ import annotations

import math
import random
import sys
import threading
import time
from enum import StrEnum

import numpy as np
import pytest
import sqlalchemy as sa

from trainee.errors import InvalidArgument
from trainee.record.events import Draft, Event
from trainee.record.log import EventLog

pytest_plugins = ["databases"]


@pytest.fixture
def log(url, opened) -> EventLog:
    return opened(EventLog, url)


def drafts(*keys, kind="decision", job="cooling"):
    return [Draft(kind, job, {"key": key}, key) for key in keys]


def test_events_are_numbered_from_one_and_read_back_as_they_were_answered(log):
    before = time.time()
    first = log.append([[Draft("job", "cooling", {"a": 1}, "k1", "d1"), Draft("note", None, {})]])
    second = log.append([[Draft("decision", "cooling", {"b": [1.5, None]})], []])
    events = [*first[0], *second[0]]
    assert [event.seq for event in events] == [1, 2, 3]
    assert second[1] == []
    assert all(before <= event.at <= time.time() for event in events)
    assert events[0] == Event(1, events[0].at, "job", "cooling", {"a": 1}, "k1", "d1")
    assert events[1] == Event(2, events[0].at, "note", None, {}, None, None)
    assert log.after(0, 10) == events
    assert log.last() == 3


def test_an_empty_log(log):
    assert log.last() == 0
    assert log.after(0, 10) == log.before(None, 10) == log.before(None, 10, job="cooling") == []
    assert log.find("k") is None
    assert log.append([]) == []


@pytest.mark.parametrize(
    "body",
    [
        {"text": "naïve 学习 🎓 \x00 \ud800 \x7f ' \" \\ %s ? :name"},
        {"numbers": [0.1, 1e-320, 1.7976931348623157e308, -0.0, 2**70, 10**400]},
        {"nested": {"": [[], {}, None, True, [[1]]]}, "long": "x" * 200_000},
    ],
)
def test_bodies_come_back_to_the_bit(log, body):
    written = log.append([[Draft("note", "é?%s\x01", body, "'\"?%s 学习")]])[0][0]
    read = log.after(0, 1)[0]
    assert read == written
    assert repr(read.body) == repr(body)
    assert log.find("'\"?%s 学习") == read
    assert log.before(None, 1, job="é?%s\x01") == [read]


def test_an_answer_is_what_a_later_read_answers(log):
    class Kind(StrEnum):
        DECISION = "decision"

    body = {"by": {1: (1, 2)}, "mean": np.float64(0.5)}
    draft = Draft(Kind.DECISION, "cooling", body, "k")
    body["later"] = 1
    written = log.append([[draft]])[0]
    assert written == log.after(0, 1, kinds=[Kind.DECISION])
    assert written[0].body == {"by": {"1": [1, 2]}, "mean": 0.5}


@pytest.mark.parametrize(
    "body", [{"x": math.nan}, {"x": [math.inf]}, {"x": object()}, {"x": np.float32(1)}, {"x": {(1, 2): 1}}, {"x": b"x"}]
)
def test_a_body_that_is_not_json_is_refused(body):
    with pytest.raises(InvalidArgument, match="body of an event 'decision' cannot be written as JSON"):
        Draft("decision", None, body)


def test_a_body_too_deep_to_be_read_again_anywhere_is_refused():
    deep = {}
    for _ in range(sys.getrecursionlimit() - 150):
        deep = {"x": deep}
    with pytest.raises(InvalidArgument, match="cannot be written as JSON"):
        Draft("decision", None, deep)


@pytest.mark.parametrize("unfit", ["\x00", "a\ud800"])
def test_names_that_no_database_holds_are_refused_and_found_nowhere(log, unfit):
    for name in ("kind", "job", "key", "digest"):
        with pytest.raises(InvalidArgument, match=f"{name} .* of an event cannot be kept"):
            Draft(**({"kind": "decision", "job": None, "body": {}} | {name: unfit}))
    log.append([drafts("k")])
    assert log.find(unfit) is None
    assert log.after(0, 10, job=unfit) == log.after(0, 10, kinds=[unfit]) == []


def test_names_longer_than_an_index_holds_are_refused(log):
    rng = random.Random(0)
    long = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(333))
    for name in ("kind", "job", "key", "digest"):
        with pytest.raises(InvalidArgument, match=f"{name} .*… of an event is 1,002 bytes long"):
            Draft(**({"kind": "decision", "job": None, "body": {}} | {name: long + "xyz"}))
    assert log.append([[Draft(long, long, {}, long, long)]])[0][0] == log.find(long)


def test_keys_that_begin_alike_are_found_together(log):
    rng = random.Random(0)
    letters = "aAéß:.~ 学\x01\ud7ff\ue000🎓\U0010ffff"
    keys = sorted(
        {"".join(rng.choices(letters, k=rng.randrange(1, 5))) for _ in range(150)}, key=lambda _: rng.random()
    )
    events = [group[0] for group in log.append([drafts(key) for key in keys])]
    for prefix in ("", *letters, *(key[:2] for key in keys), *keys[:20], "none"):
        assert log.under(prefix, 1000) == [event for event in events if event.key.startswith(prefix)]
        assert log.found([prefix, "none", "\x00"]) == [event for event in events if event.key == prefix]
    first = sorted(key for key in keys if key.startswith("a"))[:3]
    assert sorted(event.key for event in log.under("a", 3)) == first
    assert log.under("\ud800", 1) == []
    with pytest.raises(InvalidArgument, match="limit"):
        log.under("a", 0)


def test_a_group_whose_key_is_known_is_not_written(log):
    (first,) = log.append([drafts("a", "b")])
    again, new, within = log.append([drafts("c", "b", "a"), drafts("d", None, None), drafts("e", "d")])
    assert again == first[1]
    assert [event.seq for event in new] == [3, 4, 5]
    assert within == new[0]
    assert log.find("c") is log.find("e") is None
    assert log.find("d") == new[0]
    assert log.last() == 5
    assert log.append([drafts("a"), drafts("d")]) == [first[0], new[0]]


def test_the_same_key_twice_in_a_group_is_refused(log):
    with pytest.raises(InvalidArgument, match="have the key 'a'"):
        log.append([drafts("c"), drafts("a", "b", "a")])
    assert log.last() == 0


def test_any_page_is_that_of_the_whole_list(log):
    rng = random.Random(0)
    kinds, jobs = ("decision", "reward", "end", "rare"), ("cooling", "pump", None)
    events: list[Event] = []
    for _ in range(12):
        groups = [
            [Draft(rng.choices(kinds, (8, 8, 2, 1))[0], rng.choice(jobs), {"n": rng.random()}) for _ in range(3)]
            for _ in range(rng.randrange(4))
        ]
        events += [event for group in log.append(groups) for event in group]
    for _ in range(60):
        seq, limit = rng.randrange(-1, len(events) + 3), rng.choice([1, 3, 1000, 2**80])
        job = rng.choice([None, "cooling", "pump", "unknown"])
        some = rng.choice([None, ["decision"], ("rare", "end", "rare"), ["unknown"], []])
        fit = [event for event in events if job in (None, event.job) and (some is None or event.kind in some)]
        assert log.after(seq, limit, job, some) == [event for event in fit if event.seq > seq][:limit]
        assert log.before(seq, limit, job, some) == [event for event in fit[::-1] if event.seq < seq][:limit]
        assert log.before(None, limit, job, some) == fit[::-1][:limit]


def test_pages_that_make_no_sense(log):
    log.append([drafts("a")])
    for limit in (0, -1):
        with pytest.raises(InvalidArgument, match="limit"):
            log.after(0, limit)
    with pytest.raises(InvalidArgument, match="kinds"):
        log.after(0, 1, kinds=[str(i) for i in range(101)])
    assert len(log.before(2**80, 2**80)) == 1
    assert log.after(2**80, 1) == []


CHANGES = {
    "both": (
        "UPDATE events SET body = '{}'",
        "UPDATE events SET seq = 7 WHERE seq = 2",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events",
    ),
    "postgresql": ("TRUNCATE events",),
    "sqlite": (
        "INSERT OR REPLACE INTO events SELECT 1, at, 'other', job, 'new', digest, body, crc FROM events WHERE seq = 1",
        "INSERT OR REPLACE INTO events SELECT 3, at, 'other', job, key, digest, body, crc FROM events WHERE seq = 1",
        "INSERT INTO events SELECT 9, at, 'other', job, NULL, digest, body, crc FROM events WHERE seq = 1",
    ),
}


def test_the_database_itself_keeps_events_as_they_are(log):
    events = log.append([drafts("a", "b")])[0]
    engine = sa.create_engine(log.database.url)
    try:
        for statement in CHANGES["both"] + CHANGES[log.database.dialect]:
            with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="events are append-only"):
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
    assert log.after(0, 10) == events
    assert log.append([drafts("c")])[0][0].seq == 3


def test_threads_that_append_the_same_keys_write_each_once(log):
    answers: list = []

    def appending(seed):
        keys = [f"k{n}" for n in range(20)]
        random.Random(seed).shuffle(keys)
        answers.extend(log.append([drafts(key)])[0] for key in keys)

    threads = [threading.Thread(target=appending, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = log.after(0, 100)
    assert sorted(event.key for event in events) == sorted(f"k{n}" for n in range(20))
    assert sum(isinstance(answer, list) for answer in answers) == 20
    assert len(answers) == 80
    assert all((answer if isinstance(answer, Event) else answer[0]) in events for answer in answers)
