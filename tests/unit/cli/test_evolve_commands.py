"""`trainee evolve` in this process: what cannot be asked for."""

from __future__ import annotations

import sys

import pytest

from command_line import runner


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--generations", -1], "--generations must be 0 or more, not -1"),
        (["--generations", 1, "--held-out", 0], "--held-out must be 1 or more, not 0"),
        (["--generations", 1, "--population", 2], "population must be a whole number from 4 "),
        (["--generations", 1, "--field", "trace", "--field", "trust"], "'trust' is no constant: choose of"),
        (["--generations", 1, "--field", "trace"], "two fields or more"),
        (["--generations", 1, "--family", "sail"], "families must be some of delay, "),
    ],
)
def test_what_cannot_be_asked_for(run, tmp_path, arguments, message):
    code, out, err = run("evolve", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    # Nothing was begun.
    assert not any(tmp_path.iterdir())


def test_an_empty_home_has_nothing_to_compare(run, tmp_path):
    code, _, err = run("evolve", "--generations", 0, "--home", "nowhere")
    assert code == 4
    assert "no search is kept in nowhere: begin one there with 1 generation or more" in err
    assert not any(tmp_path.iterdir())


def test_without_the_library_the_message_names_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "cmaes", None)
    code, _, err = run("evolve", "--generations", 1)
    assert code == 5
    assert "a search for constants needs cmaes, which is not installed: pip install 'trainee[evolve]'" in err
