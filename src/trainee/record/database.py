"""A database: any number of readers, and one connection that writes, which is made anew when it is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from trainee.errors import HomeInUse, RecordUnavailable
from trainee.record import engine, faults
from trainee.record.engine import exc, sa

Result = TypeVar("Result")

# Of PostgreSQL's advisory locks, which are numbers, the one that who writes events holds.
LOCK = int.from_bytes(b"trainee", "big")
# A server needs a moment to see that a client is gone, and lets go of its lock only then.
LOCK_WAIT_S = 1.0
# SQLite's homes are locked as a whole, by `record.lock`; this keeps only its short transactions apart.
BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED"}
SNAPSHOT = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


class Database:
    """A SQLite file or a PostgreSQL database.

    In PostgreSQL the connection that writes holds an advisory lock for as long as it lives. So no two services write at
    once; and who has the lock knows that all which was written over the connection before has come to its end.

    Attributes:
      url: which database.
      place: how messages call it; without its password.
      dialect: `sqlite` or `postgresql`.
    """

    def __init__(self, url: str | Path, patience_s: float, alone: bool):
        self.url = engine.parse(url)
        self.dialect = self.url.get_backend_name()
        self.place = str(self.url.database) if self.dialect == "sqlite" else self.url.render_as_string()
        self._engine = engine.connect(self.url, patience_s)
        self._file = self._identity()
        self._locks = alone and self.dialect == "postgresql"
        self._turn = threading.Lock()
        self._writer: sa.Connection | None = None
        self._session: tuple[object, ...] | None = None
        self._closed = False

    def sql(self, statement: str) -> str:
        """A statement whose parameters are `?`, with them written as the driver wants them."""
        return statement if self.dialect == "sqlite" else statement.replace("?", "%s")

    @contextmanager
    def reading(self, snapshot: bool = False) -> Iterator[sa.Connection]:
        """A connection for reading; with `snapshot`, all statements see the same moment.

        Raises:
          RecordUnavailable, DamagedPart: in place of what the database says.
        """
        try:
            self._check_open()
            with self._engine.connect() as connection:
                if snapshot:
                    connection.exec_driver_sql(SNAPSHOT[self.dialect])
                yield connection
        except faults.FAILURES as error:
            raise faults.in_words(error, self.place, "the record could not be read") from error

    def write(self, work: Callable[[sa.Connection], Result], failed: str) -> Result:
        """Do something in one transaction, and return once it is on the disk.

        Where the connection turns out to be lost before the commit was asked for, all is done once more on a new one.

        Args:
          work: given the connection; may be called twice.
          failed: what a message says did not happen.
        Raises:
          RecordUnavailable, DamagedPart: in place of what the database says. Nothing was written; or, where the message
            says so, it is not known whether it was.
        """
        with self._turn:
            try:
                return self._attempt(work, failed)
            except _Lost:
                return self._attempt(work, failed)

    def lock(self) -> None:
        """Keep other services from writing, where the database itself has to see to it.

        Raises:
          HomeInUse: another one writes.
          RecordUnavailable, DamagedPart: in place of what the database says.
        """
        try:
            with self._turn:
                self._connect()
        except faults.FAILURES as error:
            raise faults.in_words(error, self.place, "the record could not be opened") from error

    def close(self) -> None:
        """Let go of all connections, and with them of the lock."""
        with self._turn:
            self._closed = True
            self._drop()
            self._engine.dispose()

    def _attempt(self, work: Callable[[sa.Connection], Result], failed: str) -> Result:
        fresh, committing = self._writer is None, False
        try:
            connection = self._connect()
            connection.exec_driver_sql(BEGIN[self.dialect])
            result = work(connection)
            committing = True
            connection.exec_driver_sql("COMMIT")
            return result
        except BaseException as error:
            # Closing the connection undoes what was not committed, whatever state it is in.
            self._drop()
            match error:
                case HomeInUse():
                    raise RecordUnavailable(f"{failed}: {error}") from None
                case exc.DBAPIError(connection_invalidated=True) if not committing and not fresh:
                    raise _Lost from error
                case exc.SQLAlchemyError() | UnicodeDecodeError() if committing:
                    raise faults.in_words(error, self.place, f"{failed}, though it may all be there") from error
                case exc.SQLAlchemyError() | UnicodeDecodeError():
                    raise faults.in_words(error, self.place, failed) from error
            raise

    def _connect(self) -> sa.Connection:
        """The connection that writes."""
        self._check_open()
        if self._identity() != self._file:
            raise RecordUnavailable(
                f"{self.place} was taken away or replaced while it was in use: nothing was acknowledged. Put it back, "
                f"or stop what works with it and start it again."
            )
        if self._writer is None:
            self._writer = self._engine.connect()
            if self._locks:
                try:
                    self._take_lock(self._writer)
                except BaseException:
                    self._drop()
                    raise
        return self._writer

    def _take_lock(self, connection: sa.Connection) -> None:
        deadline = time.monotonic() + LOCK_WAIT_S
        while not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})").scalar():
            if time.monotonic() > deadline:
                raise HomeInUse(
                    f"{self.place} is in use by another service: one at a time can write there. Stop it, or choose "
                    f"another database."
                )
            if self._session:
                # The network took the connection from us, but not yet from the server: end our own lost session.
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s",
                    self._session,
                )
            time.sleep(0.02)
        ours = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        self._session = tuple(connection.exec_driver_sql(ours).one())
        # Off, the server would answer before the events are on its disk.
        connection.exec_driver_sql(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )

    def _drop(self) -> None:
        connection, self._writer = self._writer, None
        if connection is not None:
            with suppress(exc.SQLAlchemyError):
                connection.invalidate()
            with suppress(exc.SQLAlchemyError):
                connection.close()

    def _identity(self) -> tuple[int, int] | None:
        """Which file it is on the disk, whatever its name."""
        if self.dialect != "sqlite":
            return None
        try:
            found = Path(self.place).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _check_open(self) -> None:
        if self._closed:
            raise RecordUnavailable(f"{self.place} was closed: open it again.")


class _Lost(Exception):
    """The connection was lost before anything was committed."""
