"""Programs that a command runs beside itself: each with a file for what it says, and stopped when the command ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LAST_LINES, LAST_BYTES = 6, 4_000


class Child:
    """A program that runs.

    Args:
      name: for people.
      command: its words.
      said: the file that what it says goes to.
    """

    def __init__(self, name: str, command: Sequence[str], said: Path):
        self.name, self.said = name, said
        # A call to this machine is not to go by way of a proxy.
        at_home = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1", "PYTHONUNBUFFERED": "1"}
        with said.open("wb") as file:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **at_home},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                # In a session of its own a Ctrl-C does not reach it: the command says which ends first.
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """How it ended, and the last lines that it said."""
        said = self.said.read_bytes()[-LAST_BYTES:].decode("utf-8", "replace").splitlines()[-LAST_LINES:]
        words = "".join(f"\n  {line}" for line in said) or " It said nothing."
        return f"{self.name} ended with exit code {self.exit_code}.{words}"

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it, and wait until it has ended."""
        self._process.kill()
        self._process.wait()

    def wait(self, timeout_s: float) -> None:
        """Wait until it has ended, or for so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back the signals that would interrupt, so that no child that was started is not yet known."""
    held: list[int] = []
    heard = [each for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if callable(signal.getsignal(each))]
    before = {each: signal.signal(each, lambda number, frame: held.append(number)) for each in heard}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    for number in held:
        signal.raise_signal(number)


def stop(children: Iterable[Child], patience_s: float) -> None:
    """Ask them all to end, and end those that do not within `patience_s`, or at once where a second Ctrl-C comes."""
    children = [child for child in children if child.exit_code is None]
    ends = time.monotonic() + patience_s
    try:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(max(ends - time.monotonic(), 0.0))
    finally:
        for child in children:
            if child.exit_code is None:
                child.kill()
