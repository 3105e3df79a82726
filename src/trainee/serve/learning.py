"""Learning: one thread that reads the record and teaches each job's agent in turn, when nobody waits to be answered."""

from __future__ import annotations

import logging
import threading
import time

from trainee.errors import TraineeError
from trainee.record.events import Event
from trainee.record.log import EventLog
from trainee.serve.place import Place

logger = logging.getLogger("trainee.serve")
# Events that are read at once, and taken up before another job has its turn.
PAGE = 64
# How long to sleep where there is nothing to do, or where the record does not answer.
IDLE_S, RETRY_S = 0.5, 1.0
# How long to step aside for a decision.
ASIDE_S = 0.0002


class Learning(threading.Thread):
    """Teaches the agents of a service.

    Args:
      log: the record; it is only read.
      checkpoint_s: how often what was learned is saved.
    """

    def __init__(self, log: EventLog, checkpoint_s: float):
        super().__init__(name="trainee-learning", daemon=True)
        self._log, self._checkpoint_s = log, checkpoint_s
        self._places: list[Place] = []
        self._by_job: dict[str, Place] = {}
        self._saved_at: dict[int, float] = {}
        self._spent: dict[int, float] = {}
        self._rests_until: dict[int, float] = {}
        self._news = threading.Event()
        self._stopping = False
        self.problem: str | None = None

    def add(self, place: Place) -> None:
        """One more job to learn."""
        self._saved_at[id(place)] = time.monotonic()
        # Not ahead of those that have learned for long.
        self._spent[id(place)] = max(self._spent.values(), default=0.0)
        self._rests_until[id(place)] = 0.0
        self._places.append(place)
        self._by_job[place.about["job"]] = place
        self._news.set()

    def hand_on(self, events: list[Event]) -> None:
        """There is something new in the record."""
        for event in events:
            place = self._by_job.get(event.job or "")
            if place is not None:
                place.inbox.put(event)
        self._news.set()

    def stop(self) -> None:
        """Take up what is being taken up, save, and end."""
        self._stopping = True
        self._news.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """See `threading.Thread`."""
        while not self._stopping:
            self._news.clear()
            try:
                busy = self._turn()
                self.problem = None
            except Exception as error:
                self._trouble(error)
                busy = False
            if not busy:
                self._news.wait(self._idle_s())
        for place in self._places:
            self._save(place)

    def _turn(self) -> bool:
        """Let each job learn for a while, the one that had the least of its share first; whether there was anything."""
        busy = False
        for place in sorted(self._places, key=lambda place: self._spent[id(place)]):
            if self._stopping:
                return False
            events = self._next(place) if time.monotonic() >= self._rests_until[id(place)] else []
            if events:
                busy = True
                begun = time.perf_counter()
                self._take(place, events)
                taken, share = time.perf_counter() - begun, place.about["share"]
                self._spent[id(place)] += taken / share
                # What the share leaves is for others.
                self._rests_until[id(place)] = time.monotonic() + taken * (1 / share - 1)
            if time.monotonic() - self._saved_at[id(place)] > self._checkpoint_s:
                self._save(place)
        return busy

    def _idle_s(self) -> float:
        """How long there is nothing to do, unless there is news."""
        now = time.monotonic()
        resting = [until - now for until in self._rests_until.values() if until > now]
        return min([IDLE_S, *resting])

    def _take(self, place: Place, events: list[Event]) -> None:
        try:
            for event in events:
                while place.desk.asked:
                    time.sleep(ASIDE_S)
                if self._stopping:
                    break
                place.take(event)
        finally:
            if place.cursor < events[-1].seq:
                # What was not taken up is read again.
                place.inbox.drop()

    def _next(self, place: Place) -> list[Event]:
        """The next events of a job: those at hand, else those in the record."""
        at_hand = place.inbox.pop(PAGE, place.cursor)
        if at_hand is not None:
            return at_hand
        # Before it is read: what is committed meanwhile is in the one or in the other.
        place.inbox.begin()
        events = self._log.after(place.cursor, PAGE, job=place.about["job"])
        if len(events) == PAGE:
            place.inbox.drop()
        return events

    def _save(self, place: Place) -> None:
        self._saved_at[id(place)] = time.monotonic()
        if place.cursor == place.saved:
            return
        try:
            place.save()
        except Exception as error:
            self._trouble(error)

    def _trouble(self, error: Exception) -> None:
        self.problem = str(error) or repr(error)
        logger.warning("learning: %s", self.problem, exc_info=None if isinstance(error, TraineeError) else error)
        time.sleep(0 if self._stopping else RETRY_S)
