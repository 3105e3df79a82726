"""The gate, before any route: what is meant for another host, of the wrong type, too large or too slow is refused, and
so is whoever may not call at all. To every answer the headers are added that keep a browser from harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

from trainee.errors import TraineeError
from trainee.serve.refusals import Refused, answered, methods, refusal
from trainee.serve.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

logger = logging.getLogger("trainee.serve")
# Whoever can reach the service may see the page and the documents, and whether it lives. All else is for callers.
OPEN = {"/", "/healthz", "/readyz", "/openapi.json"}
OPEN_FOLDER = "/static/"
# Nothing is loaded from elsewhere, and nothing runs that is not a file of ours.
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Gate:
    """See the module.

    Args:
      app: that answers what comes through.
      owner: whose state has the doorman.
      settings: of the service.
    """

    def __init__(self, app: Any, owner: FastAPI, settings: Settings):
        self._app, self._owner, self._settings = app, owner, settings
        self._loopback = settings.loopback
        self._hosts = {settings.host.lower(), "localhost", *(host.lower() for host in settings.hosts)}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, begun = dict(scope["headers"]), False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun, message["headers"] = True, [*message.get("headers", []), *HEADERS]
            await send(message)

        try:
            self._check_names(headers)
            if not _open(scope["path"]):
                scope["caller"] = self._owner.state.doorman.caller(headers.get(b"authorization", b""))
            if scope["method"] in ("POST", "PUT"):
                self._check_type(scope, headers)
                receive = await self._body(headers, receive)
            await self._app(scope, receive, sent)
        except _Gone:
            return
        except Exception as error:
            if begun:
                raise
            await _refused(scope, error)(scope, receive, sent)

    def _check_names(self, headers: dict[bytes, bytes]) -> None:
        """By what name the service is called, and from which site's page.

        Raises:
          Refused: a page elsewhere has its own name point here, and would then be of the same origin; or it calls from
            where it is.
        """
        host = _host(headers.get(b"host", b""))
        if self._loopback and host not in self._hosts and not _is_loopback(host):
            raise Refused(
                "not_allowed", f"this service is not {host[:80]!r}: call it by its own name, or start it with --name"
            )
        origin = headers.get(b"origin")
        if origin is not None and origin.lower().partition(b"://")[2] != headers.get(b"host", b"").lower():
            raise Refused("not_allowed", "calls from other sites' pages are refused")

    def _check_type(self, scope: Any, headers: dict[bytes, bytes]) -> None:
        """Whether it says that it sends JSON, as no page's form can: where there is such a call at all."""
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind != b"application/json" and scope["method"] in methods(self._owner, scope["path"]):
            raise Refused("not_json_type", "the content type has to be application/json")

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        """The whole body, read here and within limits."""
        most = self._settings.body_bytes
        declared = headers.get(b"content-length", b"0")
        if len(declared) > 18 or (declared.isdigit() and int(declared) > most):
            raise Refused("too_large", f"the body has {declared[:20].decode('latin-1')} bytes; {most:,} may be sent")
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._settings.body_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
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


class _Gone(Exception):
    """Whoever called hung up before the call was complete. Half of it is not to be taken for the whole."""


def _refused(scope: Any, error: Exception) -> Any:
    if isinstance(error, TraineeError):
        return answered(error)
    # What it says is for the log, and not for whoever calls.
    logger.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
    return refusal("internal", "this is a defect of the service: its log says more")


def _open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_FOLDER)


def _host(header: bytes) -> str:
    try:
        return urlsplit("//" + header.decode("latin-1")).hostname or ""
    except ValueError:
        return header.decode("latin-1")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
