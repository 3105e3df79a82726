"""Fingerprints: what decides what an agent does, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from trainee.learner.constants import DEFAULTS
from trainee.life import fingerprint
from trainee.life.fingerprint import code_hash, constants_hash


def test_any_number_counts():
    assert constants_hash(DEFAULTS) == constants_hash(dataclasses.replace(DEFAULTS))
    for name, number in {"trace": 0.9, "fear_stays": 0.6, "heads": 11}.items():
        other = dataclasses.replace(DEFAULTS, **{name: number})
        assert constants_hash(other) != constants_hash(DEFAULTS)


@pytest.fixture
def package(tmp_path, monkeypatch):
    for room in fingerprint.LEARNING:
        (tmp_path / "trainee" / room).mkdir(parents=True)
    monkeypatch.setattr(fingerprint, "files", lambda package: tmp_path / package)
    return tmp_path / "trainee"


def test_code_counts_and_comments_do_not(package):
    found = []
    for source in (
        'def rule(x):\n    """Doubles."""\n    return 2 * x\n',
        "# Twice as much.\ndef rule(x):\n    'Makes it two.'\n\n    return (2 * x)\n",
        "def rule(x):\n    return 3 * x\n",
    ):
        (package / "learner" / "rule.py").write_text(source)
        found.append(code_hash.__wrapped__())
    assert found[0] == found[1] != found[2]


def test_places_are_files_and_all_that_is_in_folders(package):
    (package / "jobs" / "worlds").mkdir(parents=True)
    world, page = package / "jobs" / "worlds" / "sea.py", package / "jobs" / "page.html"
    found = []
    for source in ("x = 1", "x = 2"):
        world.write_text(source)
        found.append([code_hash.__wrapped__(place) for place in ("jobs", "jobs/worlds/sea.py", "learner")])
    page.write_text("<p>")
    assert code_hash.__wrapped__("jobs") == found[1][0]
    assert [before == after for before, after in zip(*found, strict=True)] == [False, False, True]
