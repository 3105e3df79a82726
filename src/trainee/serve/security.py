"""Security: who may call what. Keys with scopes, jobs that are nobody else's, and so many calls a second."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from trainee.errors import RecordError, RecordUnavailable
from trainee.record.keys import SCOPES, Keys
from trainee.serve.refusals import Refused
from trainee.serve.settings import Settings

# How often the keys are read, and how long what was read counts where the database does not answer any more.
LOOK_S, FRESH_S = 0.5, 10.0


@dataclass(frozen=True)
class Caller:
    """Whoever calls.

    Attributes:
      id: of the key; empty where none is wanted.
      name: for people.
      scopes: what the key may do.
      jobs: the jobs that it may do it at; None where that is all.
    """

    id: str
    name: str
    scopes: frozenset[str]
    jobs: frozenset[str] | None

    def may(self, scope: str) -> None:
        """Whether the key may do this.

        Raises:
          Refused: it may not.
        """
        if scope not in self.scopes:
            raise Refused("not_allowed", f"the key {self.name!r} lacks the scope {scope!r}: make one that has it")

    def sees(self, job: str | None) -> bool:
        """Whether a job is one of its jobs."""
        return self.jobs is None or job in self.jobs


ANYONE = Caller("", "anyone", frozenset(SCOPES), None)


class Doorman:
    """Knows who calls. The keys are read beside the calls, not by them: a database that takes its time holds up none.

    Args:
      keys: those there are.
      settings: of the service.
    """

    def __init__(self, keys: Keys, settings: Settings):
        self._keys, self._rate, self._loopback = keys, settings.calls_per_s, settings.loopback
        self._allowances: dict[str, tuple[float, float]] = {}
        self._known_until = 0.0
        self._problem: RecordError = RecordUnavailable("the keys were not read yet: nothing was acknowledged")

    def look(self) -> None:
        """Read the keys, in whatever thread.

        Raises:
          RecordError: they cannot be read.
        """
        asked_at = time.monotonic()
        try:
            self._keys.refresh()
        except RecordError as error:
            self._problem = error
            raise
        self._known_until = asked_at + FRESH_S

    async def watch(self) -> None:
        """Read the keys again and again."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await asyncio.to_thread(self.look)
            except RecordError:
                # Whoever calls is told of it.
                continue

    def caller(self, authorization: bytes) -> Caller:
        """Who calls. Where no keys were made and only this machine can call, anyone may do anything.

        Args:
          authorization: the header of that name; empty where there is none.

        Raises:
          Refused: a key is wanted and there is none that is good, or it calls too often.
          RecordError: the keys cannot be read.
        """
        if time.monotonic() > self._known_until:
            raise type(self._problem)(*self._problem.args)
        scheme, _, token = authorization.decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and token:
            key = self._keys.known(token.strip())
            if key is None:
                raise Refused("no_key", "the key is not known here, or it was revoked")
            caller = Caller(key.id, key.name, key.scopes, key.jobs)
        elif self._loopback and not self._keys.any_known:
            caller = ANYONE
        else:
            raise Refused(
                "no_key", "a key is wanted: send `Authorization: Bearer trn_…`; `trainee keys make` makes one"
            )
        self._count(caller)
        return caller

    def still(self, caller: Caller) -> bool:
        """Whether whoever called before may go on listening."""
        if caller is ANYONE:
            return not self._keys.any_known
        return self._keys.in_use(caller.id)

    def _count(self, caller: Caller) -> None:
        """A token bucket for each key."""
        now, rate = time.monotonic(), self._rate
        left, at = self._allowances.get(caller.id, (2 * rate, now))
        left = min(2 * rate, left + (now - at) * rate)
        if left < 1:
            raise Refused("too_fast", f"more than {rate:,.0f} calls a second: wait a moment")
        self._allowances[caller.id] = left - 1, now
