"""Homes that are not what a command was told they are: each is said in words, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Run, runner
from fleets import WALK, trained
from trainee import Agent, record


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    return runner(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["keys", "list", "--home", "file"], 4, "no service has worked in file: there is no events.db"),
        (["keys", "list", "--home", "typo"], 4, "no service has worked in typo"),
        (["keys", "revoke", "0" * 12, "--home", "typo"], 4, "no service has worked in typo"),
        (["keys", "make", "anna", "--scopes", "watch", "--home", "file"], 2, "file cannot be a home"),
        (["serve", "--host", "0.0.0.0", "--home", "file"], 2, "file cannot be a home"),
        (["learn", WALK, "--steps", "5", "--tensorboard", "file"], 2, "tensorboard='file' is no folder to write to"),
        (["learn", WALK, "Nowhere-v0", "--steps", "5"], 3, "no environment is called 'Nowhere-v0'"),
        (["evaluate", WALK, "--home", "file"], 4, "no checkpoint is saved in file"),
        (["show", "--home", "file"], 4, "no checkpoint is saved in file"),
    ],
)
def test_it_is_said_and_nothing_is_made(run: Run, command: list[str], code: int, said: str) -> None:
    found, _, err = run(*command)
    assert found == code
    assert said in err
    assert err.startswith("trainee: ")
    assert not Path("typo").exists()
    assert not Path("home/agent").exists()


def test_a_key_may_come_before_the_service(run: Run) -> None:
    assert run("keys", "make", "anna", "--scopes", "watch", "--home", "new")[0] == 0
    assert "anna" in run("keys", "list", "--home", "new")[1]


@pytest.mark.parametrize("lacking", ["seed", "width", "constants", "observation_space", "restartable", "logbook"])
def test_a_manifest_that_lacks_something_names_it(run: Run, lacking: str) -> None:
    trained(WALK, steps=20).save("home")
    saved = record.load(Path("home"))
    about = {name: value for name, value in saved.about.items() if name != lacking}
    (worker,) = about["workers"].values()
    worker.pop(lacking, None)
    record.save(Path("home"), record.Checkpoint(saved.parts, about))
    code, _, err = run("show")
    assert code == 4
    assert f"lacks '{lacking}'" in err


def test_the_last_good_checkpoint_may_be_looked_at(run: Run) -> None:
    agent = trained(WALK, steps=20)
    agent.save("home")
    agent.learn(WALK, 20)
    agent.save("home")
    newest = max(Path("home/agent").glob("*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:-100])
    for command in (["show"], ["evaluate", WALK, "--episodes", "2"]):
        code, _, err = run(*command)
        assert (code, "--last-good" in err) == (4, True)
        code, _, err = run(*command, "--last-good")
        assert (code, err) == (0, "")
    assert "20 steps" in run("show", "--last-good")[1]
    assert Agent.load("home", last_good=True).workers[WALK].logbook.steps == 20


@pytest.mark.parametrize("command", [["show"], ["evaluate", WALK]])
def test_the_agents_of_a_fleet_are_named(run: Run, command: list[str]) -> None:
    for number in (1, 2):
        trained(WALK, steps=20).save(f"fleet/worker-{number}")
    code, _, err = run(*command, "--home", "fleet")
    assert code == 4
    assert "such as --home fleet/worker-1; there are worker-1, worker-2" in err
