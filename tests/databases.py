"""Databases to test the record with: SQLite's files, and a PostgreSQL of one's own where its programs are installed.

A module takes the fixtures by `pytest_plugins = ["databases"]`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

FAST = {"fsync": "off", "synchronous_commit": "on", "shared_buffers": "16MB", "max_connections": "40"}


def programs() -> Path | None:
    """The folder of PostgreSQL's newest programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    found = shutil.which("initdb")
    folders = [*([Path(found).resolve().parent] if found else []), *folders]
    return next((folder for folder in reversed(folders) if (folder / "postgres").exists()), None)


class Cluster:
    """A PostgreSQL server that only its socket leads to."""

    def __init__(self, folder: Path, binaries: Path, user: str | None):
        self.folder, self.binaries, self.user = folder, binaries, user
        self._numbers = count(1)
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._as_user(),
        )
        self.start()

    def start(self) -> None:
        settings = {**FAST, "listen_addresses": "", "unix_socket_directories": str(self.folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                **self._as_user(),
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                self.run("SELECT 1")
                return
            except Exception:
                if time.monotonic() > deadline or self.server.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """End the server as a power cut would end it."""
        # SIGQUIT, so that it ends its children and waits for nobody.
        self.server.send_signal(3)
        self.server.wait(30)

    def url(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.folder}&user=postgres"

    def new(self) -> str:
        """The URL of an empty database."""
        name = f"test{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} {self._language()}")
        return self.url(name)

    def _language(self) -> str:
        """Has texts sorted as in a dictionary, where the server can: that is what a log may not rely on."""
        able = "SELECT current_setting('server_version_num')::int >= 150000 AND count(*) > 0 FROM pg_collation "
        if self.run(f"{able} WHERE collprovider = 'i'")[0][0]:
            return "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        return ""

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the server's master; the rows that it answers."""
        import psycopg

        with psycopg.connect(f"host={self.folder} user=postgres dbname={database}", autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def end_sessions(self, which: str = "true") -> int:
        """End the connections of trainee that a condition holds for. Returns how many there were."""
        statement = (
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trainee' AND {which}"
        )
        return len(self.run(statement))

    def _as_user(self) -> dict[str, Any]:
        # PostgreSQL refuses to run as root.
        return {"cwd": self.folder} | ({"user": self.user, "group": self.user} if self.user else {})


@contextmanager
def cluster_of_ones_own() -> Iterator[Cluster]:
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL's programs are not installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        if user not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("PostgreSQL does not run as root, and there is no user 'postgres'")
    # The path of a socket may have some 100 characters only, and pytest's own folders are for their owner only.
    folder = Path(tempfile.mkdtemp(prefix="trainee-pg-", dir="/tmp"))
    try:
        if user:
            shutil.chown(folder, user)
        cluster = Cluster(folder, binaries, user)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests of a process."""
    with cluster_of_ones_own() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    """The URL of a database that is not there yet, or is empty; the test runs once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/home/events.db"
    return request.getfixturevalue("cluster").new()


@pytest.fixture
def opened() -> Iterator[Callable[..., Any]]:
    """Opens logs, writers and whatever else has `close`; closed after the test, the last first."""
    things: list[Any] = []

    def opening(make: Callable[..., Any], *args, **kwargs) -> Any:
        things.append(made := make(*args, **kwargs))
        return made

    yield opening
    for thing in reversed(things):
        thing.close()
