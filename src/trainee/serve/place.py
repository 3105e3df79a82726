"""A place: one job's desk, and how far it has read the record."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from trainee import record
from trainee.errors import InvalidArgument, NothingSaved
from trainee.jobs import Codec, from_json
from trainee.life import Agent, Answer, Desk, Feed
from trainee.life.compiled import Buffers
from trainee.life.saving import checkpoint
from trainee.record import Checkpoint
from trainee.record.events import Event
from trainee.types import TimeStep


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
    """

    def __init__(self, about: Mapping[str, Any], folder: Path):
        self.about, self.folder = dict(about), folder
        codec = Codec(from_json(about["observation_space"]), from_json(about["action_space"]), about["masked"])
        self.feed = Feed(about["rewards"], about["default_reward"])
        self.cursor = self.saved = 0
        agent = self._restored() or Agent(about["seed"], width=about["width"])
        self.desk = Desk(agent, codec, about["job"], about["restartable"])
        self.asking = ThreadPoolExecutor(1, thread_name_prefix=f"trainee-ask-{about['job']}")
        self.desk.warm_up()

    @property
    def steps(self) -> int:
        """Time steps that were learned from."""
        return self.desk.worker.logbook.steps

    def take(self, event: Event) -> None:
        """Take up one more event, and learn from what can be learned from now."""
        for lesson in self.feed.take(event.kind, event.body):
            self.desk.teach(lesson)
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
        with self.desk.still() as agent:
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
