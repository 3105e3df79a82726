"""API keys: who may do what over HTTP. The database holds no secret, only what one can be checked against."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass

from trainee.errors import DamagedPart, InvalidArgument
from trainee.record.engine import sa
from trainee.record.events import UNFIT
from trainee.record.log import EventLog

SCOPES = frozenset({"decide", "reward", "watch", "release", "control"})
TOKEN = re.compile(r"trn_([0-9a-f]{12})_([0-9a-f]{64})")
# How long what was read is taken to be so: after this a key that another process revoked is refused.
FRESH_S = 1.0


@dataclass(frozen=True)
class Key:
    """An API key, without its secret.

    Attributes:
      id: names it; is not secret.
      name: for people.
      scopes: what it may be used for.
      jobs: the only ones that it may be used for; None for all.
      made_at: seconds since 1970.
      revoked_at: the same; None while it is in use.
    """

    id: str
    name: str
    scopes: frozenset[str]
    jobs: frozenset[str] | None
    made_at: float
    revoked_at: float | None


class Keys:
    """The API keys of a log. Any thread may call it, and other processes may make and revoke keys beside it.

    Its methods raise RecordUnavailable where the database does not answer, and DamagedPart where a key is not as it was
    written.
    """

    def __init__(self, log: EventLog):
        self._database = log.database
        self._turn = threading.Lock()
        self._known: dict[str, tuple[Key, str]] = {}
        self._fresh_until = 0.0

    def make(self, name: str, scopes: Collection[str], jobs: Collection[str] | None = None) -> str:
        """Make a key.

        Args:
          name: for people.
          scopes: what it may be used for: `decide`, `reward`, `watch`, `release`, `control`.
          jobs: the only ones that it may be used for; None for all, also those that are made later.
        Returns:
          The token, `trn_<id>_<secret>`. It is nowhere else and cannot be had again.
        Raises:
          InvalidArgument: no scope, or an unknown one; or a text that cannot be kept.
        """
        if isinstance(scopes, str) or not scopes or not set(scopes) <= SCOPES:
            raise InvalidArgument(f"a key cannot have the scopes {scopes!r}: give some of {', '.join(sorted(SCOPES))}")
        if isinstance(jobs, str) or any(UNFIT.search(text) for text in (name, *(jobs or ()))):
            raise InvalidArgument(
                f"a key cannot have the name {name!r} and the jobs {jobs!r}: give text, and names of jobs"
            )
        token_id, secret = secrets.token_hex(6), secrets.token_hex(32)
        row = (
            token_id,
            name,
            _hash(secret),
            json.dumps(sorted(set(scopes))),
            None if jobs is None else json.dumps(sorted(set(jobs))),
            time.time(),
        )
        self._change("INSERT INTO keys (id, name, hash, scopes, jobs, made_at) VALUES (?, ?, ?, ?, ?, ?)", row, "made")
        return f"trn_{token_id}_{secret}"

    def revoke(self, id: str) -> None:
        """Put a key out of use, for good. Other processes refuse it within 2 seconds.

        Raises:
          InvalidArgument: there is no such key.
        """
        statement = "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?"
        if UNFIT.search(id) or not self._change(statement, (time.time(), id), "revoked"):
            raise InvalidArgument(f"there is no key {id!r}: look among those that there are")

    def all(self) -> list[Key]:
        """Every key that was ever made, oldest first."""
        return sorted((key for key, _ in self._read().values()), key=lambda key: (key.made_at, key.id))

    def check(self, token: str) -> Key | None:
        """The key that a token is of; None where it is of none, or of one that was revoked."""
        if TOKEN.fullmatch(token) is None:
            return None
        with self._turn:
            if time.monotonic() >= self._fresh_until:
                self._take_in()
        return self.known(token)

    def refresh(self) -> None:
        """Read the keys now. For whoever asks `known`, which does not."""
        with self._turn:
            self._take_in()

    def known(self, token: str) -> Key | None:
        """As `check`, by the keys as they were last read: no database is asked."""
        parts = TOKEN.fullmatch(token)
        if parts is None:
            return None
        key, expected = self._known.get(parts[1], (None, ""))
        same = hmac.compare_digest(_hash(parts[2]).encode(), expected.encode())
        return key if same and key is not None and key.revoked_at is None else None

    def in_use(self, id: str) -> bool:
        """Whether there is such a key and it was not revoked, as they were last read."""
        key, _ = self._known.get(id, (None, ""))
        return key is not None and key.revoked_at is None

    @property
    def any_known(self) -> bool:
        """Whether a key was ever made, as they were last read."""
        return bool(self._known)

    def _take_in(self) -> None:
        # What was changed while they are read is to be read again.
        now, self._fresh_until = time.monotonic(), 0.0
        self._known = self._read()
        self._fresh_until = now + FRESH_S

    def _read(self) -> dict[str, tuple[Key, str]]:
        with self._database.reading() as connection:
            statement = "SELECT id, name, hash, scopes, jobs, made_at, revoked_at FROM keys"
            rows = connection.exec_driver_sql(statement).fetchall()
        known = {}
        for id, name, hashed, scopes, jobs, made_at, revoked_at in rows:
            try:
                only = None if jobs is None else frozenset(json.loads(jobs))
                known[id] = Key(id, name, frozenset(json.loads(scopes)), only, made_at, revoked_at), hashed
            except (TypeError, ValueError) as error:
                raise DamagedPart(
                    f"key {id!r} in {self._database.place} was altered: {error}. Restore the database from a backup."
                ) from None
        return known

    def _change(self, statement: str, values: tuple[object, ...], done: str) -> int:
        """Change the table. Returns how many rows were."""

        def change(connection: sa.Connection) -> int:
            return connection.exec_driver_sql(self._database.sql(statement), values).rowcount

        changed = self._database.write(change, f"the key was not {done}")
        with self._turn:
            self._fresh_until = 0.0
        return changed


def _hash(secret: str) -> str:
    # The secret is 256 random bits: there is nothing to guess that a slow hash would slow down.
    return hashlib.sha256(secret.encode()).hexdigest()
