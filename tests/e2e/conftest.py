"""The command line as processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from service_process import Process
from spawned import Trainee

TESTS = Path(__file__).parents[1]


@pytest.fixture
def trainee(tmp_path: Path) -> Trainee:
    """Starts `trainee` in an empty folder, where it finds the toys."""

    def started(*arguments: object, env: Mapping[str, str] | None = None, first: str = "") -> subprocess.Popen:
        path = filter(None, [os.environ.get("PYTHONPATH")])
        command = f"{first}\nfrom trainee.cli import main\nmain()"
        return subprocess.Popen(
            [sys.executable, "-c", command, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *path]), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Process]:
    """A service that is not running yet; killed in the end, if it runs then."""
    process = Process(tmp_path)
    yield process
    if process.process is not None and process.process.poll() is None:
        process.end(signal.SIGKILL)
