"""Runs of an exam: many pieces of work over several processes, each told of as it ends."""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.managers import SyncManager
from typing import Any, NamedTuple

from trainee.life.runtime import end_with_the_parent

# How long nothing is told at the most, where runs tell how far they are.
TOLD_S = 60.0


class Part(NamedTuple):
    """The share of a run that is done, from 0 to 1."""

    share: float


@dataclass(frozen=True)
class Progress:
    """How far the runs of an exam are.

    Attributes:
      name: of the run that has just ended, or that has told how far it is.
      result: what came of it; of one that is under way, a `Part`.
      done: how many have ended.
      count: how many there are.
      seconds_left: by what those that ended, and as much of the others as is told, took for their size.
    """

    name: str
    result: Any
    done: int
    count: int
    seconds_left: float


def runs(
    work: Callable[..., Iterator[tuple[str, Any]]],
    groups: Sequence[Sequence[str]],
    size: Callable[[str], float],
    processes: int,
    *arguments: Any,
) -> Iterator[Progress]:
    """Do groups of runs in processes of their own, and tell of each run as it ends.

    Args:
      work: a function that a new process can import. `work(group, *arguments)` does the runs of a group, yields the
        name and the result of each as it ends, now and then if it likes a `Part` in place of the result of one under
        way, and keeps what it did on disk.
      groups: names of runs that are done in one process, the longest first if it is known which they are.
      size: of the run of a name: what the time that it takes is about in proportion to.
      processes: how many at a time; each does one group after another, so that what JAX compiled is compiled once.
    Raises:
      Exception: what a run raised. Groups under way are waited for, the others are not begun.
    """
    started_s = told_s = time.perf_counter()
    names = [name for group in groups for name in group]
    whole, over, done = sum(map(size, names)), 0.0, 0
    parts: dict[str, float] = {}
    # JAX runs threads, which a fork would lose.
    context = multiprocessing.get_context("spawn")
    manager = SyncManager(ctx=context)
    manager.start(end_with_the_parent)
    with (
        manager,
        ProcessPoolExecutor(max(1, min(processes, len(groups))), context, end_with_the_parent) as pool,
    ):
        heard, waiting = manager.Queue(), iter(enumerate(groups))
        under_way: dict[int, Future[None]] = {}

        def begin(count: int) -> None:
            # No more than can be worked at: what the pool has been given it cannot be kept from beginning.
            for number, group in itertools.islice(waiting, count):
                under_way[number] = pool.submit(_told, heard, work, group, *arguments)
                # What a group told was put before it was over, and so is heard before that it is.
                under_way[number].add_done_callback(functools.partial(_over, heard, number))

        begin(max(1, processes))
        while under_way:
            told = heard.get()
            if isinstance(told, int):
                under_way.pop(told).result()
                begin(1)
                continue
            (name, result), now_s = told, time.perf_counter()
            if isinstance(result, Part):
                parts[name] = result.share * size(name)
                if now_s - told_s < TOLD_S:
                    continue
            else:
                parts.pop(name, None)
                done, over = done + 1, over + size(name)
            told_s, worked = now_s, over + sum(parts.values())
            left_s = (now_s - started_s) / max(worked, 1e-9) * max(whole - worked, 0.0)
            yield Progress(name, result, done, len(names), left_s)


def _over(heard: Any, number: int, _: Future[None]) -> None:
    heard.put(number)


def _told(heard: Any, work: Callable[..., Iterator[tuple[str, Any]]], group: Sequence[str], *arguments: Any) -> None:
    for told in work(group, *arguments):
        heard.put(told)
