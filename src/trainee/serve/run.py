"""Run: the service in this process, until it is told to stop."""

from __future__ import annotations

import sys

import uvicorn

from trainee.errors import InvalidArgument
from trainee.record.keys import Keys
from trainee.record.log import EventLog
from trainee.serve.app import create_app
from trainee.serve.settings import Settings

# A thread that has the interpreter lets another have it after so long: learning is not to hold deciding up.
SWITCH_S = 0.0005
GRACE_S = 10


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what is under way is answered, and what was learned is saved."""
    if not settings.loopback:
        _check_keys(settings)
    sys.setswitchinterval(SWITCH_S)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        server_header=False,
        h11_max_incomplete_event_size=2**16,
    )


def _check_keys(settings: Settings) -> None:
    """Nobody else may call before there is a key to call with."""
    settings.home.mkdir(parents=True, exist_ok=True)
    log = EventLog(settings.url, alone=False)
    try:
        made = Keys(log).all()
    finally:
        log.close()
    if not made:
        raise InvalidArgument(
            f"{settings.host} can be called from other machines, and there are no keys yet: make one with "
            f"`trainee keys make NAME --scopes decide,reward --home {settings.home}`, or listen on 127.0.0.1"
        )
