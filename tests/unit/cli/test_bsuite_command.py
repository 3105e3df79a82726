"""`trainee exam bsuite` in this process: what cannot be asked for, and what is told of settings that are over."""

from __future__ import annotations

import json

import pytest

from command_line import runner
from trainee.exams.bsuite import WORK, runs_of
from trainee.exams.bsuite.load import require_bsuite
from trainee.exams.origin import claimed
from trainee.record import lock


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


@pytest.fixture
def over(monkeypatch, tmp_path):
    """A home in which the one setting that is selected is over."""
    sweep = require_bsuite().sweep
    monkeypatch.setattr(sweep, "EPISODES", {**sweep.EPISODES, "bandit/3": 50})
    monkeypatch.setattr("trainee.exams.bsuite.selected", lambda selection: ["bandit/3"])
    home = tmp_path / "bsuite"
    assert [name for name, _ in runs_of(["bandit/3"], claimed(home / "quick", *WORK))] == ["bandit/3"]
    return home


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quick", "--full"], "--quick and --full exclude each other"),
        (["--processes", -1], "--processes must be 0 or more, not -1"),
    ],
)
def test_what_cannot_be_asked_for(run, arguments, message):
    code, out, err = run("exam", "bsuite", *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_settings_that_are_over_are_scored_and_not_run_again(run, over):
    record = next((over / "quick").glob("*.csv"))
    before = record.read_bytes()
    code, out, err = run("exam", "bsuite", "--quick")
    assert (code, err, record.read_bytes()) == (0, "", before)
    score = float(out.splitlines()[0].removeprefix("bandit"))
    assert out.splitlines()[-1] == "bsuite/quick.html"
    assert (over / "quick.csv").read_text().startswith("experiment,score,settings\nbandit,")
    code, out, _ = run("exam", "bsuite", "--quick", "--json")
    told = json.loads(out)
    assert (code, told["page"], round(told["experiments"]["bandit"], 2)) == (0, "bsuite/quick.html", score)


def test_a_home_that_another_one_works_in_is_refused(run, over):
    with lock(over / "quick"):
        code, out, err = run("exam", "bsuite", "--quick")
    assert (code, out) == (4, "")
    assert "quick" in err
