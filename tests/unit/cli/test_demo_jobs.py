"""Parts of `trainee demo-serve`; as a whole it is in `tests/e2e`."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from trainee.cli import demo_serve
from trainee.errors import InvalidArgument


def test_a_job_whose_language_is_not_there_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(demo_serve, "Child", lambda name, command, said: name)
    monkeypatch.setattr(demo_serve.shutil, "which", lambda name: None)
    jobs: dict = {}
    demo_serve._begin(jobs, tmp_path, "http://127.0.0.1:1", as_json=False)
    assert set(jobs) == {"cartpole", "cold-store"}
    said = "crossing is left out: there is no perl with HTTP::Tiny, JSON::PP and Time::HiRes\n"
    assert capsys.readouterr().out == said


def test_a_port_is_the_one_asked_for_or_one_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo_serve, "USUAL_PORT", port)
        assert demo_serve._free(None) not in (port, 0)
        with pytest.raises(InvalidArgument, match=f"port {port} of 127.0.0.1 is in use"):
            demo_serve._free(port)
    assert demo_serve._free(None) == port
