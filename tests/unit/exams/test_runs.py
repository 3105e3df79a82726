"""Runs over several processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from trainee.exams.runs import runs


def measured(group: Sequence[str], add: int) -> Iterator[tuple[str, tuple[int, int]]]:
    for name in group:
        if name == "bad":
            raise ValueError("this one fails")
        yield name, (len(name) + add, os.getpid())


def test_each_run_is_told_of_once_and_the_time_left_ends_at_nothing() -> None:
    told = list(runs(measured, [["a", "dddd"], ["bb"], ["ccc"]], len, 2, 10))
    assert sorted((progress.name, progress.result[0]) for progress in told) == [
        ("a", 11),
        ("bb", 12),
        ("ccc", 13),
        ("dddd", 14),
    ]
    assert [(progress.done, progress.count) for progress in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[-1].seconds_left == 0
    assert os.getpid() not in {progress.result[1] for progress in told}


def test_the_runs_of_a_group_are_told_of_in_its_order_from_one_process() -> None:
    told = list(runs(measured, [["a", "bb", "ccc"]], len, 2, 0))
    assert [progress.name for progress in told] == ["a", "bb", "ccc"]
    assert len({progress.result[1] for progress in told}) == 1


def test_the_time_left_is_in_proportion_to_what_is_left() -> None:
    first, second, last = runs(measured, [["a", "a" * 8, "a"]], len, 1, 0)
    assert first.seconds_left > second.seconds_left > last.seconds_left == 0


def test_what_a_run_raises_is_raised_here_and_what_ended_before_was_told() -> None:
    heard = runs(measured, [["a", "bad", "b"]], len, 1, 0)
    assert next(heard).name == "a"
    with pytest.raises(ValueError, match="this one fails"):
        next(heard)
