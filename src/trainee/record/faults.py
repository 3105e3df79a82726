"""What a database says when it fails, in words, with what to do about it."""

from __future__ import annotations

import sqlite3

from trainee.errors import DamagedPart, RecordError, RecordUnavailable
from trainee.record.engine import exc

FULL = "has no room left", "Make room on its disk"
LOCKED = "is locked by another process", "End what holds it"
READ_ONLY = "is read-only", "Give this user the right to write to it and to its folder"
UNREADABLE = "cannot be opened", "Check that it is there and that this user may open it"
DISK = "is on a disk that does not answer", "Check the disk"
GONE = "is gone", "See that its server runs and can be reached"
BUSY = "has no connection to spare", "Let fewer ask at a time"
UNKNOWN = "did not do as it was asked", "See what it says"
DAMAGED = "is damaged", "Restore it from a backup"

# By SQLite's primary result code: https://sqlite.org/rescode.html
SQLITE = {
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: UNREADABLE,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
# By PostgreSQL's SQLSTATE, or the two letters of its class: https://postgresql.org/docs/current/errcodes-appendix.html
POSTGRESQL = {
    "53100": FULL,
    "53300": BUSY,
    "55P03": LOCKED,
    "25006": READ_ONLY,
    "42501": READ_ONLY,
    "08": GONE,
    "28": UNREADABLE,
    "3D": UNREADABLE,
    "57": GONE,
    "58": DISK,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


# What is raised where a database fails. SQLite's messages quote what they are about: where that is no text any more,
# Python cannot read the message.
FAILURES = exc.SQLAlchemyError, UnicodeDecodeError


def in_words(error: exc.SQLAlchemyError | UnicodeDecodeError, place: str, failed: str) -> RecordError:
    """The error to raise for what a database said.

    Args:
      error: one of `FAILURES`.
      place: which database.
      failed: what did not happen; begins the message.
    Returns:
      DamagedPart where what is on the disk is not as it was written, else RecordUnavailable.
    """
    fault = _fault(error)
    wrong, remedy = fault
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    kind = DamagedPart if fault is DAMAGED else RecordUnavailable
    return kind(f"{failed}: {place} {wrong} ({said}). {remedy}, and try again.")


def _fault(error: exc.SQLAlchemyError | UnicodeDecodeError) -> tuple[str, str]:
    if isinstance(error, UnicodeDecodeError):
        return DAMAGED
    if isinstance(error, exc.TimeoutError):
        return BUSY
    if not isinstance(error, exc.DBAPIError):
        return UNKNOWN
    said = error.orig
    if isinstance(said, sqlite3.Error):
        # Python itself, and not SQLite, refuses a text that is no longer UTF-8; such an error has no code.
        undecodable = DAMAGED if "Could not decode" in str(said) else UNKNOWN
        return SQLITE.get(getattr(said, "sqlite_errorcode", -1) & 0xFF, undecodable)
    state = getattr(said, "sqlstate", None)
    if state is None:
        # The client's own words, as there is no answer of the server: the connection broke or was never made.
        return GONE
    return POSTGRESQL.get(state, POSTGRESQL.get(state[:2], UNKNOWN))
