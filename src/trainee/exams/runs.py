"""Runs of an exam: many pieces of work over several processes, each told of as it ends."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """How far the runs of an exam are.

    Attributes:
      name: of the run that has just ended.
      result: what it returned.
      done: how many have ended.
      count: how many there are.
      seconds_left: by what the ended ones took.
    """

    name: str
    result: Any
    done: int
    count: int
    seconds_left: float


def runs(work: Callable[..., Any], names: Sequence[str], processes: int, *arguments: Any) -> Iterator[Progress]:
    """Call `work(name, *arguments)` for each name in processes of their own, and tell of each as it ends.

    Args:
      work: a function that a new process can import; it keeps what it did on disk.
      names: of the runs, the longest first if it is known which they are.
      processes: how many at a time; each does one run after another, so that what JAX compiled is compiled once.
    Raises:
      Exception: what a run raised. Those under way are waited for, the others are not begun.
    """
    started_s = time.perf_counter()
    # JAX runs threads, which a fork would lose.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, min(processes, len(names))), mp_context=context) as pool:
        waiting = {pool.submit(work, name, *arguments): name for name in names}
        try:
            for done, future in enumerate(as_completed(waiting), 1):
                spent_s = time.perf_counter() - started_s
                left_s = spent_s / done * (len(names) - done)
                yield Progress(waiting[future], future.result(), done, len(names), left_s)
        finally:
            pool.shutdown(cancel_futures=True)
