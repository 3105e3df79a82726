"""The live table of a fleet, on a terminal that is a string."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from fleets import NESTED, WALK
from trainee.cli.fleet_live import FleetLive
from trainee.fleet import News, assignments

GOING = {"job": WALK, "steps": 1_234, "online": 2.5, "recent": float("nan"), "speed": 987.6, "process": 1}


@pytest.fixture
def console():
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def test_each_worker_has_a_row_that_says_how_it_goes(console, tmp_path):
    with FleetLive(console, assignments([WALK, NESTED], 2, 5_000, tmp_path)) as live:
        begun = console.file.getvalue()
        live.tell(News(0, "going", GOING))
    assert begun.count("starting") == 2
    rows = [line for line in console.file.getvalue().splitlines() if WALK in line]
    cells = [cell.strip() for cell in rows[-1].split("│")]
    assert cells[1:-1] == ["1", WALK, "1,234/5,000", "2.5", "–", "988", "at work"]


def test_what_happens_is_said_above_it_and_not_taken_for_markup(console, tmp_path):
    with FleetLive(console, assignments([WALK, NESTED], 2, 5_000, tmp_path)) as live:
        live.tell(News(0, "restarted", {"steps": 600, "why": "its process ended with exit code -9"}))
        live.tell(News(0, "going", GOING))
        live.tell(News(0, "done with a job", {"job": WALK, "steps": 5_000, "lessons": "x", "sha256": "y"}))
        live.tell(News(0, "done"))
        assert not live.given_up
        live.tell(News(1, "given up", {"why": "observation['lidar'][3] is no number"}))
        assert live.given_up
    shown = console.file.getvalue()
    assert "worker 1: begun again from 600 steps, as its process ended with exit code -9" in shown
    assert "worker 2: given up: observation['lidar'][3] is no number" in shown
    last = [line for line in shown.splitlines() if WALK in line][-1]
    assert "5,000/5,000" in last
    assert last.rstrip(" │").endswith("done")
