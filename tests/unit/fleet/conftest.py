"""Agents that have worked a little."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleets import WALK, trained
from trainee import Agent
from trainee.fleet import digest, keep


@pytest.fixture(scope="session")
def walker() -> Agent:
    """An agent that has worked at the walk; not to be changed."""
    return trained(WALK)


@pytest.fixture(scope="session")
def shelved(walker: Agent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its lessons; not to be changed."""
    folder = tmp_path_factory.mktemp("shelf") / "walk"
    keep(digest(walker, WALK), folder)
    return folder
