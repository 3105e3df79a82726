"""Teaching: the record is read, and each job's agent taught in turn, one time step at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from trainee.errors import TraineeError
from trainee.record.log import EventLog
from trainee.workshop.bench import Bench

logger = logging.getLogger("trainee.workshop")
# Events that are read at once, and how long to wait where the record does not answer, or learning fails.
PAGE, RETRY_S = 64, 1.0
# After so many steps it is looked whether others have something to do.
LOOK_STEPS = 64
# How long what is being taken up may take at the end.
STOP_S = 5.0


class Turn:
    """A bench, and what it has had of its share.

    Args:
      bench: it.

    Attributes:
      bench: the same.
      spent: seconds of its share that count as had.
      busy: it had something to do when that was last looked at.
      rests_until: not before then is it its turn.
    """

    def __init__(self, bench: Bench):
        self.bench, self.spent, self.busy = bench, 0.0, False
        self.rests_until, self.saved_at = 0.0, time.monotonic()
        self.saving: Future[None] | None = None

    @property
    def able(self) -> bool:
        """Whether there is something to do."""
        return self.bench.waiting or bool(self.bench.inbox.events)

    @property
    def unsaved(self) -> bool:
        """Whether there is something to be saved, and that can be done now."""
        return self.bench.cursor > self.bench.saved and not self.bench.waiting

    def take(self) -> None:
        """Learn from one time step, or take up one event if there is none to learn from."""
        inbox, begun = self.bench.inbox, time.perf_counter()
        try:
            if not self.bench.waiting:
                self.bench.hear(inbox.events[0])
                inbox.events.popleft()
            if self.bench.waiting:
                self.bench.learn()
        except BaseException:
            # The others go on meanwhile.
            self.rests_until = time.monotonic() + RETRY_S
            raise
        taken, share = time.perf_counter() - begun, self.bench.about["share"]
        self.spent += taken / share
        # What the share leaves is for others.
        self.rests_until = time.monotonic() + taken * (1 / share - 1)


class Teaching:
    """Teaches the agents of a workshop.

    Args:
      log: the record; it is only read.
      checkpoint_s: how often what was learned is saved.
    """

    def __init__(self, log: EventLog, checkpoint_s: float):
        self._log, self._checkpoint_s = log, checkpoint_s
        self._turns: dict[str, Turn] = {}
        self._saving = ThreadPoolExecutor(1, thread_name_prefix="trainee-saving")
        self._last = self._read = self._steps = 0
        self._look_at = 0.0
        # What is wrong, by what it is wrong with: reading, or a job's learning, copying or saving.
        self._troubles: dict[tuple[str, str], str] = {}

    @property
    def problem(self) -> str | None:
        """What is wrong with it, if anything is."""
        return next(iter(self._troubles.values()), None)

    def add(self, bench: Bench) -> None:
        """One more job to learn."""
        self._turns[bench.about["job"]] = Turn(bench)

    def hear(self, last: int) -> None:
        """The record goes up to this event."""
        if not self._last:
            # What was there before, each job reads by itself.
            self._read = last
        self._last = max(self._last, last)

    def step(self) -> bool:
        """Learn a little, for the job that had the least of its share; whether there may be more."""
        now = time.monotonic()
        self._steps += 1
        turn = self._next(now)
        if turn is None or not self._steps % LOOK_STEPS:
            self._look(now)
            turn = turn or self._next(now)
        if turn is not None:
            with self._told("learning", turn.bench.about["job"]):
                turn.take()
        self._save_some(now)
        return turn is not None

    def idle_s(self, most: float) -> float:
        """How long there is nothing to do, unless something is heard."""
        now = time.monotonic()
        resting = [turn.rests_until - now for turn in self._turns.values() if turn.rests_until > now]
        return max(min([most, *resting]), 0.0)

    def close(self) -> None:
        """Save everything and end."""
        ends = time.monotonic() + STOP_S
        for name, turn in self._turns.items():
            with self._told("copying", name):
                # An agent is saved as it is after an event; what is not saved is learned again.
                while turn.bench.waiting and time.monotonic() < ends:
                    turn.bench.learn()
                if turn.unsaved:
                    turn.saving = self._saving.submit(turn.bench.copied())
        self._saving.shutdown(wait=True)
        for name, turn in self._turns.items():
            self._saved(name, turn)

    def _next(self, now: float) -> Turn | None:
        """Whose turn it is."""
        able = [turn for turn in self._turns.values() if turn.able]
        least = min((turn.spent for turn in able if turn.busy), default=0.0)
        for turn in self._turns.values():
            if turn.able and not turn.busy:
                # Who had nothing to do has not saved up for it: the others are not to wait.
                turn.spent = max(turn.spent, least)
            turn.busy = turn.able
        return min((turn for turn in able if turn.rests_until <= now), key=lambda turn: turn.spent, default=None)

    def _look(self, now: float) -> None:
        """Read what is new."""
        if now < self._look_at:
            return
        self._look_at = now + RETRY_S
        with self._told("reading", ""):
            if self._last > self._read:
                news = self._log.after(self._read, PAGE)
                self._read = news[-1].seq if news else self._last
                for event in news:
                    if event.job in self._turns:
                        self._turns[event.job].bench.inbox.put(event)
            for name, turn in self._turns.items():
                inbox = turn.bench.inbox
                if not inbox.whole and not inbox.events:
                    page = self._log.after(inbox.upto, PAGE, job=name)
                    inbox.fill(page, len(page) < PAGE)
            self._look_at = 0.0

    def _save_some(self, now: float) -> None:
        for name, turn in self._turns.items():
            if turn.saving is not None:
                if turn.saving.done():
                    self._saved(name, turn)
            elif now - turn.saved_at > self._checkpoint_s and turn.unsaved:
                turn.saved_at = now
                with self._told("copying", name):
                    turn.saving = self._saving.submit(turn.bench.copied())

    def _saved(self, name: str, turn: Turn) -> None:
        """What came of saving."""
        if turn.saving is not None:
            saving, turn.saving = turn.saving, None
            with self._told("saving", name):
                saving.result()

    @contextmanager
    def _told(self, doing: str, job: str) -> Iterator[None]:
        """What goes wrong is told, until it goes well again."""
        try:
            yield
        except Exception as error:
            self._troubles[doing, job] = str(error) or repr(error)
            known = isinstance(error, TraineeError)
            logger.warning("%s %s: %s", doing, job, self._troubles[doing, job], exc_info=None if known else error)
        else:
            self._troubles.pop((doing, job), None)
