"""Runs over several processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from trainee.exams.runs import Part, runs

pytestmark = pytest.mark.long


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


def test_who_listens_late_hears_of_all_that_ended_meanwhile() -> None:
    names = []
    for progress in runs(measured, [["a", "dddd"], ["bb"], ["ccc"]], len, 2, 10):
        names.append(progress.name)
        # Long enough for all groups to be over.
        time.sleep(2.0 if len(names) == 1 else 0.0)
    assert sorted(names) == ["a", "bb", "ccc", "dddd"]


def test_the_runs_of_a_group_are_told_of_in_its_order_from_one_process() -> None:
    told = list(runs(measured, [["a", "bb", "ccc"]], len, 2, 0))
    assert [progress.name for progress in told] == ["a", "bb", "ccc"]
    assert len({progress.result[1] for progress in told}) == 1


def test_the_time_left_is_in_proportion_to_what_is_left() -> None:
    first, second, last = runs(measured, [["a", "a" * 8, "a"]], len, 1, 0)
    assert first.seconds_left > second.seconds_left > last.seconds_left == 0


def slow(group: Sequence[str]) -> Iterator[tuple[str, str | Part]]:
    for name in group:
        for share in (0.0, 0.5, 0.75):
            yield name, Part(share)
        yield name, name


def test_what_is_under_way_counts_for_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainee.exams.runs.TOLD_S", 0.0)
    told = list(runs(slow, [["aaaa", "bbbb"]], len, 1))
    assert [(one.name, one.result, one.done) for one in told[2:5]] == [
        ("aaaa", Part(0.75), 0),
        ("aaaa", "aaaa", 1),
        ("bbbb", Part(0.0), 1),
    ]
    assert told[1].seconds_left > told[2].seconds_left > told[3].seconds_left > told[-1].seconds_left == 0
    monkeypatch.setattr("trainee.exams.runs.TOLD_S", 60.0)
    assert [one.result for one in runs(slow, [["aaaa", "bbbb"]], len, 1)] == ["aaaa", "bbbb"]


def test_what_a_run_raises_is_raised_here_and_what_ended_before_was_told() -> None:
    heard = runs(measured, [["a", "bad", "b"]], len, 1, 0)
    assert next(heard).name == "a"
    with pytest.raises(ValueError, match="this one fails"):
        next(heard)


def begun(group: Sequence[str], folder: Path) -> Iterator[tuple[str, None]]:
    for name in group:
        (folder / name).touch()
        if name == "bad":
            raise ValueError("this one fails")
        yield name, None


def test_where_one_fails_the_groups_that_wait_are_not_begun(tmp_path: Path) -> None:
    groups = [["bad"], *([name] for name in "abcdef")]
    with pytest.raises(ValueError, match="this one fails"):
        list(runs(begun, groups, len, 1, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


ENDLESS = """
import os, sys, time
from trainee.exams.runs import Part, runs

def measured(group):
    for name in group:
        yield name, os.getpid()
    time.sleep(60)

if __name__ == "__main__":
    for progress in runs(measured, [["a"], ["b"]], len, 2):
        print(progress.result, flush=True)
"""


def alive(process: int) -> bool:
    # One that has ended and was not waited for is still listed, as a zombie.
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def running() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def session(process: int) -> int | None:
    try:
        return os.getsid(process)
    except ProcessLookupError:
        return None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux lists its processes in /proc")
def test_who_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as parent:
        assert parent.stdout is not None
        children = [int(parent.stdout.readline()) for _ in range(2)]
        # And what stands between them and the parent.
        children += [each for each in running() if session(each) == parent.pid != each]
        assert all(map(alive, children))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        give_up_s = time.monotonic() + 20
        while any(map(alive, children)) and time.monotonic() < give_up_s:
            time.sleep(0.1)
        assert not any(map(alive, children))
