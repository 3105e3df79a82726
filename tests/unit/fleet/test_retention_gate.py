"""The gate: what is retained, by hand, and what is said where it is not enough."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.errors import UnknownJob
from trainee.fleet.gate import endless, not_played, retention
from trainee.fleet.trials import Trial


def test_what_is_retained_by_hand():
    found = retention("pole", [100.0] * 30, [90.0] * 30, [0.0] * 30)
    assert (found.specialist, found.merged, found.random, found.retained) == (100, 90, 0, pytest.approx(0.9))
    assert (found.low, found.high) == (pytest.approx(0.9), pytest.approx(0.9))
    assert found.verdict == "failed"
    assert "pole: 0.900 of the specialist's return is retained, [0.900, 0.900]: 0.050 below 0.95" in found.why
    assert "more width" in found.why


def test_costs_are_returns_too():
    found = retention("car", [-100.0] * 30, [-105.0] * 30, [-200.0] * 30)
    assert found.retained == pytest.approx(0.95)
    assert retention("car", [-100.0] * 30, [-300.0] * 30, [-200.0] * 30).retained == pytest.approx(-1)


def test_the_same_returns_pass_however_much_they_vary():
    """Episodes are compared one by one, so that what is the same is known to be."""
    returns = np.random.default_rng(0).normal(100, 50, 50).tolist()
    found = retention("pole", returns, returns, [0.0] * 50)
    assert (found.retained, found.low, found.high, found.passed, found.why) == (1, 1, 1, True, "")


def test_episodes_that_vary_are_inconclusive():
    draw = np.random.default_rng(1)
    found = retention("pole", draw.normal(100, 40, 30).tolist(), draw.normal(103, 40, 30).tolist(), [0.0] * 30)
    assert found.low < 0.95 < found.high
    assert (found.verdict, found.passed) == ("inconclusive", False)
    assert "Play more episodes than 30" in found.why


@pytest.mark.parametrize("merged", [100.0, 10.0, -5.0])
def test_a_handful_of_episodes_tells_nothing(merged):
    """Of returns that are all alike a bootstrap says that it is sure."""
    found = retention("pole", [100.0] * 29, [merged] * 29, [0.0] * 29)
    assert (found.verdict, found.passed, found.merged) == ("inconclusive", False, merged)
    assert [found.retained, found.low, found.high] == pytest.approx([merged / 100] * 3)
    assert "pole: 29 episodes say too little" in found.why


def test_what_does_not_end_is_named():
    ended, cut = Trial((5.0, 7.0), 0), Trial((5.0, 30_000.0), 1)
    assert endless("pole", ended, ended, ended) is None
    found = endless("pole", ended, cut, ended)
    assert (found.verdict, found.passed, found.episodes) == ("endless", False, 2)
    assert "1 of the episodes of the merged agent did not end within 30,000 steps" in found.why


def test_where_random_play_alone_does_not_end_the_others_are_told():
    ended = Trial((5.0,) * 30, 0)
    found = endless("pole", ended, ended, Trial((-30_000.0,) * 16, 16))
    assert (found.specialist, found.merged, found.verdict) == (5.0, 5.0, "endless")
    assert np.isnan([found.random, found.retained]).all()
    assert "16 of the episodes of random play did not end" in found.why


def test_a_specialist_no_better_than_chance_is_named():
    found = retention("car", [-200.0] * 30, [-100.0] * 30, [-200.0] * 30)
    assert (found.verdict, found.passed) == ("learned nothing", False)
    assert np.isnan(found.retained)
    assert "does no better than random play, as far as 30 episodes tell (-200 against -200)" in found.why


def test_a_job_out_of_reach_does_not_pass():
    found = not_played("pump", UnknownJob("no environment is called 'pump'"))
    assert (found.verdict, found.passed) == ("not played", False)
    assert "no environment is called 'pump'" in found.why


def test_how_sure_it_is_holds():
    """The lower bound is above the truth in about one of forty."""
    draw, above, trials = np.random.default_rng(2), 0, 200
    for _ in range(trials):
        found = retention("x", *(draw.normal(mean, 3, 40).tolist() for mean in (10, 9, 0)))
        above += found.low > 0.9
    assert above <= 0.06 * trials, above
