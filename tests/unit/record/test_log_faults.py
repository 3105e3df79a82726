"""What the log does when its database is full, locked, read-only, damaged, taken away or gone."""

from __future__ import annotations

import os
import signal
import socket
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

from trainee.errors import DamagedPart, HomeInUse, RecordUnavailable
from trainee.record.events import Draft, Event
from trainee.record.log import EventLog

pytest_plugins = ["databases"]


def group(key, size=1):
    return [Draft("decision", "cooling", {"text": "x" * size}, key)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.db"


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


def refused(log, words, *groups):
    """The log refuses to append, in these words, and is as it was."""
    last = log.last()
    with pytest.raises(RecordUnavailable) as caught:
        log.append(groups or [group("refused")])
    message = str(caught.value)
    assert "acknowledged" in message
    for word in words:
        assert word in message
    assert log.last() == last
    assert log.find("refused") is None
    return message


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


@pytest.mark.parametrize("content", [b"not a database at all" * 300, b"SQLite format 3\x00" + bytes(4080)])
def test_a_file_that_is_no_database(path, content):
    path.write_bytes(content)
    with pytest.raises(DamagedPart, match=r"events\.db is damaged .*Restore it from a backup"):
        EventLog(path)
    assert path.read_bytes() == content


def test_an_empty_file_beside_what_should_be_in_it(path, opened):
    log = opened(EventLog, path)
    log.append([group("a")])
    path.with_name("kept").write_bytes(path.with_name("events.db-wal").read_bytes())
    log.close()
    path.write_bytes(b"")
    path.with_name("kept").rename(path.with_name("events.db-wal"))
    with pytest.raises(DamagedPart, match=r"is empty, and events.db-wal beside it is not"):
        EventLog(path)


def changed(log, statement, *values):
    """Change the table behind the log's back."""
    triggers = {
        "sqlite": ("DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete", "DROP TRIGGER events_in_order"),
        "postgresql": ("DROP TRIGGER events_append_only ON events",),
    }

    def change(connection):
        for trigger in triggers[log.database.dialect]:
            connection.exec_driver_sql(trigger)
        connection.exec_driver_sql(log.database.sql(statement), values)

    log.database.write(change, "")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", '{"text":"y"}'),
        ("body", "not JSON"),
        ("at", 0.5),
        ("kind", "reward"),
        ("job", "pump"),
        ("job", None),
        ("digest", "d"),
        ("crc", 1),
    ],
)
def test_a_row_that_was_altered_is_named_whoever_reads_it(url, opened, column, value):
    log = opened(EventLog, url)
    log.append([group("a"), group("b"), group("c")])
    changed(log, f"UPDATE events SET {column} = ? WHERE seq = 2", value)
    readings = (
        lambda: log.after(0, 10),
        lambda: log.before(None, 2),
        lambda: log.find("b"),
        lambda: log.append([group("new"), group("b")]),
        lambda: EventLog.after(log, 1, 1),
    )
    for read in readings:
        with pytest.raises(DamagedPart, match=r"event 2 in .* was altered: .*Restore the database from a backup"):
            read()
    assert log.find("new") is None
    assert log.after(2, 10)[0].key == "c"
    assert log.append([group("d")])[0][0].seq == 4


@pytest.mark.parametrize("seq", [1, 2])
def test_an_event_that_is_missing_is_named(url, opened, seq):
    log = opened(EventLog, url)
    log.append([group("a"), group("b"), group("c")])
    changed(log, "DELETE FROM events WHERE seq = ?", seq)
    with pytest.raises(DamagedPart, match=f"event {seq} is missing"):
        log.after(0, 10)
    if seq == 2:
        with pytest.raises(DamagedPart, match="event 2 is missing"):
            log.before(None, 10)
    log.close()
    with pytest.raises(DamagedPart, match=r"it holds 2 events, and they are numbered from . to 3"):
        EventLog(url)


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


def test_a_second_service_is_kept_out(cluster, opened):
    url = cluster.new()
    log = opened(EventLog, url)
    with pytest.raises(HomeInUse, match=r"in use by another service.*Stop it, or choose another database"):
        EventLog(url)
    # Another database of the same server is another home.
    opened(EventLog, cluster.new())
    log.close()
    opened(EventLog, url)


