"""Commands run as processes of their own, each on a core of its own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

Name = TypeVar("Name")
POLL_S = 0.1


class Process:
    """A command on one core. It answers with a JSON object on the last line that it prints."""

    def __init__(self, command: Sequence[str], core: int):
        self.core = core
        # Files, since a full pipe that nobody reads while others are waited for would stop the process.
        self.output, self.errors = (tempfile.TemporaryFile("w+") for _ in range(2))  # noqa: SIM115 (see `close`)
        self.started_s = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdout=self.output,
            stderr=self.errors,
            env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )
        # From here and not in the child before it starts: to fork beside JAX's threads is unsafe.
        pin(self.process.pid, core)

    def ended(self) -> bool:
        return self.process.poll() is not None

    def answer(self) -> dict[str, Any]:
        """What it printed, with the seconds it took and the machine's load at its end.

        Errors:
          RuntimeError: it failed or printed no JSON object; the message ends with the last lines of its complaint.
        """
        seconds = time.perf_counter() - self.started_s
        self.output.seek(0)
        self.errors.seek(0)
        lines, complaint = self.output.read().splitlines(), self.errors.read().splitlines()
        status = self.process.returncode
        try:
            printed = json.loads(lines[-1])
        except (IndexError, json.JSONDecodeError):
            printed = None
        if status != 0 or not isinstance(printed, dict):
            why = f"it ended with status {status}" if status else "it printed no JSON object on its last line"
            raise RuntimeError("\n  ".join([why, *complaint[-5:]]))
        return {**printed, "seconds": round(seconds, 2), "load": round(os.getloadavg()[0], 2)}

    def close(self) -> None:
        """Stop it if it still runs."""
        self.process.kill()
        self.process.wait()
        self.output.close()
        self.errors.close()


def pin(process: int, core: int) -> None:
    """Keep a process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process, {core})


def cores(most: int) -> list[int]:
    """Up to `most` cores to measure on, the last ones first: the first one also serves interrupts."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return sorted(allowed, reverse=True)[:most]


def outcomes(
    commands: Mapping[Name, Sequence[str]], on: Sequence[int]
) -> Generator[tuple[Name, dict[str, Any] | RuntimeError], None, None]:
    """Start the commands in order, one at a time on each core, and give what each answered as it ends.

    Closing the iterator stops those that still run.
    """
    waiting, free = list(commands), list(on)
    running: dict[Name, Process] = {}
    try:
        while waiting or running:
            while waiting and free:
                name = waiting.pop(0)
                running[name] = Process(commands[name], free.pop(0))
            time.sleep(POLL_S)
            for name in [name for name, process in running.items() if process.ended()]:
                process = running.pop(name)
                free.append(process.core)
                try:
                    answer = process.answer()
                except RuntimeError as error:
                    answer = error
                process.close()
                yield name, answer
    finally:
        for process in running.values():
            process.close()
