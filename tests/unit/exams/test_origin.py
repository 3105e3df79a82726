"""Origin: results are of the agents that they are shown as."""

from __future__ import annotations

import json

import pytest

from trainee.errors import DamagedPart, DifferentAgent, SaveFailed
from trainee.exams import bsuite, discounting, iowa, life, origin
from trainee.exams.emotions import load as emotions_load
from trainee.exams.origin import FILE, claimed
from trainee.life.fingerprint import code_hash


def test_a_folder_is_claimed_once_and_gone_on_with(tmp_path):
    home = claimed(tmp_path / "new" / "quick")
    told = json.loads((home / FILE).read_text())
    assert told.keys() == {"version", "code", "work", "constants", "width"}
    (home / "intact.npz").write_bytes(b"")
    assert claimed(home) == home


def test_other_constants_are_other_agents(tmp_path, monkeypatch):
    claimed(tmp_path)
    monkeypatch.setattr(origin, "constants_hash", lambda constants: "another")
    with pytest.raises(DifferentAgent, match=r"holds the results of other agents: .*constants another, width 64"):
        claimed(tmp_path)


def test_another_exam_is_not_gone_on_with(tmp_path):
    claimed(tmp_path, "jobs/gambling.py")
    with pytest.raises(DifferentAgent, match="holds the results of other agents: "):
        claimed(tmp_path, "jobs/gambling.py", "jobs/offers.py")


@pytest.mark.parametrize("room", [bsuite, discounting, emotions_load, iowa, life], ids=lambda room: room.__name__)
def test_what_decides_an_exam_is_there(room):
    hashes = [code_hash(place) for place in room.WORK]
    assert len(set(hashes)) == len(hashes)


def test_what_is_not_there_decides_nothing():
    with pytest.raises(FileNotFoundError):
        code_hash("exams/none.py")


def test_results_of_nobody_known_are_refused(tmp_path):
    (tmp_path / "catch-0.csv").write_text("")
    with pytest.raises(DifferentAgent, match="of whom it does not say"):
        claimed(tmp_path)
    assert not (tmp_path / FILE).exists()


def test_what_cannot_be_read_or_written_is_said(tmp_path):
    (tmp_path / FILE).write_text("{")
    with pytest.raises(DamagedPart, match="cannot be read"):
        claimed(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed, match="could not be written"):
        claimed(tmp_path / "file" / "quick")
