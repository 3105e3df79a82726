"""`trainee exam life` in this process: what cannot be asked for, and what it prints of lives that are over."""

from __future__ import annotations

import json

import pytest

from command_line import runner
from trainee.errors import InvalidArgument
from trainee.exams.life import WORK, Selection, lives, scaled
from trainee.exams.life.log import Played, Row, write_played, write_rows
from trainee.exams.life.sweep import RANDOM, turns
from trainee.exams.origin import claimed


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    # They are asked for, and nothing is done with them: all lives are over.
    monkeypatch.setattr("trainee.exams.life.sweep.find_spec", lambda library: True)
    return runner(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scale", 0], "--scale must be above 0 and at most 1, not 0"),
        (["--scale", 1.5], "not 1.5"),
        (["--processes", -1], "--processes must be 0 or more, not -1"),
        (["--seeds", "1,x"], "--seeds must be whole numbers with commas between them, not '1,x'"),
        (["--seeds", ""], "an exam needs one seed at least"),
        (["--arms", "mine"], "there is no arm 'mine': choose of ours, fine-tuning"),
        (["--parts", "life,death"], "there is no part 'death': choose of life, fleet, small"),
    ],
)
def test_what_cannot_be_asked_for(run, arguments, message):
    code, out, err = run("exam", "life", *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_what_is_missing_is_named_before_anything_is_done(run, monkeypatch):
    monkeypatch.setattr("trainee.exams.life.sweep.find_spec", lambda library: None if library == "minigrid" else True)
    code, _, err = run("exam", "life", "--quick")
    assert code == 5
    assert "the exam life needs minigrid, which is not installed: pip install 'trainee[exams]'" in err


def test_lives_that_are_over_are_told_of(run, tmp_path):
    exam = scaled(quick=True)
    home = claimed(tmp_path / "life" / "quick-1", *WORK)
    for job in exam.names:
        write_played(home / RANDOM, Played(job, [0.0, 0.0]))
    for name in lives(Selection(exam, ("ours",), (0,), ("life",))):
        if name == RANDOM:
            continue
        for turn in turns(exam, name):
            played = {job: [1.0, 1.0] for job, _ in turn.examined}
            write_rows(home / name, [Row(turn.job, turn.job, 10, [(5, 1.0), (10, 1.0)], played, 10, 2.0, 1.0, 6.0)])
    arguments = ("exam", "life", "--quick", "--arms", "ours", "--seeds", "0", "--parts", "life")
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert "average performance  1.00" in out
    assert "5 steps/s,  50% of it asleep" in out
    assert out.splitlines()[-1] == "life/quick-1/page.html"
    code, out, _ = run(*arguments, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["arms"]["ours"]["forgetting"]["mean"] == 0.0
    assert told["page"] == "life/quick-1/page.html"


@pytest.mark.parametrize(("exam", "folder"), [("life", "quick-1"), ("iowa", "quick"), ("discounting", "quick")])
def test_results_of_other_agents_are_refused(run, tmp_path, exam, folder):
    home = tmp_path / exam / folder
    home.mkdir(parents=True)
    (home / "intact.npz").write_bytes(b"of before")
    code, out, err = run("exam", exam, "--quick")
    assert (code, out) == (4, "")
    assert f"{exam}/{folder} holds the results of other agents: of whom it does not say" in err
    assert "Choose another --home" in err
    assert [path.name for path in home.iterdir()] == ["intact.npz"]


def test_several_processes_share_the_groups_of_the_gambling_task(run, monkeypatch):
    asked = []

    def runs(work, groups, size, processes, *arguments):
        asked.append((groups, [size(name) for (name,) in groups], processes))
        raise InvalidArgument("nothing is done here")

    monkeypatch.setattr("trainee.exams.runs.runs", runs)
    assert run("exam", "iowa", "--quick", "--processes", 3)[0] == 2
    ((groups, sizes, processes),) = asked
    assert processes == 3
    assert len(groups) > 3
    assert sizes == sorted(sizes, reverse=True)
