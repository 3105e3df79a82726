"""What the log does when what is in its database is not what was written."""

from __future__ import annotations

import pytest

from logs import group
from trainee.errors import DamagedPart
from trainee.record.log import EventLog

pytest_plugins = ["databases"]


@pytest.mark.parametrize("content", [b"not a database at all" * 300, b"SQLite format 3\x00" + bytes(4080)])
def test_a_file_that_is_no_database(path, content):
    path.write_bytes(content)
    with pytest.raises(DamagedPart, match=r"events\.db is damaged .*Restore it from a backup"):
        EventLog(path)
    assert path.read_bytes() == content


def test_a_schema_that_is_no_text_any_more(path, opened):
    log = opened(EventLog, path)
    log.append([group("a")])
    log.close()
    content = path.read_bytes()
    assert content.count(b"CREATE TABLE events") == 1
    # SQLite says near what it stopped, and Python cannot read what it says.
    path.write_bytes(content.replace(b"CREATE TABLE events", b"CREATE TABL\xc1 events"))
    with pytest.raises(DamagedPart, match=r"events\.db is damaged .*Restore it from a backup"):
        EventLog(path)


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
