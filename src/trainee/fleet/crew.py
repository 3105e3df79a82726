"""The crew: the workers of a fleet, each in a process of its own, begun again where it ends before its work does."""

from __future__ import annotations

import multiprocessing
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, TypeVar

from trainee import record
from trainee.errors import InvalidArgument, RecordError
from trainee.fleet.labour import INTERRUPTED, REFUSED, Assignment, labour

# In a row without a step on the disk in between: a worker that ends so often for nothing would go on to.
MOST_RESTARTS = 3
LISTEN_S = 1.0
STOP = "stop"

M = TypeVar("M", bound="Member")


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
    """Have workers do what they are to, each in a process of its own on this machine; see `attended`."""

    def listened(going: Sequence[_Near]) -> None:
        wait([each for member in going for each in member.signs], LISTEN_S)

    return attended(given, _Near, listened)


def attended(
    given: Sequence[Assignment], member: Callable[[int, Assignment], M], listened: Callable[[Sequence[M]], None]
) -> Generator[News, None, None]:
    """Have workers do what they are to, and tell what is heard of them.

    One that is killed, or that fails otherwise, is begun again from its checkpoint. One that cannot do what it is to,
    since a job cannot be worked at or its home is in use, is given up, and the others go on. After Ctrl-C, or where
    this is closed, they are told to stop, save, and are waited for; a second Ctrl-C does not wait.

    Args:
      given: what each is to do.
      member: puts one to work.
      listened: returns when there is news of some that are at work, and after a while in any case.
    Raises:
      KeyboardInterrupt: Ctrl-C, after every worker has saved.
    """
    members: list[M] = []
    try:
        for number, assignment in enumerate(given):
            members.append(member(number, assignment))
        while going := [each for each in members if not each.over]:
            listened(going)
            for each in going:
                yield from each.listen()
    finally:
        try:
            for each in members:
                each.stop()
            for each in members:
                each.join()
        finally:
            for each in members:
                each.kill()


class Member(ABC):
    """One worker, and how often it was begun again for nothing.

    Attributes:
      over: it has ended, and is not begun again.
    """

    def __init__(self, number: int, assignment: Assignment):
        self.number, self.assignment, self.over = number, assignment, False
        self._fruitless, self._refusal, self._handed_in = 0, "", set[tuple[str, str]]()
        self._again()

    @abstractmethod
    def begin(self) -> None:
        """Put it to work, from what it saved."""

    @abstractmethod
    def listen(self) -> Iterator[News]:
        """What it has said, and how it ended if it did; does not wait."""

    @abstractmethod
    def stop(self) -> None:
        """Have it save and end, if it has not ended; does not wait for that."""

    @abstractmethod
    def join(self) -> None:
        """Wait until it has ended."""

    @abstractmethod
    def kill(self) -> None:
        """End it as it is, if it has not ended."""

    def news(self, said: dict[str, Any]) -> Iterator[News]:
        """What it said as news; lessons that were handed in before it was begun again are not told of twice."""
        if said.get("lessons"):
            lessons = said["job"], said["sha256"]
            if lessons in self._handed_in:
                return
            self._handed_in.add(lessons)
        if "error" in said:
            self._refusal = said["message"]
        warns = "warning" in said or "error" in said
        yield News(self.number, "warning" if warns else "done with a job" if "lessons" in said else "going", said)

    def ended(self, code: int | None, how: str) -> News:
        """What becomes of one that ended with this code, in these words; begins it again where it is to go on.

        Raises:
          KeyboardInterrupt: it was interrupted.
        """
        if code == 0:
            self.over = True
            return News(self.number, "done")
        if code == INTERRUPTED:
            self.over = True
            raise KeyboardInterrupt
        if code == REFUSED:
            self.over = True
            return News(self.number, "given up", {"why": self._refusal})
        saved = _steps_saved(self.assignment.home)
        self._fruitless = 0 if saved > self._from else self._fruitless + 1
        if self._fruitless > MOST_RESTARTS:
            self.over = True
            why = f"{how}, {self._fruitless} times in a row without a step that was kept. See what it printed"
            return News(self.number, "given up", {"why": why})
        self._again()
        return News(self.number, "restarted", {"why": how, "steps": saved})

    def _again(self) -> None:
        self._from = _steps_saved(self.assignment.home)
        self.begin()


class _Near(Member):
    """One in a process of its own on this machine."""

    process: SpawnProcess
    heard: Connection

    def begin(self) -> None:
        # JAX runs threads, which a fork would lose.
        context = multiprocessing.get_context("spawn")
        self.heard, told = context.Pipe()
        self._silent = False
        self.process = context.Process(target=labour, args=(self.assignment, told), daemon=False)
        self.process.start()
        told.close()

    @property
    def signs(self) -> list[Any]:
        """What to wait for: something said, as long as more is to come, or the end."""
        return [self.process.sentinel] if self._silent else [self.heard, self.process.sentinel]

    def listen(self) -> Iterator[News]:
        ended = not self.process.is_alive()
        try:
            while not self._silent and self.heard.poll():
                yield from self.news(self.heard.recv())
        except (EOFError, OSError):
            self._silent = True
        if ended:
            self.process.join()
            self.heard.close()
            code = self.process.exitcode
            yield self.ended(code, f"its process ended with exit code {code}")

    def stop(self) -> None:
        with suppress(OSError):
            self.heard.send(STOP)

    def join(self) -> None:
        self.process.join()

    def kill(self) -> None:
        self.process.terminate()
        self.process.join()


def _steps_saved(home: Path) -> int:
    """The steps of the checkpoint in a home; 0 where there is none that can be read."""
    try:
        return int(record.describe(home).about["step"])
    except (RecordError, KeyError):
        return 0
