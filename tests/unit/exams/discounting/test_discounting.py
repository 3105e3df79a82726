"""Discounting as an exam: areas of curves known beforehand, and agents that are really made offers."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.errors import DamagedPart
from trainee.exams.discounting.load import CONDITIONS, PLACES, Choices, Size, choices, kept, recalled, runs_of
from trainee.exams.discounting.report import write_page
from trainee.exams.discounting.score import discounting, predictions
from trainee.jobs.offers import CHANCES, DELAYS

SMALL = Size(2, 120)


def made(worth, agents=8):
    """Choices of agents to all of whom what is more is worth as much."""
    offered = np.full((agents, PLACES), 200.0)
    return Choices(offered, offered * np.array(worth))


def of(rate, averse=1.0):
    """What a hyperbola of such a rate makes of delays, and one who minds odds so much of those."""
    odds = [1 / (1 + averse * (1 - chance) / chance) for chance in CHANCES]
    return [*(1 / (1 + rate * delay) for delay in DELAYS), *odds]


def test_areas_under_the_curves():
    nothing = discounting(made(np.ones(PLACES)))
    assert nothing.delays == nothing.odds == (1.0, 1.0, 1.0)
    # By trapezes: 1 to .5 over an eighth, and .5 from there on.
    flat = discounting(made([0.5] * PLACES))
    assert flat.delays[0] == pytest.approx(0.125 * 0.75 + 0.875 * 0.5)
    assert flat.odds[0] == pytest.approx(0.5 + 0.25 * (1 / 9) / 9)
    steep, shallow = (discounting(made(of(rate))).delays[0] for rate in (1.0, 0.1))
    assert steep < shallow < 1


def test_predictions_are_met_where_they_hold_and_not_where_they_do_not():
    intact, lesioned = made(of(0.05, 1.5)), made(of(0.8, 1.0))
    assert [bar.met for bar in predictions({"intact": intact, "all": lesioned})] == [True, True]
    assert [bar.met for bar in predictions({"intact": lesioned, "all": intact})] == [False, False]
    assert [bar.met for bar in predictions({"intact": intact, "all": intact})] == [False, False]


def test_agents_are_made_offers_and_what_they_took_is_kept(tmp_path):
    assert [name for name, _ in runs_of(["fear"], SMALL, tmp_path)] == ["fear"]
    with pytest.raises(DamagedPart, match=r"intact\.npz cannot be read"):
        recalled(tmp_path)
    again = choices("fear", SMALL)
    for condition in CONDITIONS:
        kept(tmp_path, condition).write_bytes(kept(tmp_path, "fear").read_bytes())
    found = recalled(tmp_path)
    for one, other in zip(found["fear"], again, strict=True):
        np.testing.assert_array_equal(one, other)
    offered, more = again
    assert offered.shape == more.shape == (2, PLACES)
    assert (more <= offered).all()
    # An offer takes from two steps to ten, and half of the steps count.
    assert (offered.sum(axis=1) >= 6).all()
    assert (offered.sum(axis=1) <= 30).all()
    page = write_page(tmp_path / "page.html", found, predictions(found)).read_text("utf-8")
    assert "without any emotion" in page
    assert "delays are discounted more steeply" in page
    head, *rows = (tmp_path / "page.csv").read_text().splitlines()
    assert (head, len(rows)) == ("condition,of,at,worth", len(found) * PLACES)
