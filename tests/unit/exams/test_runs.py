"""Runs over several processes."""

from __future__ import annotations

import os

import pytest

from trainee.exams.runs import runs


def process(name: str, add: int) -> tuple[str, int, int]:
    if name == "bad":
        raise ValueError("this one fails")
    return name, len(name) + add, os.getpid()


def test_each_run_is_told_of_once_and_the_time_left_ends_at_nothing() -> None:
    told = list(runs(process, ["a", "bb", "ccc"], 2, 10))
    assert sorted(progress.result[:2] for progress in told) == [("a", 11), ("bb", 12), ("ccc", 13)]
    assert [(progress.done, progress.count) for progress in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1].seconds_left == 0
    assert os.getpid() not in {progress.result[2] for progress in told}


def test_what_a_run_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="this one fails"):
        list(runs(process, ["bad", "a"], 1, 0))
