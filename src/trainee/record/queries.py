"""What is asked of the table of events. Every event that comes back has been checked."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from trainee.errors import DamagedPart
from trainee.record.database import Database
from trainee.record.engine import sa
from trainee.record.events import COLUMNS, UNFIT, Event, Row, from_row

ALL = ", ".join(COLUMNS)
# PostgreSQL is given all rows as one text, as they would take several times as long one by one.
INSERT = {
    "sqlite": f"INSERT INTO events ({ALL}) VALUES ({', '.join('?' * len(COLUMNS))})",
    "postgresql": f"""
        INSERT INTO events ({ALL}) SELECT {ALL} FROM json_to_recordset(?) AS rows(
          seq bigint, at double precision, kind text, job text, key text, digest text, body text, crc bigint
        )
    """,
}
LAST = "SELECT coalesce(max(seq), 0) FROM events"
EXTENT = "SELECT count(*), coalesce(min(seq), 1), coalesce(max(seq), 0) FROM events"
# Any number of keys as one parameter, so that the statement is always the same and is prepared once.
WITH_KEYS = {
    "sqlite": f"SELECT {ALL} FROM events WHERE key IN (SELECT value FROM json_each(?))",
    "postgresql": f"SELECT {ALL} FROM events WHERE key = ANY(?)",
}
# Each kind is found by one step into the index, whereas DISTINCT would walk all of it.
KINDS_OF_JOB = """
    WITH RECURSIVE found(kind) AS (
      SELECT min(kind) FROM events WHERE job = ?
      UNION ALL
      SELECT (SELECT min(kind) FROM events WHERE job = ? AND kind > found.kind) FROM found WHERE found.kind IS NOT NULL
    )
    SELECT kind FROM found WHERE kind IS NOT NULL
"""
# The largest number that a database holds.
MOST = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """Which events to read.

    Attributes:
      seq: those after this number; newest first, those before it.
      limit: how many at most.
      job: only those of this job, where there is one.
      kinds: only those of these kinds, where there are any said.
      newest_first: in which order.
    """

    seq: int
    limit: int
    job: str | None
    kinds: Collection[str] | None
    newest_first: bool

    @property
    def everything(self) -> bool:
        """Whether events of all jobs and kinds are meant."""
        return self.job is None and self.kinds is None


def read(database: Database, connection: sa.Connection, page: Page) -> list[Event]:
    """The events of a page. All statements of the connection have to see the same moment where only a job is said.

    Raises:
      DamagedPart: one of them is missing, or not as it was written.
    """
    # What is asked for may come from anyone, and no database holds a number or a text that is not one of its own.
    seq, limit = max(0, min(page.seq, MOST)), min(page.limit, MOST)
    if page.job is not None and UNFIT.search(page.job):
        return []
    beyond, order = ("<", "DESC") if page.newest_first else (">", "ASC")
    which, values = f"seq {beyond} ?", [seq]
    if not page.everything:
        kinds = _kinds(database, connection, page)
        if not kinds:
            return []
        # An index is in the order of `seq` within one kind only, so the first ones of each kind are merged.
        job, of_job = ([page.job], "job = ? AND ") if page.job is not None else ([], "")
        one = f"SELECT seq FROM events WHERE {of_job}kind = ? AND seq {beyond} ? ORDER BY seq {order} LIMIT ?"
        each = " UNION ALL ".join(f"SELECT seq FROM ({one}) AS kind{i}" for i in range(len(kinds)))
        which, values = f"seq IN ({each})", [value for kind in kinds for value in (*job, kind, seq, limit)]
    statement = f"SELECT {ALL} FROM events WHERE {which} ORDER BY seq {order} LIMIT ?"
    found = _events(database, connection, statement, (*values, limit))
    _check(found, page, seq, database.place)
    return found


def with_keys(database: Database, connection: sa.Connection, keys: Sequence[str]) -> dict[str, Event]:
    """The events that have these keys, by key.

    Raises:
      DamagedPart: one of them is not as it was written.
    """
    wanted = (json.dumps(keys) if database.dialect == "sqlite" else list(keys),)
    found = _events(database, connection, WITH_KEYS[database.dialect], wanted)
    by_key = {event.key: event for event in found if event.key is not None}
    if not by_key.keys() <= set(keys):
        raise DamagedPart(f"the index of keys in {database.place} is damaged. Restore the database from a backup.")
    return by_key


def under(database: Database, connection: sa.Connection, prefix: str, limit: int) -> list[Event]:
    """The events whose keys begin so, of the first `limit` keys, in order of their numbers.

    Raises:
      DamagedPart: one of them is not as it was written.
    """
    # Not LIKE: the index of keys is in the order of code points, and in that they are next to each other.
    statement, values = f"SELECT {ALL} FROM events WHERE key >= ?", [prefix]
    if beyond := _beyond(prefix):
        statement, values = f"{statement} AND key < ?", [prefix, beyond]
    found = _events(database, connection, f"{statement} ORDER BY key LIMIT ?", (*values, limit))
    if not all((event.key or "").startswith(prefix) for event in found):
        raise DamagedPart(f"the index of keys in {database.place} is damaged. Restore the database from a backup.")
    return sorted(found, key=lambda event: event.seq)


def insert(database: Database, connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Write rows, in the order of `COLUMNS`."""
    statement = database.sql(INSERT[database.dialect])
    if database.dialect == "sqlite":
        connection.exec_driver_sql(statement, list(rows))
    else:
        connection.exec_driver_sql(statement, (json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows]),))


