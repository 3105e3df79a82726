"""Callbacks: what is told of a worker's progress, and TensorBoard and the terminal among those who listen."""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import TextIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainee.errors import InvalidArgument, MissingExtra
from trainee.life.logbook import Episode, Logbook
from trainee.types import Decision, TimeStep

if TYPE_CHECKING:
    from trainee.errors import UnfitTimeStep


@dataclass
class Work:
    """One stretch of work at a job.

    Attributes:
      name: the worker's name.
      logbook: everything that the worker has done so far, also before this stretch.
      begin: the worker's step count when the stretch began.
      steps: how many steps the stretch is to have.
      clock: the stretch's step count and `time.perf_counter()` when timing began: after the first step, which compiles.
    """

    name: str
    logbook: Logbook
    begin: int
    steps: int
    clock: tuple[int, float] | None = None

    @property
    def done(self) -> int:
        """Steps made in this stretch."""
        return self.logbook.steps - self.begin

    @property
    def steps_per_second(self) -> float:
        """Mean speed over the stretch, learning included; 0 until it can be told."""
        if self.clock is None:
            return 0.0
        done, started = self.clock
        return (self.done - done) / max(time.perf_counter() - started, 1e-9)

    @property
    def seconds_left(self) -> float:
        """Time left at that speed; infinite until it can be told."""
        speed = self.steps_per_second
        return (self.steps - self.done) / speed if speed else float("inf")


class Callback:
    """Override what you want to hear of. Returning False from `on_step` ends the stretch early."""

    def on_start(self, work: Work) -> None:
        """A stretch of work begins."""

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> bool | None:
        """A step was made and learned from, and this is the decision that answers it."""

    def on_episode(self, work: Work, episode: Episode) -> None:
        """An episode ended."""

    def on_unfit(self, work: Work, fault: UnfitTimeStep) -> None:
        """A time step could not be learned from and was left out."""

    def on_end(self, work: Work) -> None:
        """The stretch is over, for whatever reason."""


def listeners(callbacks: Any) -> list[Callback]:
    """Callbacks that were passed, as a list.

    Raises:
      InvalidArgument: they are no callbacks.
    """
    several = isinstance(callbacks, Iterable) and not isinstance(callbacks, str | bytes)
    found: list[Any] = [*callbacks] if several else [callbacks]
    for each in found:
        if not isinstance(each, Callback):
            raise InvalidArgument(
                f"callbacks holds {each!r}, which is no callback: give instances of trainee.Callback, and a function "
                f"as on_step"
            )
    return found


class OnStep(Callback):
    """A plain function as a callback: `hook(work, time_step, decision)`."""

    def __init__(self, hook: Callable[[Work, TimeStep, Decision], bool | None]):
        self._hook = hook

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> bool | None:
        return self._hook(work, time_step, decision)


class Progress(Callback):
    """One line on a terminal, rewritten about four times a second."""

    def __init__(self, stream: TextIOBase | None = None, every_s: float = 0.25):
        self._stream, self._every_s, self._next = stream or sys.stderr, every_s, 0.0

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + self._every_s
            self._write(work)

    def on_end(self, work: Work) -> None:
        self._write(work)
        self._stream.write("\n")

    def _write(self, work: Work) -> None:
        self._stream.write(
            f"\r{work.name}  step {work.done}/{work.steps}  recent return {work.logbook.recent():.1f}  "
            f"{work.steps_per_second:.0f} steps/s  {work.seconds_left:.0f} s left   "
        )
        self._stream.flush()


class TensorBoard(Callback):
    """Curves for TensorBoard, by a writer that needs no TensorFlow; a file for each stretch of work."""

    def __init__(self, folder: str | Path, every_steps: int = 1000):
        try:
            from tensorboardX import SummaryWriter  # noqa: PLC0415 an optional library
        except ImportError as error:
            raise MissingExtra("tensorboardX", "tensorboard", "writing for TensorBoard") from error
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidArgument(f"tensorboard={str(folder)!r} is no folder to write to: {error}. Give one") from error
        self._open, self._folder, self._every_steps = SummaryWriter, str(folder), every_steps
        self._writer: Any = None

    def on_start(self, work: Work) -> None:
        # Files are named by the second they are made in: without more, a short stretch's would be written over.
        suffix = f".{zlib.crc32(work.name.encode()):08x}.{work.begin}"
        self._writer = self._open(self._folder, flush_secs=10, filename_suffix=suffix)

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        step = work.logbook.steps
        if step % self._every_steps == 0:
            self._writer.add_scalar(f"{work.name}/value", float(decision.value), step)
            self._writer.add_scalar(f"{work.name}/spread", float(decision.spread), step)
            self._writer.add_scalar(f"{work.name}/steps per second", work.steps_per_second, step)

    def on_episode(self, work: Work, episode: Episode) -> None:
        self._writer.add_scalar(f"{work.name}/return", episode.total, episode.step)
        self._writer.add_scalar(f"{work.name}/length", episode.length, episode.step)
        self._writer.add_scalar(f"{work.name}/predicted", episode.predicted, episode.step)
        self._writer.add_scalar(f"{work.name}/realised", episode.realised, episode.step)

    def on_end(self, work: Work) -> None:
        if self._writer is not None:
            self._writer.close()
