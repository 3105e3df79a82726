from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from commits import View
from trainee.record import Checkpoint, describe, parts
from trainee.record.log import EventLog
from trainee.record.manifest import FILES
from trainee.record.writer import Writer


class Crash(BaseException):
    """The process died: nothing that it would still have done happens."""


class Disk:
    """A disk that fails at a chosen one of the effects that a process has on it."""

    crash = Crash
    calls = ("replace", "fsync", "open", "mkdir", "unlink", "rmdir", "chmod")
    effects = (*((os, name) for name in calls), (io, "open"), (parts, "save_file"))

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        # No process can see whether a fsync that says it worked did, and hundreds of them are slow.
        monkeypatch.setattr(os, "fsync", lambda descriptor: None)
        self.monkeypatch = monkeypatch
        self.log: list[str] = []

    @contextmanager
    def failing(self, at: int, crash: bool) -> Iterator[None]:
        """The effect number `at`, from 0, fails for want of room; or the process dies there."""
        self.log.clear()

        def watched(name: str, effect: Callable) -> Callable:
            def run(*args, **kwargs):
                self.log.append(name)
                if crash and len(self.log) > at:
                    raise self.crash
                if len(self.log) == at + 1:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return effect(*args, **kwargs)

            return run

        with self.monkeypatch.context() as patch:
            for module, name in self.effects:
                patch.setattr(module, name, watched(name, getattr(module, name)))
            yield


@pytest.fixture
def disk(monkeypatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def at_step() -> Callable[..., Checkpoint]:
    """A checkpoint whose every number tells its step."""

    def made(step: int, workers: tuple[str, ...] = ("CartPole-v1", "ALE/Pong-v5"), size: int = 8) -> Checkpoint:
        streams = {f"streams/{worker}": {"key": np.full(2, step, np.uint32)} for worker in workers}
        agent = {"weights": np.full(size, step, np.float32), "count": np.array(step, np.int32)}
        return Checkpoint({"agent": agent, **streams}, {"step": step})

    return made


@pytest.fixture
def same() -> Callable[[Checkpoint, Checkpoint], bool]:
    """Whether two checkpoints hold the same, to the bit."""

    def bits(checkpoint: Checkpoint):
        return {
            name: {tensor: (array.dtype, array.shape, array.tobytes()) for tensor, array in tensors.items()}
            for name, tensors in checkpoint.parts.items()
        }

    return lambda a, b: bits(a) == bits(b) and a.about == b.about


@pytest.fixture
def leftovers() -> Callable[[Path], set[str]]:
    """Files in a home that no checkpoint names."""

    def found(home: Path) -> set[str]:
        files = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
        named = set(FILES.values())
        for which in FILES:
            if (home / FILES[which]).exists():
                named |= {entry.file for entry in describe(home, which).parts.values()}
        return files - named

    return found


@pytest.fixture
def as_format() -> Callable[[Path, int], None]:
    """Writes a manifest as a version of a later format would: with its number, and rightly hashed."""

    def rewrite(path: Path, number: int) -> None:
        rest = path.read_bytes().partition(b"\n")[2].replace(b'"format": 1', b'"format": %d' % number)
        path.write_bytes(b'{"sha256": "%s",\n' % hashlib.sha256(rest).hexdigest().encode() + rest)

    return rewrite


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.db"


@pytest.fixture
def view():
    return View()


@pytest.fixture
def log(url, opened):
    return opened(EventLog, url, patience_s=0.2)


@pytest.fixture
def writer(log, view, opened):
    return opened(Writer, log, view)
