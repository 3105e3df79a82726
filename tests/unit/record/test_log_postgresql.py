"""What the log does when PostgreSQL is gone, locked, or another service's."""

from __future__ import annotations

import os
import socket
import threading
import time
from itertools import count

import pytest

from logs import group, refused
from trainee.errors import HomeInUse, RecordUnavailable
from trainee.record.events import Event
from trainee.record.log import EventLog

pytest_plugins = ["databases"]


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
    lost: list[tuple[str, RecordUnavailable]] = []

    def appending():
        # The setting reaches the server's processes one after the other: the first commits may still be answered.
        for number in count():
            try:
                log.append([group(f"b{number}")])
            except RecordUnavailable as error:
                lost.append((f"b{number}", error))
                return

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
    [(name, error)] = lost
    assert "1 event was not acknowledged, though it may all be there" in str(error)
    last = log.last()
    again = log.append([group(name)])[0]
    assert isinstance(again, Event)
    assert again.seq == last
    assert log.last() == last
