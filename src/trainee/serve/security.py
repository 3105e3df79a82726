"""Security: who may call what. Keys with scopes, jobs that are nobody else's, limits on what is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from trainee.record.keys import SCOPES, Keys
from trainee.serve.refusals import Refused, refusal
from trainee.serve.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# For so long it is believed that no key was made.
LOOK_S = 1.0
# Nothing is loaded from elsewhere, and nothing runs that is not a file of ours.
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


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
    """Knows who calls.

    Args:
      keys: those there are.
      settings: of the service.
    """

    def __init__(self, keys: Keys, settings: Settings):
        self._keys, self._rate, self._loopback = keys, settings.calls_per_s, settings.loopback
        self._allowances: dict[str, tuple[float, float]] = {}
        self._keyed, self._looked_until = False, 0.0

    def caller(self, authorization: bytes) -> Caller:
        """Who calls. Where no keys were made and only this machine can call, anyone may do anything.

        Args:
          authorization: the header of that name; empty where there is none.

        Raises:
          Refused: a key is wanted and there is none that is good, or it calls too often.
        """
        scheme, _, token = authorization.decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and token:
            key = self._keys.check(token.strip())
            if key is None:
                raise Refused("no_key", "the key is not known here, or it was revoked")
            jobs = None if key.jobs is None else frozenset(key.jobs)
            caller = Caller(key.id, key.name, frozenset(key.scopes), jobs)
        elif self._loopback and not self._any_keys():
            caller = ANYONE
        else:
            raise Refused(
                "no_key", "a key is wanted: send `Authorization: Bearer trn_…`; `trainee keys make` makes one"
            )
        self._count(caller)
        return caller

    def _any_keys(self) -> bool:
        """Whether a key was ever made; once one was, there is no way back."""
        if not self._keyed and time.monotonic() > self._looked_until:
            self._looked_until = time.monotonic() + LOOK_S
            self._keyed = bool(self._keys.all())
        return self._keyed

    def _count(self, caller: Caller) -> None:
        """A token bucket for each key."""
        now, rate = time.monotonic(), self._rate
        left, at = self._allowances.get(caller.id, (2 * rate, now))
        left = min(2 * rate, left + (now - at) * rate)
        if left < 1:
            raise Refused("too_fast", f"more than {rate:,.0f} calls a second: wait a moment")
        self._allowances[caller.id] = left - 1, now


class Gate:
    """Before any route: what is too large, too slow, of the wrong type, or meant for another host is refused; to every
    answer the headers are added that keep a browser from harm.
    """

    def __init__(self, app: Any, settings: Settings):
        self._app, self._settings = app, settings
        self._loopback = settings.loopback
        self._hosts = {settings.host.lower(), "localhost", *(host.lower() for host in settings.hosts)}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        try:
            self._check(scope, headers)
            if scope["method"] in ("POST", "PUT"):
                receive = await self._body(headers, receive)
        except Refused as refused:
            await refusal(refused.code, str(refused))(scope, receive, sent)
            return
        await self._app(scope, receive, sent)

    def _check(self, scope: Any, headers: dict[bytes, bytes]) -> None:
        # A page elsewhere may have its own name point here, and would then be of the same origin.
        host = urlsplit("//" + headers.get(b"host", b"").decode("latin-1")).hostname or ""
        if self._loopback and host not in self._hosts and not _is_loopback(host):
            raise Refused(
                "not_allowed", f"this service is not {host!r}: call it by its own name, or start it with --name"
            )
        origin = headers.get(b"origin")
        if origin is not None and urlsplit(origin.decode("latin-1")).netloc != headers.get(b"host", b"").decode(
            "latin-1"
        ):
            raise Refused("not_allowed", "calls from other sites' pages are refused")
        if scope["method"] in ("POST", "PUT"):
            kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
            if kind != b"application/json":
                raise Refused("not_json_type", "the content type has to be application/json")

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        """The whole body, read here and within limits."""
        most = self._settings.body_bytes
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most:
            raise Refused("too_large", f"the body has {int(declared):,} bytes, and {most:,} may be sent")
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._settings.body_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        break
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise Refused("too_large", f"the body has more than the {most:,} bytes that may be sent")
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Refused("too_slow", f"the body was not there within {self._settings.body_s:g} s") from None
        whole = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        return replay


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
