"""Which database a URL means, and how connections to it are made."""

from __future__ import annotations

import math
import os
import sqlite3
from pathlib import Path

from trainee.errors import DamagedPart, InvalidArgument, MissingExtra, RecordUnavailable
from trainee.record import durable

try:
    import sqlalchemy as sa
    from sqlalchemy import exc
except ImportError as error:
    raise MissingExtra("SQLAlchemy", "serve", "recording events") from error

# What connections ask of SQLite. FULL syncs at each commit, and on a Mac only the two that follow make that reach the
# disk. A page that is not laid out as a page should be is refused before it is read as one.
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "cell_size_check = ON",
)


def parse(url: str | Path) -> sa.URL:
    """The database that is meant: the path of a SQLite file, or a URL.

    Raises:
      InvalidArgument: it is not a URL, or of a database that events cannot be kept in.
    """
    if isinstance(url, Path):
        return sa.URL.create("sqlite", database=str(url))
    try:
        parsed = sa.make_url(url)
    except (exc.ArgumentError, ValueError):
        raise InvalidArgument(
            f"{url!r} is not the URL of a database: give one such as sqlite:///home/events.db or "
            f"postgresql://user:password@host/database"
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "postgresql+psycopg":
        return parsed
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise InvalidArgument(f"events cannot be kept in {parsed.drivername!r}: use sqlite:/// or postgresql://")
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise InvalidArgument(f"events cannot be kept in {url!r}: give the path of a file, as in sqlite:///events.db")
    return parsed


def connect(url: sa.URL, patience_s: float) -> sa.Engine:
    """An engine whose connections leave transactions to who uses them.

    Args:
      url: as `parse` gives it.
      patience_s: how long to wait for a lock that another process holds.
    Raises:
      InvalidArgument: there can be no file at this path.
      DamagedPart: the file is empty, and should not be.
      MissingExtra: psycopg is not installed.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(Path(url.database or "").absolute(), patience_s)
    try:
        return sa.create_engine(
            url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, connect_args=_arguments(url, patience_s)
        )
    except ImportError as error:
        raise MissingExtra("psycopg", "postgres", "recording events in PostgreSQL") from error


def _sqlite(path: Path, patience_s: float) -> sa.Engine:
    _make(path)
    # Made only here: a file that is taken away later is missed, and not silently begun anew.
    existing = f"{path.as_uri()}?mode=rw"

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(
            existing, uri=True, timeout=patience_s, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            connection.close()
            raise
        return connection

    return sa.create_engine("sqlite://", creator=opened, poolclass=sa.QueuePool, isolation_level="AUTOCOMMIT")


def _make(path: Path) -> None:
    """Make the file where it is missing, its name durable."""
    try:
        durable.make_folder(path.parent)
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o666))
        durable.sync_folder(path.parent)
        journal = path.with_name(path.name + "-wal")
        lost = not path.stat().st_size and journal.is_file() and journal.stat().st_size
    except PermissionError as error:
        raise RecordUnavailable(f"{path} cannot be opened: {error}. Give this user the right to write there.") from None
    except OSError as error:
        raise InvalidArgument(f"events cannot be kept in {path}: {error}. Choose a file you may write to.") from error
    if lost:
        # SQLite takes an empty file for a new database, and throws away what would have gone into it.
        raise DamagedPart(f"{path} is empty, and {journal.name} beside it is not. Restore both from a backup.")


def _arguments(url: sa.URL, patience_s: float) -> dict[str, object]:
    """What to tell PostgreSQL's client where the URL does not say otherwise: to notice when the server is gone."""
    noticing: dict[str, object] = {
        "application_name": "trainee",
        "connect_timeout": max(2, math.ceil(patience_s)),
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    options = url.query.get("options", "")
    said = options if isinstance(options, str) else " ".join(options)
    patience = f"-c lock_timeout={max(1, round(patience_s * 1000))}"
    return {name: value for name, value in noticing.items() if name not in url.query} | {
        "options": f"{patience} {said}".strip()
    }