def last(connection: sa.Connection) -> int:
    """The number of the newest event, 0 where there is none."""
    return connection.exec_driver_sql(LAST).scalar_one()


def check_pages(database: Database, connection: sa.Connection) -> None:
    """Whether a SQLite file is laid out as it should be. PostgreSQL sees to that itself.

    Raises:
      DamagedPart: it is not.
    """
    if database.dialect == "sqlite":
        # Not the quick check: that does not see where an index no longer leads to the event of a key.
        wrong = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if wrong != "ok":
            raise DamagedPart(f"{database.place} is damaged: {wrong}. Restore it from a backup.")


def check_extent(database: Database, connection: sa.Connection) -> None:
    """Whether no event is missing between the first and the last.

    Raises:
      DamagedPart: one is.
    """
    count, lowest, highest = connection.exec_driver_sql(EXTENT).one()
    if count != highest or lowest != 1:
        raise DamagedPart(
            f"{database.place} is damaged: it holds {count:,} events, and they are numbered from {lowest:,} to "
            f"{highest:,}. Restore it from a backup."
        )


def _beyond(prefix: str) -> str:
    """The first text, by code points, after all that begin so; empty where none is."""
    rest = prefix.rstrip("\U0010ffff")
    # The code points of surrogates are those of no character.
    return rest and rest[:-1] + ("\ue000" if rest[-1] == "\ud7ff" else chr(ord(rest[-1]) + 1))


def _kinds(database: Database, connection: sa.Connection, page: Page) -> list[str]:
    if page.kinds is not None:
        return sorted({kind for kind in page.kinds if not UNFIT.search(kind)})
    return list(connection.exec_driver_sql(database.sql(KINDS_OF_JOB), (page.job, page.job)).scalars())


def _events(database: Database, connection: sa.Connection, statement: str, values: tuple[Any, ...]) -> list[Event]:
    rows = connection.exec_driver_sql(database.sql(statement), values).fetchall()
    return [from_row(row, database.place) for row in rows]


def _check(found: Iterable[Event], page: Page, seq: int, place: str) -> None:
    """Whether an index led to the events that were asked for, and to all of them."""
    numbers = [event.seq for event in found]
    if page.everything:
        numbers = numbers if page.newest_first else [seq, *numbers]
        step = -1 if page.newest_first else 1
        for a, b in pairwise(numbers):
            if b - a != step:
                raise DamagedPart(f"event {a + step} is missing in {place}. Restore the database from a backup.")
        return
    for event in found:
        if page.job not in (None, event.job) or (page.kinds is not None and event.kind not in page.kinds):
            raise DamagedPart(f"an index in {place} is damaged at event {event.seq}. Restore it from a backup.")
