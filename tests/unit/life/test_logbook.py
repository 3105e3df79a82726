"""The logbook, by hand, and its tenths beside those that all learners in the benchmark are measured by."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainee.life import Episode, Logbook, tenths

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def ended(step: int, total: float) -> Episode:
    return Episode(step, 1, total, 0.0, 0.0)


def test_episodes_by_hand() -> None:
    log = Logbook(discount=0.5)
    assert log.enter(0.0, 1.0, True, False, 7.0) is None
    assert log.enter(1.0, 1.0, False, False, 3.0) is None
    assert (log.steps, log.length, log.total, log.realised) == (1, 1, 1.0, 1.0)
    # Terminated: what the agent believes of what follows counts nothing. 1 + 2/2 + 4/4 = 3.
    log.enter(2.0, 1.0, False, False, 3.0)
    assert log.enter(4.0, 0.0, False, True, 100.0) == Episode(3, 3, 7.0, 7.0, 3.0)
    # Cut short: it goes on with the agent's own value. 1 + 8/2 = 5.
    log.enter(0.0, 1.0, True, False, 9.0)
    assert log.enter(1.0, 1.0, False, True, 8.0) == Episode(4, 1, 1.0, 9.0, 5.0)
    assert log.recent() == 4.0
    assert log.recent(count=1) == 1.0
    assert log.steps == 4


def test_what_the_value_is_discounted_by_may_change_within_an_episode() -> None:
    log = Logbook(discount=0.9)
    # It is said with each value, and goes for what comes after that one.
    log.enter(0.0, 1.0, True, False, 7.0, 0.5)
    assert log.discount == 0.5
    log.enter(1.0, 1.0, False, False, 3.0, 0.5)
    log.enter(2.0, 1.0, False, False, 3.0, 0.25)
    assert (log.realised, log.weight, log.discount) == (2.0, 0.125, 0.25)
    # Where nothing is said it stays as it was: 1 + 2/2 + 16/8.
    log.enter(16.0, 1.0, False, False, 3.0)
    assert (log.realised, log.weight) == (4.0, 0.03125)
    # Cut short: 32/32 more, and after the last step by what is said with it, (1/32)·¾ of 128.
    assert log.enter(32.0, 1.0, False, True, 128.0, 0.75) == Episode(4, 4, 51.0, 7.0, 8.0)
    # A new episode counts from 1 again, and by what was said the last time: 1 + ¾·4.
    log.enter(0.0, 1.0, True, False, 5.0)
    assert (log.realised, log.weight, log.discount) == (0.0, 1.0, 0.75)
    log.enter(1.0, 1.0, False, False, 0.0)
    assert log.enter(4.0, 0.0, False, True, 100.0) == Episode(6, 2, 5.0, 5.0, 4.0)


def test_an_episode_that_was_broken_off_does_not_count() -> None:
    log = Logbook(discount=1.0)
    log.enter(0.0, 1.0, True, False, 0.0)
    log.enter(5.0, 1.0, False, False, 0.0)
    log.enter(0.0, 1.0, True, False, 2.0)
    assert log.enter(1.0, 0.0, False, True, 0.0) == Episode(2, 1, 1.0, 2.0, 1.0)
    assert len(log.episodes) == 1


def test_tenths_by_hand() -> None:
    # Parts of ten steps: the first has 3 and 5, the second none, the third 8; nothing after.
    episodes = [ended(4, 3.0), ended(10, 5.0), ended(21, 8.0)]
    assert tenths(episodes, 0, 100) == [4.0, 4.0, *[8.0] * 8]
    assert tenths(episodes, 10, 110) == [8.0] * 10
    log = Logbook(0.9, steps=100, episodes=episodes)
    assert log.online_return() == pytest.approx((2 * 4.0 + 8 * 8.0) / 10)
    assert all(math.isnan(part) for part in tenths([], 0, 100))
    assert math.isnan(Logbook(0.9).recent())


@given(st.integers(1, 300), st.lists(st.tuples(st.integers(1, 400), st.integers(-9, 9)), max_size=20))
def test_tenths_are_those_of_the_benchmark_once_an_episode_has_ended(steps: int, ends: list[tuple[int, int]]) -> None:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from meter import tenths as measured
    finally:
        sys.path.remove(str(BENCHMARKS))
    pairs = sorted((step, float(total)) for step, total in ends)
    ours = tenths([ended(step, total) for step, total in pairs if step <= steps], 0, steps)
    theirs = measured(pairs, steps)
    known = next((part for part in theirs if part is not None), math.nan)
    assert ours == pytest.approx([known if part is None else part for part in theirs], nan_ok=True)
