"""`trainee learn` as a process: interrupted, gone on with, kept out, and on a full disk."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from spawned import Trainee, ended

from homes import differences
from trainee import Agent, record

pytestmark = pytest.mark.long

STEPS = 4000
CART = ("learn", "CartPole-v1", "--steps", STEPS)
# Files of at most this many bytes: less than a stream takes.
FULL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"


def test_ctrl_c_saves_and_the_same_command_ends_with_the_same_bytes(trainee: Trainee, tmp_path: Path) -> None:
    learning = trainee(*CART, "--home", "stopped")
    assert learning.stdout is not None
    # The first line says that it is at work.
    assert "CartPole-v1: step" in learning.stdout.readline()
    time.sleep(0.3)
    learning.send_signal(signal.SIGINT)
    code, out, err = ended(learning)
    assert (code, err) == (130, "")
    made = Agent.load(tmp_path / "stopped").workers["CartPole-v1"].logbook.steps
    assert 0 < made < STEPS
    last = out.strip().splitlines()[-1]
    assert (
        last
        == f"interrupted: saved in stopped after {made:,} steps at CartPole-v1; the same command goes on from there"
    )

    again, whole = trainee(*CART, "--home", "stopped", "--json"), trainee(*CART, "--home", "whole", "--json")
    code, out, err = ended(again)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["steps"], told["total_steps"], told["home"]) == (STEPS - made, STEPS, "stopped")
    assert ended(whole)[0] == 0
    assert differences(tmp_path / "stopped", tmp_path / "whole") == []


def test_a_home_in_use_names_the_process(trainee: Trainee, tmp_path: Path) -> None:
    with record.lock(tmp_path / "home"):
        code, out, err = ended(trainee("learn", "CartPole-v1", "--steps", "9", "--home", "home"))
    assert (code, out) == (4, "")
    assert f"home is in use by process {os.getpid()}" in err


def test_a_full_disk_leaves_the_old_checkpoint(trainee: Trainee, tmp_path: Path) -> None:
    agent = Agent()
    agent.learn("CartPole-v1", 50)
    agent.save(tmp_path / "home")
    before = {path: path.read_bytes() for path in (tmp_path / "home").rglob("*.safetensors")}
    process = trainee("learn", "CartPole-v1", "--steps", "90", "--home", "home", "--json", first=FULL_DISK)
    code, out, _ = ended(process)
    assert code == 4
    error = json.loads(out)["error"]
    assert error["kind"] == "SaveFailed"
    assert "The one before it (generation 1, step 50) stands" in error["message"]
    assert {path: path.read_bytes() for path in (tmp_path / "home").rglob("*.safetensors")} == before
    assert Agent.load(tmp_path / "home").workers["CartPole-v1"].logbook.steps == 50


def test_a_missing_extra_ends_with_its_own_code(trainee: Trainee) -> None:
    arguments = ("learn", "CartPole-v1", "--steps", "9", "--tensorboard", "curves")
    code, _, err = ended(trainee(*arguments, first="import sys; sys.modules['tensorboardX'] = None"))
    assert code == 5
    assert "pip install 'trainee[tensorboard]'" in err
