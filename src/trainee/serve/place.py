"""A place: one job's desk, and how far it has read the record."""

from __future__ import annotations

import copy
import hashlib
import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from trainee import record
from trainee.errors import InvalidArgument, NothingSaved, UnfitTimeStep
from trainee.jobs import Codec, from_json
from trainee.life import Agent, Answer, Desk, Feed
from trainee.life.compiled import Buffers
from trainee.life.saving import checkpoint
from trainee.record import Checkpoint
from trainee.record.events import Event
from trainee.types import TimeStep

logger = logging.getLogger("trainee.serve")


class Place:
    """One job in a service.

    Args:
      about: what the job was made with.
      folder: where its agent is kept.

    Attributes:
      desk: where it is decided and learned.
      feed: which events are passed on to learning, and when.
      cursor: the last event that was taken up.
      saved: the last event that the checkpoint on disk has taken up.
      asking: the thread that decides.
      inbox: events that were committed since it last read the record.
    """

    def __init__(self, about: Mapping[str, Any], folder: Path):
        self.about, self.folder = dict(about), folder
        codec = Codec(from_json(about["observation_space"]), from_json(about["action_space"]), about["masked"])
        self.feed = Feed(about["rewards"], about["default_reward"])
        self.cursor = self.saved = 0
        self.inbox = Inbox()
        self._stills = 0
        agent = self._restored() or Agent(about["seed"], width=about["width"])
        self.desk = Desk(agent, codec, about["job"], about["restartable"])
        self.asking = ThreadPoolExecutor(1, thread_name_prefix=f"trainee-ask-{about['job']}")
        self.desk.warm_up()

    @property
    def steps(self) -> int:
        """Time steps that were learned from."""
        return self.desk.worker.logbook.steps

    @property
    def quick(self) -> bool:
        """Whether to ask now takes less than to have another thread ask: also because nobody holds the agent still."""
        return self.desk.quick and not self._stills

    @contextmanager
    def still(self) -> Iterator[None]:
        """What happens meanwhile may hold the agent still for long: who asks is not to wait in the event loop."""
        self._stills += 1
        try:
            yield
        finally:
            self._stills -= 1

    def take(self, event: Event) -> None:
        """Take up one more event, and learn from what can be learned from now."""
        for lesson in self.feed.take(event.kind, event.body):
            try:
                self.desk.teach(lesson)
            except UnfitTimeStep as error:
                # It was looked at before it was recorded; what is unfit all the same does not hold up the rest.
                logger.warning("job %s: %s", self.about["job"], error)
        self.cursor = event.seq

    def ask(self, underway: Buffers, before: Any, time_step: TimeStep, words: tuple[int, int]) -> Answer:
        """See `Desk.ask`; `before` is the action of the time step before as JSON, None at a first one."""
        components = len(self.desk.worker.spec.signature.choices)
        coordinates = np.zeros(components, np.float32) if before is None else self.desk.coordinates(before)
        return self.desk.ask(underway, coordinates, time_step, words)

    def save(self) -> None:
        """Save what was learned, and where in the record that was. Only the thread that teaches may call this.

        Raises:
          SaveFailed: the checkpoint before stands.
        """
        with self.still(), self.desk.still() as agent:
            now = checkpoint(agent)
            # Learning writes in place.
            parts = {name: {k: np.array(array) for k, array in part.items()} for name, part in now.parts.items()}
        about = {**now.about, "service": {"cursor": self.cursor, "feed": copy.deepcopy(self.feed.to_json())}}
        record.save(self.folder, Checkpoint(parts, about))
        self.saved = self.cursor

    def close(self) -> None:
        """Decide no more."""
        self.asking.shutdown(wait=True, cancel_futures=True)

    def _restored(self) -> Agent | None:
        try:
            about = record.describe(self.folder).about
        except NothingSaved:
            return None
        if "service" not in about:
            raise InvalidArgument(f"{self.folder} holds an agent that no service has saved: choose another home")
        agent = Agent.load(self.folder)
        self.feed.stand(about["service"]["feed"])
        self.cursor = self.saved = about["service"]["cursor"]
        return agent


def folder_of(home: Path, job: str) -> Path:
    """Where a job's agent is kept; names that differ in case alone are told apart."""
    mark = hashlib.sha256(job.encode()).hexdigest()[:8]
    return home / "jobs" / f"{job.lower().strip('.') or 'job'}-{mark}"


class Inbox:
    """Events handed on as they are committed, so that they need not be read again. Bounded: what does not fit is read.

    It begins incomplete, and is complete from the moment when somebody says that they read the record from then on.
    """

    def __init__(self, most: int = 20_000):
        self._events: deque[Event] = deque()
        self._most = most
        self._turn = threading.Lock()
        self.complete = False

    def put(self, event: Event) -> None:
        """One more, unless there are too many."""
        with self._turn:
            if self.complete and len(self._events) < self._most:
                self._events.append(event)
            else:
                self._drop()

    def begin(self) -> None:
        """From now on nothing is missing."""
        with self._turn:
            self.complete = True

    def drop(self) -> None:
        """Something is missing: it has to be read."""
        with self._turn:
            self._drop()

    def pop(self, most: int, after: int) -> list[Event] | None:
        """The next events after a number; None where some may be missing."""
        with self._turn:
            if not self.complete:
                return None
            taken = [self._events.popleft() for _ in range(min(most, len(self._events)))]
        return [event for event in taken if event.seq > after]

    def _drop(self) -> None:
        self.complete = False
        self._events.clear()
