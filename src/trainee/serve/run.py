"""Run: the service in this process, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from trainee.errors import InvalidArgument
from trainee.record.home import made
from trainee.record.keys import Keys
from trainee.record.log import EventLog
from trainee.serve.app import create_app
from trainee.serve.protocol import LimitedProtocol
from trainee.serve.settings import Settings

# A thread that has the interpreter lets another have it after so long: the writer's, between two calls to the database.
SWITCH_S = 0.002
# How long calls that are under way may take at the end, and connections that there may be at once.
GRACE_S, MOST_CONNECTIONS = 10, 800


def run(settings: Settings, bound: Callable[[int], None] = lambda port: None) -> None:
    """Serve until SIGTERM or SIGINT; what is under way is answered, and what was learned is saved.

    Args:
      settings: of the service.
      bound: called with the port once it listens there.
    Raises:
      InvalidArgument: it would be open to others, and there are no keys; or it cannot listen there.
      HomeInUse, RecordError: why it cannot take up the work.
    """
    if not settings.loopback:
        _check_keys(settings)
    sys.setswitchinterval(SWITCH_S)
    app = create_app(settings, alone=True)
    server = Server(app, settings, bound)
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(_served(app, server))


class Server(uvicorn.Server):
    """Uvicorn, which here leaves it to us to begin and to end: what is wrong is told as it is.

    Args:
      app: that it serves; its service was started.
      settings: of the service.
      bound: called with the port once it listens there.
    """

    def __init__(self, app: FastAPI, settings: Settings, bound: Callable[[int], None]):
        self._app, self._bound = app, bound
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http=LimitedProtocol,
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=GRACE_S,
                timeout_keep_alive=30,
                limit_concurrency=MOST_CONNECTIONS,
                server_header=False,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen.

        Raises:
          InvalidArgument: it cannot.
        """
        log = logging.getLogger("uvicorn.error")
        # What it would log is raised.
        log.setLevel(logging.CRITICAL)
        try:
            await super().startup(sockets)
        except SystemExit as error:
            where = f"port {self.config.port} of {self.config.host}"
            raise InvalidArgument(
                f"{where} cannot be listened at: {error.__context__}. Choose another --port, or stop what is there"
            ) from error
        finally:
            log.setLevel(logging.WARNING)
        self._bound(self.servers[0].sockets[0].getsockname()[1])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in good order when told to. Nothing is raised afterwards, as what was learned is still to be saved."""
        loop = asyncio.get_running_loop()
        for which in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(which, self._told_to_stop)
        yield

    def _told_to_stop(self) -> None:
        self.should_exit = True
        self._app.state.service.hang_up()


async def _served(app: FastAPI, server: Server) -> None:
    async with app.router.lifespan_context(app):
        await server.serve()


def _check_keys(settings: Settings) -> None:
    """Nobody else may call before there is a key to call with."""
    made(settings.home)
    log = EventLog(settings.url, alone=False)
    try:
        known = Keys(log).all()
    finally:
        log.close()
    if not any(key.revoked_at is None for key in known):
        raise InvalidArgument(
            f"{settings.host} can be called from other machines, and there are no keys yet: make one with "
            f"`trainee keys make NAME --scopes decide,reward --home {settings.home}`, or listen on 127.0.0.1"
        )
