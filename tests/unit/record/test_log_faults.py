"""What the log does when its file is full, locked, read-only or taken away, or the process is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from logs import group, refused
from trainee.errors import RecordUnavailable
from trainee.record.log import EventLog

pytest_plugins = ["databases"]


@contextmanager
def connections_with(pragma):
    """Every connection to SQLite that is made meanwhile has a setting."""

    def apply(connection, record):
        connection.execute(f"PRAGMA {pragma}").close()

    event.listen(Engine, "connect", apply)
    try:
        yield
    finally:
        event.remove(Engine, "connect", apply)


def for_ever(do):
    for n in count():
        do(n)


def test_a_full_disk(path, opened):
    with connections_with("max_page_count = 60"):
        log = opened(EventLog, path)
        with pytest.raises(RecordUnavailable) as caught:
            for_ever(lambda n: log.append([group(f"k{n}", 5_000)]))
        written = log.last()
        message = f"1 event was not acknowledged: {path} has no room left (database or disk is full). Make room on its"
        assert str(caught.value).startswith(message)
        assert 10 < written < 60
        refused(log, ["2 events were not acknowledged", "no room left"], group("refused"), group("other", 50_000))
        assert [event.key for event in log.after(0, 1000)] == [f"k{n}" for n in range(written)]
    # Room was made.
    log.close()
    log = opened(EventLog, path)
    assert log.append([group("k", 5_000)])[0][0].seq == written + 1


@contextmanager
def locked(path):
    """Another process writes to the database, and does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield other
    finally:
        other.close()


def test_a_lock_that_another_process_holds(path, opened):
    log = opened(EventLog, path, patience_s=0.1)
    with locked(path):
        refused(log, ["is locked by another process (database is locked)"])
    assert log.append([group("a")])[0][0].seq == 1


def test_a_lock_that_is_let_go_of_in_time_is_not_noticed(path, opened):
    log = opened(EventLog, path, patience_s=20.0)
    with locked(path) as other:
        release = threading.Timer(0.2, other.execute, ["COMMIT"])
        release.start()
        assert log.append([group("a")])[0][0].seq == 1
        release.join()


def test_a_database_that_became_read_only(path, opened):
    log = opened(EventLog, path, patience_s=0.1)
    log.append([group("a")])
    with connections_with("query_only = ON"):
        with locked(path):
            refused(log, ["is locked"])
        # After a failure the connection is made anew.
        refused(log, ["is read-only", "Give this user the right"])
        assert [event.key for event in log.after(0, 10)] == ["a"]
        with pytest.raises(RecordUnavailable, match=r"the record was not made ready: .* is read-only"):
            EventLog(path)
        assert [event.key for event in opened(EventLog, path, alone=False).after(0, 10)] == ["a"]


def test_a_folder_that_may_not_be_written(path, opened):
    opened(EventLog, path).close()
    nobody = 65534
    me = os.geteuid()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    above = [folder for folder in path.parents if str(folder).startswith("/tmp/")]
    modes = {folder: folder.stat().st_mode for folder in above[1:]}
    try:
        for folder in modes:
            folder.chmod(0o755)
        if me == 0:
            os.seteuid(nobody)
        with pytest.raises(RecordUnavailable, match=r"events\.db (cannot be opened|is read-only)"):
            EventLog(path)
    finally:
        os.seteuid(me)
        for folder, mode in modes.items():
            folder.chmod(mode)
        path.parent.chmod(0o755)


def test_a_file_that_was_taken_away(path, opened):
    log = opened(EventLog, path)
    log.append([group("a")])
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(RecordUnavailable, match=r"was taken away or replaced .*acknowledged.*Put it back"):
        log.append([group("b")])
    assert not path.exists()
    path.write_bytes(path.with_name("elsewhere").read_bytes())
    with pytest.raises(RecordUnavailable, match="was taken away or replaced"):
        log.append([group("b")])
    path.with_name("elsewhere").rename(path)
    assert log.append([group("b")])[0][0].seq == 2


APPENDING = """
import sys
from trainee.record.events import Draft
from trainee.record.log import EventLog
log = EventLog(sys.argv[1])
while True:
    written = log.append([[Draft("decision", "cooling", {"n": n}, None) for n in range(3)] for _ in range(5)])
    print(written[-1][-1].seq, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(path, opened):
    acknowledged = 0
    for wait_s in (0.0, 0.02, 0.05):
        command = [sys.executable, "-c", APPENDING, f"sqlite:///{path}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(wait_s)
            process.send_signal(signal.SIGKILL)
            acknowledged = [acknowledged, *map(int, process.stdout.read().split())][-1]
        log = EventLog(path)
        last = log.last()
        assert last >= acknowledged
        assert last % 15 == 0
        assert [event.body["n"] for event in log.after(0, 10**6)] == [0, 1, 2] * (last // 3)
        log.close()
    assert acknowledged > 15
