"""`trainee exam emotions` in this process: what cannot be asked for, and what it prints of lives that are over."""

from __future__ import annotations

import json

import numpy as np
import pytest

from command_line import runner
from trainee.exams.emotions import Selection, Workplace, chosen, scaled
from trainee.exams.emotions.load import Lives, keep

JOB = "worlds:drift-101"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", 1], "2 seeds at least, not 1"),
        (["--seeds", -1], "--seeds must be 0 or more, not -1"),
        (["--steps-scale", -1], "--steps-scale must be 0 or more, not -1"),
        (["--steps-scale", 0.001], "is left with 5 steps"),
        (["--processes", -1], "--processes must be 0 or more, not -1"),
        (["--arms", "joy"], "there is no arm 'joy'"),
        (["--jobs", f"{JOB},{JOB}"], "each environment is to be named once"),
        (["--jobs", "CartPole-v1"], "CartPole-v1 is no job in JAX"),
    ],
)
def test_what_cannot_be_asked_for(run, arguments, message):
    code, out, err = run("exam", "emotions", *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_an_unknown_job_is_named_before_anything_is_done(run, tmp_path):
    code, out, err = run("exam", "emotions", "--jobs", "worlds:joy-1")
    assert (code, out) == (3, "")
    assert "there is no family of worlds 'joy'" in err
    assert not [*tmp_path.iterdir()]


def test_gymnax_is_asked_for_before_anything_is_done(run, monkeypatch):
    monkeypatch.setattr("trainee.exams.emotions.environments.find_spec", lambda library: None)
    code, _, err = run("exam", "emotions", "--quick")
    assert code == 5
    assert "the exam of emotions needs gymnax, which is not installed: pip install 'trainee[jax-jobs]'" in err


def test_lives_that_are_over_are_told_of(run, tmp_path):
    arms = chosen(["lesion-fear", "clamp-fear"])
    asked = Selection(scaled([JOB], 1.0), arms, Workplace(2))
    online = {"random": (0.0, 0.0), "intact": (9.0, 11.0), "lesion-fear": (7.0, 9.0), "clamp-fear": (8.0, 10.0)}
    kept = asked.home(tmp_path / "emotions", 1.0)
    for arm, returns in online.items():
        felt = np.zeros((2 if arm == "intact" else 0, 3, 7), np.float32)
        keep(asked.path(kept, asked.environments[0], arm), Lives(np.array(returns), np.zeros(7, np.float32), felt))
    arguments = ("exam", "emotions", "--jobs", JOB, "--arms", "lesion-fear,clamp-fear", "--seeds", 2)
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert "fear       without 0.22 [0.22, 0.22]" in out
    assert "earns its place" in out
    assert out.splitlines()[-1] == str(kept.relative_to(tmp_path) / "page.html")
    code, out, _ = run(*arguments, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["emotions"][0]["verdict"] == "earns its place"
    assert told["losses"]["clamp-fear"]["won"] == 1
