"""Origin: results are of the agents that they are shown as."""

from __future__ import annotations

import json

import pytest

from trainee.errors import DamagedPart, DifferentAgent, SaveFailed
from trainee.exams import origin
from trainee.exams.origin import FILE, claimed, code_hash


def test_a_folder_is_claimed_once_and_gone_on_with(tmp_path):
    home = claimed(tmp_path / "new" / "quick")
    told = json.loads((home / FILE).read_text())
    assert told.keys() == {"version", "code", "constants", "width"}
    (home / "intact.npz").write_bytes(b"")
    assert claimed(home) == home


def test_other_constants_are_other_agents(tmp_path, monkeypatch):
    claimed(tmp_path)
    monkeypatch.setattr(origin, "constants_hash", lambda constants: "another")
    with pytest.raises(DifferentAgent, match=r"holds the results of other agents: .*constants another, width 64"):
        claimed(tmp_path)


def test_another_learner_is_another_agent_and_other_comments_are_not(tmp_path, monkeypatch):
    for room in origin.LEARNING:
        (tmp_path / "trainee" / room).mkdir(parents=True)
    rule = tmp_path / "trainee" / "learner" / "rule.py"
    monkeypatch.setattr(origin, "files", lambda package: tmp_path / package)
    found = []
    for source in (
        'def rule(x):\n    """Doubles."""\n    return 2 * x\n',
        "# Twice as much.\ndef rule(x):\n    'Makes it two.'\n\n    return (2 * x)\n",
        "def rule(x):\n    return 3 * x\n",
    ):
        rule.write_text(source)
        found.append(code_hash.__wrapped__())
    assert found[0] == found[1] != found[2]


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
