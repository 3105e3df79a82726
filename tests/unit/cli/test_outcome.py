"""What commands end with where programs read it: one JSON object for whatever is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import Run, runner
from trainee.cli.outcome import print_json


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["learn", "--steps", "5"], "JOB"),
        (["learn", "CartPole-v1", "--steps", "abc"], "'abc' is no whole number"),
        (["learn", "CartPole-v1"], "--steps"),
        (["learn", "CartPole-v1", "--stepz", "5"], "--stepz"),
        (["exam", "driving"], "driving"),
    ],
)
def test_what_is_no_command_line_is_said_to_programs(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments, "--json")
    error = json.loads(out)["error"]
    assert (code, err, error["kind"], error["exit_code"]) == (2, "", "InvalidArgument", 2)
    assert message in error["message"]


def test_codes_are_the_same_for_programs(run: Run) -> None:
    assert run("emotions", "--json")[0] == 0
    assert run("learn", "--help", "--json")[0] == 0
    assert run("check", "work_toys:Graph-v0", "--json")[0] == 3


def test_what_numpy_counted_is_told_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"met": np.bool_(True), "each": [np.float32(0.5), np.int64(3), np.float32(np.inf)], "page": "x"})
    assert json.loads(capsys.readouterr().out) == {"met": True, "each": [0.5, 3, None], "page": "x"}
