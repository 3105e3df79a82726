"""The event log: what happened, in order, durable before it is answered, and never changed again."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path

from trainee.errors import InvalidArgument
from trainee.record import migrations, queries
from trainee.record.database import Database
from trainee.record.engine import sa
from trainee.record.events import UNFIT, Draft, Event, Row, check_group, numbered
from trainee.record.queries import MOST, Page

# Each kind makes the question longer, and a database has a longest one.
MOST_KINDS = 100


class EventLog:
    """An append-only log in SQLite or PostgreSQL. Any thread may call it.

    Args:
      url: `sqlite:///path`, `postgresql://user:password@host/database`, or the path of a SQLite file, which is made
        where it is missing.
      patience_s: how long to wait for a lock that another process holds.
      alone: this is the one service that writes events. False for a process beside it, that reads them or makes keys.

    Attributes:
      database: where the log is.

    Raises:
      InvalidArgument: no log can be at this URL.
      HomeInUse: another service writes there.
      NewerFormat: a later version of trainee has been there.
      DamagedPart: what is there is not as it was written.
      RecordUnavailable: the database does not answer.
      MissingExtra: a library of the extra `serve`, or `postgres`, is not installed.
    """

    def __init__(self, url: str | Path, patience_s: float = 5.0, alone: bool = True):
        self.database = Database(url, patience_s, alone)
        self._alone = alone
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def append(self, groups: Sequence[Sequence[Draft]]) -> list[list[Event] | Event]:
        """Write groups of events in one transaction; on return they are on the disk.

        Args:
          groups: each is written as a whole; or not at all, where one of its keys is in the log already, or in a group
            before it.
        Returns:
          For each group its events; or, where it was not written, the event that has the first such key.
        Raises:
          InvalidArgument: two events of a group have the same key, or the log was opened with `alone=False`.
          RecordUnavailable: nothing was written; or, where the message says so, it may have been. In either case
            groups with keys may be appended again.
          DamagedPart: an event that has one of the keys is not as it was written.
        """
        if not self._alone:
            raise InvalidArgument("this log was opened beside the service that writes it: open it with alone=True")
        for group in groups:
            check_group(group)
        count = sum(map(len, groups))
        failed = f"{count} event{'s were' if count != 1 else ' was'} not acknowledged"
        return self.database.write(lambda connection: self._append(connection, groups), failed)

    def after(self, seq: int, limit: int, job: str | None = None, kinds: Collection[str] | None = None) -> list[Event]:
        """The first events after a number, oldest first.

        Args:
          seq: the number; 0 for the beginning.
          limit: how many at most, 1 or more.
          job: only those of this job.
          kinds: only those of these kinds, 100 at most.
        Raises:
          RecordUnavailable: the database does not answer.
          DamagedPart: one of them is missing, or not as it was written.
        """
        return self._read(Page(seq, limit, job, kinds, newest_first=False))

    def before(
        self, seq: int | None, limit: int, job: str | None = None, kinds: Collection[str] | None = None
    ) -> list[Event]:
        """The last events before a number, or of all, newest first. Arguments and errors are those of `after`."""
        return self._read(Page(MOST if seq is None else seq, limit, job, kinds, newest_first=True))

    def find(self, key: str) -> Event | None:
        """The event that has a key, or None. Errors are those of `after`."""
        if UNFIT.search(key):
            return None
        with self.database.reading() as connection:
            return queries.with_keys(self.database, connection, [key]).get(key)

    def found(self, keys: Sequence[str]) -> list[Event]:
        """The events that have some of these keys, oldest first. Errors are those of `after`."""
        wanted = [key for key in keys if not UNFIT.search(key)]
        with self.database.reading() as connection:
            return sorted(queries.with_keys(self.database, connection, wanted).values(), key=lambda event: event.seq)

    def under(self, prefix: str, limit: int) -> list[Event]:
        """The events whose keys begin so, oldest first, of the first `limit` keys. Errors are those of `after`."""
        _check_limit(limit)
        if UNFIT.search(prefix):
            return []
        with self.database.reading() as connection:
            return queries.under(self.database, connection, prefix, min(limit, MOST))

    def last(self) -> int:
        """The number of the newest event, 0 where there is none. Errors are those of `after`."""
        with self.database.reading() as connection:
            return queries.last(connection)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _open(self) -> None:
        """Check what is there, and bring its tables to this version."""
        database = self.database
        with database.reading() as connection:
            if self._alone:
                queries.check_pages(database, connection)
            current = migrations.version(connection) == migrations.HEAD
        if self._alone:
            database.lock()
            database.write(
                lambda connection: migrations.upgrade(connection, database.place), "the record was not made ready"
            )
            with database.reading() as connection:
                queries.check_extent(database, connection)
        elif not current:
            # Whoever makes the tables has to be alone for as long as that takes.
            there = Path(database.place) if database.dialect == "sqlite" else database.url
            EventLog(there if isinstance(there, Path) else there.render_as_string(hide_password=False)).close()

    def _append(self, connection: sa.Connection, groups: Sequence[Sequence[Draft]]) -> list[list[Event] | Event]:
        """What `append` does, within its transaction."""
        keys = [draft.key for group in groups for draft in group if draft.key is not None]
        known = queries.with_keys(self.database, connection, keys) if keys else {}
        last, at = queries.last(connection), time.time()
        results: list[list[Event] | Event] = []
        rows: list[Row] = []
        for group in groups:
            there = next((known[draft.key] for draft in group if draft.key in known), None)
            if there is not None:
                results.append(there)
                continue
            written: list[Event] = []
            for draft in group:
                event, row = numbered(draft, last + len(rows) + 1, at)
                written.append(event)
                rows.append(row)
            known |= {event.key: event for event in written if event.key is not None}
            results.append(written)
        if rows:
            queries.insert(self.database, connection, rows)
        return results

    def _read(self, page: Page) -> list[Event]:
        _check_limit(page.limit)
        if page.kinds is not None and len(page.kinds) > MOST_KINDS:
            raise InvalidArgument(f"{len(page.kinds)} kinds cannot be asked for at once: name {MOST_KINDS} or fewer")
        with self.database.reading(snapshot=page.job is not None and page.kinds is None) as connection:
            return queries.read(self.database, connection, page)


def _check_limit(limit: int) -> None:
    if limit < 1:
        raise InvalidArgument(f"limit = {limit} events cannot be read: ask for 1 or more")