def test_a_password_is_in_no_message():
    with pytest.raises(RecordUnavailable, match=r"is gone .*See that its server runs") as caught:
        EventLog("postgresql://me:secret@127.0.0.1:1/events")
    assert "me:***@127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_connection_that_was_lost_between_appends_is_not_noticed(cluster, opened):
    url = cluster.new()
    log = opened(EventLog, url)
    for n in range(1, 4):
        assert log.append([group(f"k{n}")])[0][0].seq == n
        assert log.after(n - 1, 10)[0].key == f"k{n}"
        assert cluster.end_sessions() > 0
        assert log.after(n - 1, 10)[0].key == f"k{n}"
    # And the lock came back with it.
    log.append([group("k4")])
    with pytest.raises(HomeInUse):
        EventLog(url)


def test_a_session_that_the_server_still_keeps_is_ended(cluster, opened):
    log = opened(EventLog, cluster.new())
    log.append([group("a")])
    (before,) = cluster.run("SELECT pid FROM pg_locks WHERE locktype = 'advisory'")
    # The network loses the connection, and tells the client only.
    client = log.database._writer.connection.driver_connection.pgconn.socket
    unheard = os.dup(client)
    near, far = socket.socketpair()
    far.close()
    os.dup2(near.fileno(), client)
    near.close()
    try:
        assert log.append([group("b")])[0][0].seq == 2
    finally:
        os.close(unheard)
    (after,) = cluster.run("SELECT pid FROM pg_locks WHERE locktype = 'advisory'")
    assert before != after


def test_who_lost_the_lock_to_another_service_does_not_write(cluster, opened):
    url = cluster.new()
    log = opened(EventLog, url)
    log.append([group("a")])
    # The moment in which the server has let go of the lock and the log does not know it yet.
    cluster.end_sessions()
    other = None
    while other is None:
        try:
            other = opened(EventLog, url)
        except HomeInUse:
            continue
    other.append([group("b")])
    refused(log, ["in use by another service"])
    other.close()
    assert log.append([group("c")])[0][0].seq == 3


def test_a_server_that_goes_and_comes_back(cluster, opened):
    log = opened(EventLog, cluster.new(), patience_s=1.0)
    log.append([group("a")])
    cluster.stop()
    with pytest.raises(RecordUnavailable, match=r"1 event was not acknowledged: .* is gone .*See that its server runs"):
        log.append([group("b")])
    with pytest.raises(RecordUnavailable, match="could not be read"):
        log.last()
    cluster.start()
    assert log.append([group("b")])[0][0].seq == 2


def test_a_table_that_is_locked_in_postgresql(cluster, opened):
    import psycopg

    url = cluster.new()
    log = opened(EventLog, url, patience_s=0.1)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE events IN SHARE MODE")
        refused(log, ["is locked by another process", "lock timeout"])
    assert log.append([group("a")])[0][0].seq == 1


def test_a_commit_whose_answer_was_lost_may_be_asked_again(cluster, opened):
    log = opened(EventLog, cluster.new())
    log.append([group("a")])
    answers: list[object] = []

    def appending():
        try:
            answers.append(log.append([group("b")]))
        except RecordUnavailable as error:
            answers.append(error)

    # The server commits on its own disk, and then waits for another server before it answers.
    cluster.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    cluster.run("SELECT pg_reload_conf()")
    try:
        thread = threading.Thread(target=appending)
        thread.start()
        while not cluster.end_sessions("wait_event = 'SyncRep'"):
            assert thread.is_alive()
            time.sleep(0.01)
        thread.join()
    finally:
        cluster.run("ALTER SYSTEM RESET synchronous_standby_names")
        cluster.run("SELECT pg_reload_conf()")
    assert "1 event was not acknowledged, though it may all be there" in str(answers[0])
    again = log.append([group("b")])[0]
    assert isinstance(again, Event)
    assert again.seq == 2
    assert log.last() == 2
