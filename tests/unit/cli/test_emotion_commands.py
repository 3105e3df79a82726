"""`trainee emotions`, and levers on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import runner
from trainee import Agent
from trainee.types import EMOTIONS

WALK = "work_toys:Walk-v0"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


def test_the_table_is_printed_with_its_numbers(run):
    code, out, err = run("emotions")
    assert (code, err) == (0, "")
    for name in EMOTIONS:
        assert f"\n{name} " in f"\n{out}"
    assert "fear_stays 0.5" in out
    told = [json.loads(line) for line in run("emotions", "--json")[1].splitlines()]
    assert [entry["name"] for entry in told] == list(EMOTIONS)
    assert told[0]["numbers"]["fear_stays"] == 0.5


def test_what_an_agent_feels_is_shown_job_by_job(run):
    assert run("learn", WALK, "--steps", 20, "--lesion", "fear", "--lesion", "mood")[0] == 0
    code, out, _ = run("emotions", "--home", "home")
    assert code == 0
    assert f"at {WALK}" in out
    assert "held at 0.00" in out
    assert "usually" in out
    told = json.loads(run("emotions", "--home", "home", "--json")[1].splitlines()[-1])
    assert told["job"] == WALK
    assert told["feelings"]["fear"] == {"level": 0.0, "usual": 0.0, "held": 0.0}
    assert told["feelings"]["security"]["held"] is None
    assert Agent.load("home").lesions == ("fear", "mood")


def test_what_is_no_emotion_is_refused(run):
    code, _, err = run("learn", WALK, "--steps", 20, "--lesion", "joy")
    assert code == 2
    assert "there is no emotion 'joy': there are fear," in err
    code, _, err = run("emotions", "--home", "nowhere")
    assert code != 0
    assert "nowhere" in err


def test_what_is_felt_is_written_down_and_tied_to(run):
    assert run("learn", WALK, "--steps", 30, "--felt", "new/felt.npy")[0] == 0
    trace = np.load("new/felt.npy")
    assert trace.shape == (30, len(EMOTIONS))
    assert (
        run("learn", WALK, "--steps", 30, "--home", "other", "--yoke", "all=new/felt.npy", "--felt", "tied.npy")[0] == 0
    )
    np.testing.assert_array_equal(np.load("tied.npy"), trace)
    # Once more nothing is left to do, and nothing of what was written is lost.
    assert run("learn", WALK, "--steps", 30, "--felt", "none.npy")[0] == 0
    assert not Path("none.npy").exists()
    code, _, err = run("learn", WALK, "--steps", 40, "--felt", "new/felt.npy")
    assert (code, "is there already" in err) == (2, True)
    np.testing.assert_array_equal(np.load("new/felt.npy"), trace)


def test_a_trace_is_of_one_job_and_a_clamp_of_what_was_felt_there(run):
    for option in (("--felt", "felt.npy"), ("--yoke", "fear=felt.npy")):
        code, _, err = run("learn", WALK, "FrozenLake-v1", "--steps", 20, *option)
        assert (code, "give one JOB" in " ".join(err.split())) == (2, True)
    code, _, err = run("learn", WALK, "--steps", 20, "--clamp", "fear")
    assert (code, "learn it first, then --clamp" in " ".join(err.split())) == (2, True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("fear", "--yoke takes EMOTION=FILE, such as fear=felt.npy"),
        ("fear=nowhere.npy", "no trace of feelings can be read from nowhere.npy"),
        ("fear=text.npy", "no trace of feelings can be read from text.npy"),
        ("fear=short.npy", "a trace of feelings is [steps, 7]"),
        ("joy=felt.npy", "there is no emotion 'joy'"),
    ],
)
def test_a_tie_that_cannot_be_made_is_refused(run, given, said):
    np.save("felt.npy", np.zeros((3, 7), np.float32))
    np.save("short.npy", np.zeros(7, np.float32))
    Path("text.npy").write_text("felt")
    code, _, err = run("learn", WALK, "--steps", 20, "--yoke", given)
    assert code == 2
    assert said in " ".join(err.split())
