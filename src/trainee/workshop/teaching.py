"""Teaching: the record is read, and each job's agent taught in turn, one time step at a time."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

from trainee.errors import TraineeError
from trainee.record.events import Event
from trainee.record.log import EventLog
from trainee.workshop.bench import Bench

logger = logging.getLogger("trainee.workshop")
# Events that are read at once, and how long to wait where the record does not answer, or learning fails.
PAGE, RETRY_S = 256, 1.0
# How long what is being taken up may take at the end.
STOP_S = 5.0


class Turn:
    """A bench, and what it has had of its share.

    Args:
      bench: it.
      spent: seconds of its share that count as had.
    """

    def __init__(self, bench: Bench, spent: float):
        self.bench, self.spent = bench, spent
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
        if not self.bench.waiting:
            self.bench.hear(inbox.events[0])
            inbox.events.popleft()
        if self.bench.waiting:
            self.bench.learn()
        taken, share = time.perf_counter() - begun, self.bench.about["share"]
        self.spent += taken / share
        # What the share leaves is for others.
        self.rests_until = time.monotonic() + taken * (1 / share - 1)


class Teaching:
    """Teaches the agents of a workshop.

    Args:
      log: the record; it is only read.
      checkpoint_s: how often what was learned is saved.

    Attributes:
      problem: what is wrong with it, if anything is.
    """

    def __init__(self, log: EventLog, checkpoint_s: float):
        self._log, self._checkpoint_s = log, checkpoint_s
        self._turns: dict[str, Turn] = {}
        self._saving = ThreadPoolExecutor(1, thread_name_prefix="trainee-saving")
        self._last = self._read = 0
        self._again_at = 0.0
        self.problem: str | None = None

    def add(self, bench: Bench) -> None:
        """One more job to learn, not ahead of those that have learned for long."""
        spent = max((turn.spent for turn in self._turns.values()), default=0.0)
        self._turns[bench.about["job"]] = Turn(bench, spent)

    def hear(self, last: int) -> None:
        """The record goes up to this event."""
        if not self._last:
            # What was there before, each job reads by itself.
            self._read = last
        self._last = max(self._last, last)

    def step(self) -> bool:
        """Learn a little, for the job that had the least of its share; whether there may be more."""
        now = time.monotonic()
        if now < self._again_at:
            return False
        try:
            turn = self._next(now)
            if turn is None and self._look():
                turn = self._next(now)
            if turn is not None:
                turn.take()
        except Exception as error:
            self._trouble(error)
            return False
        self.problem = None
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
        for turn in self._turns.values():
            # An agent is saved as it is after an event; what is not saved is learned again.
            while turn.bench.waiting and time.monotonic() < ends:
                turn.bench.learn()
            if turn.unsaved:
                self._begin_saving(turn)
        self._saving.shutdown(wait=True)
        for turn in self._turns.values():
            self._saved(turn)

    def _next(self, now: float) -> Turn | None:
        able = [turn for turn in self._turns.values() if turn.able and turn.rests_until <= now]
        return min(able, key=lambda turn: turn.spent, default=None)

    def _look(self) -> bool:
        """Read what is new; whether anything was."""
        news: list[Event] = []
        if self._last > self._read:
            news = self._log.after(self._read, PAGE)
            self._read = news[-1].seq if news else self._last
            for event in news:
                if event.job in self._turns:
                    self._turns[event.job].bench.inbox.put(event)
        for turn in self._turns.values():
            inbox, job = turn.bench.inbox, turn.bench.about["job"]
            if not inbox.whole and not inbox.events:
                page = self._log.after(inbox.upto, PAGE, job=job)
                inbox.fill(page, len(page) < PAGE)
                news += page
        return bool(news)

    def _save_some(self, now: float) -> None:
        for turn in self._turns.values():
            if turn.saving is not None:
                self._saved(turn)
            elif now - turn.saved_at > self._checkpoint_s and turn.unsaved:
                turn.saved_at = now
                self._begin_saving(turn)

    def _begin_saving(self, turn: Turn) -> None:
        self._saved(turn, patient=True)
        turn.saving = self._saving.submit(turn.bench.copied())

    def _saved(self, turn: Turn, patient: bool = False) -> None:
        """What came of saving, where it is done."""
        if turn.saving is not None and (patient or turn.saving.done()):
            saving, turn.saving = turn.saving, None
            if (error := saving.exception()) is not None:
                self._trouble(error)

    def _trouble(self, error: BaseException) -> None:
        self.problem = str(error) or repr(error)
        logger.warning("learning: %s", self.problem, exc_info=None if isinstance(error, TraineeError) else error)
        self._again_at = time.monotonic() + RETRY_S
