"""The workshop as a process: `python -m trainee.workshop FD`, started by a service and never by hand."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from trainee import record
from trainee.errors import HomeInUse
from trainee.workshop.inside import Inside

# A thread that has the interpreter lets another have it after so long: nothing is to hold deciding up.
SWITCH_S = 0.0005
# How long a workshop whose service is gone may take to notice, and how often that is looked at.
PATIENCE_S, LOOK_S = 60.0, 0.05


def main() -> None:
    """Work for the service at the other end of a socket, until it says so or is gone."""
    # Whoever stops the service stops its processes too; the service then says when to stop.
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(which, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_S)
    said = False
    try:
        with socket.socket(fileno=int(sys.argv[1])) as theirs:
            told = json.loads(_line(theirs))
            home = Path(told["home"])
            with _alone(home):
                said = Inside(theirs, told["url"], home, told["checkpoint_s"]).run()
    except Exception:
        logging.getLogger("trainee.workshop").exception("the workshop failed")
    finally:
        # What is compiled just now is waited for by nobody.
        os._exit(0 if said else 1)


def _line(theirs: socket.socket) -> bytes:
    """The first line, and nothing of the next."""
    line = bytearray()
    while not line.endswith(b"\n"):
        line += theirs.recv(1) or sys.exit(1)
    return bytes(line)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Wait until the workshop of a service that was here before has ended, and keep others out until this one has."""
    ends = time.monotonic() + PATIENCE_S
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(record.lock(home / "jobs"))
                break
            except HomeInUse:
                if time.monotonic() > ends:
                    raise
                time.sleep(LOOK_S)
        yield


main()
