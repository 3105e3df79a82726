"""`trainee demo-serve` as a process: three programs at work at a service, and nothing left of them afterwards."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import free_port
from spawned import Trainee, ended

from trainee.cli.demo_serve import JOBS, _has_perl

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("demo-serve")]


def told(process: subprocess.Popen) -> Iterator[dict[str, Any]]:
    """What it says, line by line."""
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def left_behind(port: int) -> list[str]:
    """The programs that still run and were told of the port."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().decode().replace("\0", " "))
        except OSError:
            continue
    return [words for words in found if str(port) in words]


def test_three_jobs_work_and_a_ctrl_c_stops_them_all(trainee: Trainee) -> None:
    port = free_port()
    demo = trainee("demo-serve", "--home", "tour", "--port", port, "--json")
    lines = told(demo)
    assert next(lines) == {"starting": f"http://127.0.0.1:{port}", "home": "tour"}
    page = next(line for line in lines if "page" in line)
    expected = {name for name, (file, _) in JOBS.items() if not file.endswith(".pl") or _has_perl()}
    assert page["page"] == f"http://127.0.0.1:{port}/"
    assert set(page["jobs"]) == expected
    assert all(Path(file).exists() for file in page["jobs"].values())
    waiting = set(expected)
    while waiting:
        job = next(lines)
        assert "ended" not in job, job
        if job["counts"]["decisions"] > 0:
            waiting.discard(job["job"])
    demo.send_signal(signal.SIGINT)
    code, out, err = ended(demo)
    assert (code, err) == (130, "")
    assert [json.loads(line) for line in out.splitlines()][-1] == {"stopped": True, "home": "tour"}
    assert left_behind(port) == []


def test_being_ended_while_it_starts_leaves_nothing_behind(trainee: Trainee) -> None:
    port = free_port()
    demo = trainee("demo-serve", "--port", port, "--json")
    assert "starting" in next(told(demo))
    demo.send_signal(signal.SIGTERM)
    assert ended(demo)[0] == 130
    assert left_behind(port) == []


def test_a_job_that_ends_is_reported_and_the_others_go_on(trainee: Trainee, tmp_path: Path) -> None:
    perl = tmp_path / "bin" / "perl"
    perl.parent.mkdir()
    perl.write_text('#!/bin/sh\ncase "$*" in *-e*) exit 0;; esac\necho "no light"\nexit 3\n', encoding="utf-8")
    perl.chmod(0o755)
    port = free_port()
    demo = trainee("demo-serve", "--seconds", 2, "--port", port, "--json", env={"PATH": f"{perl.parent}:/usr/bin:/bin"})
    code, out, err = ended(demo)
    assert (code, err) == (1, "")
    (over,) = [line for line in map(json.loads, out.splitlines()) if "ended" in line]
    assert over["job"] == "crossing"
    assert "crossing ended with exit code 3.\n  no light" in over["ended"]
    assert left_behind(port) == []


def test_a_port_in_use(trainee: Trainee, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = ended(trainee("demo-serve", "--port", port))
    assert (code, out) == (2, "")
    assert f"port {port} of 127.0.0.1 is in use" in err
    assert not (tmp_path / "demo-serve").exists()


def test_a_home_that_is_no_folder(trainee: Trainee, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    code, _, err = ended(trainee("demo-serve", "--home", "file"))
    assert code == 2
    assert err == "trainee: file cannot be worked in: Not a directory; choose another --home\n"


def test_a_service_that_does_not_start_says_why(trainee: Trainee, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "events.db").write_text("no database " * 1000, encoding="utf-8")
    code, out, err = ended(trainee("demo-serve", "--home", "home"))
    assert code == 1
    assert "the service ended with exit code" in err
    assert "events.db" in err
    assert "stopped" not in out


def test_the_extra_that_is_missing_is_named(trainee: Trainee) -> None:
    code, _, err = ended(trainee("demo-serve", first="import sys; sys.modules['fastapi'] = None"))
    assert code == 5
    assert "the service needs fastapi, which is not installed: pip install 'trainee[serve]'" in err
