"""The crew: the workers of a fleet, each in a process of its own, begun again where one ends before its work does."""

from __future__ import annotations

import multiprocessing
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from trainee import record
from trainee.errors import InvalidArgument, RecordError
from trainee.fleet.labour import INTERRUPTED, REFUSED, Assignment, labour

# In a row without a step on the disk in between: a worker that ends so often for nothing would go on to.
MOST_RESTARTS = 3
LISTEN_S = 1.0
STOP = "stop"


@dataclass(frozen=True)
class News:
    """What is heard of a worker.

    Attributes:
      worker: its number.
      kind: `going`, `done with a job`, `warning`, `restarted`, `given up` or `done`.
      about: what there is to say, as JSON has it.
    """

    worker: int
    kind: str
    about: dict[str, Any] = field(default_factory=dict)


def assignments(
    jobs: Sequence[str], workers: int, steps: int, home: Path, seed: int = 0, width: int = 64
) -> list[Assignment]:
    """Who does what: jobs are dealt out in turn.

    Args:
      jobs: each once.
      workers: how many, at most one for each job.
      steps: at each job.
      home: of the fleet; each worker has a folder in it.
      seed, width: of the agent that they all descend from.
    Raises:
      InvalidArgument: a job is given twice, or there are more workers than jobs.
    """
    if twice := sorted({job for job in jobs if jobs.count(job) > 1}):
        raise InvalidArgument(f"{twice[0]} is given twice: each job of a fleet has one worker, so give it once")
    if not 1 <= workers <= len(jobs):
        raise InvalidArgument(
            f"--workers must be from 1 to {len(jobs)}, the number of jobs, not {workers}: each worker needs one"
        )
    dealt = [tuple(jobs[i::workers]) for i in range(workers)]
    return [Assignment(home / f"worker-{i + 1}", own, steps, seed, width) for i, own in enumerate(dealt)]


def crew(given: Sequence[Assignment]) -> Generator[News, None, None]:
    """Have workers do what they are to, each in a process of its own, and tell what is heard of them.

    A worker whose process is killed, or that fails otherwise, is begun again from its checkpoint. One that cannot do
    what it is to, since a job cannot be worked at or its home is in use, is given up, and the others go on. After
    Ctrl-C, or where this is closed, they are told to stop, save, and are waited for; a second Ctrl-C does not wait.

    Raises:
      KeyboardInterrupt: Ctrl-C, after every worker has saved.
    """
    members: list[_Member] = []
    try:
        for i, assignment in enumerate(given):
            members.append(_Member(i, assignment))
        while going := [member for member in members if not member.over]:
            wait([each for member in going for each in member.signs], LISTEN_S)
            for member in going:
                yield from member.listen()
    finally:
        try:
            for member in members:
                member.stop()
            for member in members:
                member.process.join()
        finally:
            for member in members:
                member.process.terminate()
                member.process.join()


class _Member:
    """One worker: its process, and how often it was begun again for nothing."""

    def __init__(self, number: int, assignment: Assignment):
        self.number, self.assignment = number, assignment
        self.over, self._fruitless, self._refusal, self._silent = False, 0, "", False
        self.process: SpawnProcess
        self.heard: Connection
        self._begin()

    def _begin(self) -> None:
        # JAX runs threads, which a fork would lose.
        context = multiprocessing.get_context("spawn")
        self.heard, told = context.Pipe()
        self._silent, self._from = False, _steps_saved(self.assignment.home)
        self.process = context.Process(target=labour, args=(self.assignment, told), daemon=False)
        self.process.start()
        told.close()

    def stop(self) -> None:
        """Have it save and end, if it has not ended; does not wait for that."""
        with suppress(OSError):
            self.heard.send(STOP)

    @property
    def signs(self) -> list[Any]:
        """What to wait for: something said, as long as more is to come, or the end."""
        return [self.process.sentinel] if self._silent else [self.heard, self.process.sentinel]

    def listen(self) -> Iterator[News]:
        """What it has said, and how it ended if it did."""
        ended = not self.process.is_alive()
        try:
            while not self._silent and self.heard.poll():
                yield self._news(self.heard.recv())
        except (EOFError, OSError):
            self._silent = True
        if ended:
            self.process.join()
            self.heard.close()
            yield self._ended(self.process.exitcode)

    def _news(self, said: dict[str, Any]) -> News:
        if "error" in said:
            self._refusal = said["message"]
        kind = (
            "warning" if "warning" in said or "error" in said else "done with a job" if "lessons" in said else "going"
        )
        return News(self.number, kind, said)

    def _ended(self, code: int | None) -> News:
        if code == 0:
            self.over = True
            return News(self.number, "done")
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code == REFUSED:
            self.over = True
            return News(self.number, "given up", {"why": self._refusal})
        saved = _steps_saved(self.assignment.home)
        self._fruitless = 0 if saved > self._from else self._fruitless + 1
        how = f"its process ended with exit code {code}"
        if self._fruitless > MOST_RESTARTS:
            self.over = True
            why = f"{how}, {self._fruitless} times in a row without a step that was kept. See what it printed"
            return News(self.number, "given up", {"why": why})
        self._begin()
        return News(self.number, "restarted", {"why": how, "steps": saved})


def _steps_saved(home: Path) -> int:
    """The steps of the checkpoint in a home; 0 where there is none that can be read."""
    try:
        return int(record.describe(home).about["step"])
    except (RecordError, KeyError):
        return 0
