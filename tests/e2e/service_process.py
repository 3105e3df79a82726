"""`trainee serve` as a process that is started, killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import trainee
from trainee.errors import TraineeError


class Process:
    """A service in a process of its own, on the same home and port each time it is started."""

    def __init__(self, folder: Path):
        self.home, self._folder = folder / "home", folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> Process:
        command = ["serve", "--home", str(self.home), "--port", str(self.port), "--checkpoint-s", "0.3", "--json"]
        # What was compiled once is not compiled again: it is to be killed at work.
        kept = {"JAX_COMPILATION_CACHE_DIR": str(self._folder / "compiled")}
        kept |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "trainee.cli", *command, *arguments],
                stdout=log,
                stderr=log,
                env={**os.environ, **kept},
            )
        return self

    def ready(self, patience_s: float = 120) -> None:
        deadline = time.monotonic() + patience_s
        with trainee.Client(self.url) as client:
            while time.monotonic() < deadline:
                assert self.process is not None
                assert self.process.poll() is None, self.log
                try:
                    client.call("GET", "/readyz")
                    return
                except TraineeError:
                    continue
        raise AssertionError("it does not become ready")

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(60)

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8")
