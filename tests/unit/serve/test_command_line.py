"""`trainee control` and `trainee release`, at a service that runs."""

from __future__ import annotations

import json

import pytest

from command_line import Run, runner
from serving import Served


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plant: Served) -> Run:
    monkeypatch.setenv("TRAINEE_URL", plant.url)
    return runner(monkeypatch, capsys)


def test_who_decides_is_said_and_changed(run: Run, plant: Served):
    job = plant.job("valve")
    assert run("control", job) == (0, "valve: the agent decides\n", "")
    said = run("control", job, "person", "--action", "1", "--reason", "a leak")
    assert said == (0, "valve: a person decides: 1, as anyone says (a leak)\n", "")
    assert plant.decide(plant.begin(job))["source"] == "person"
    assert run("control", job, "paused")[1].startswith("valve: paused: the baseline decides, as ")
    code, out, _ = run("control", job, "agent", "--json")
    assert (code, json.loads(out)["mode"], json.loads(out)["job"]) == (0, "agent", job)
    assert [mark["text"].split(" by ")[0] for mark in plant.view(job)["marks"]] == [
        "taken over",
        "paused",
        "handed back to the agent",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("control", "nothing"), 1, "there is no job 'nothing'"),
        (("control", "a/b"), 1, "(404 "),
        (("control", "plant", "person", "--action", "seven"), 2, "--action 'seven' is not JSON"),
        (("control", "plant", "person", "--action", "7"), 1, "(422 unfit)"),
        (("control", "plant", "agent", "--action", "1"), 1, "(422 invalid)"),
        (("control", "plant", "--action", "1"), 2, "go with a mode"),
        (("control", "plant", "--url", "http://127.0.0.1:9"), 1, "127.0.0.1:9"),
        (("control", "plant", "--key", "trn_0_0"), 1, "(401 no_key)"),
        (("release", "advance", "nothing"), 1, "(404 unknown_release)"),
        (("release", "begin", "plant", "--source", "v9"), 1, "there is no source 'v9'"),
        (("release", "begin", "plant", "--share", "0.9"), 1, "(422 invalid)"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, monkeypatch, words, code, said):
    monkeypatch.setattr("trainee.jobs.http.WAIT_S", 0.001)
    found, out, err = run(*words)
    assert (found, out) == (code, "")
    assert err.startswith("trainee: ")
    assert err.count("\n") == 1
    assert said in err


def test_a_release_is_begun_and_called_off(run: Run, plant: Served):
    job = plant.job("pump")
    code, out, _ = run("release", "begin", job, "--reason", "for the test", "--json")
    begun = json.loads(out)
    assert (code, begun["stage"], begun["version"]) == (0, "shadow", "v1")
    code, out, err = run("release", "list")
    assert (code, err) == (0, "")
    assert "pump v1: shadow, by anyone (for the test)\n  validity     inconclusive" in out
    assert f"  release {begun['release']}" in out
    code, out, err = run("release", "advance", begun["release"])
    assert (code, out) == (1, "")
    assert "(409 wrong_stage)" in err
    assert run("release", "abort", begun["release"], "--reason", "enough")[1].startswith(
        "pump v1: rolled_back, by anyone"
    )
