"""A bench: one job in the workshop, with its desk, its frozen versions, and how far it has read the record."""

from __future__ import annotations

import copy
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from trainee import record
from trainee.errors import DamagedPart, InvalidArgument, NothingSaved, RecordError, SaveFailed, UnfitTimeStep
from trainee.life import Agent, Answer, Desk, Feed, Lesson, Version, frozen, keep, keep_again, keep_saved, opened
from trainee.life.saving import checkpoint
from trainee.record import Checkpoint
from trainee.record.events import Event
from trainee.types import EMOTIONS
from trainee.workshop import underway
from trainee.workshop.inbox import Inbox
from trainee.workshop.place import codec_of

logger = logging.getLogger("trainee.workshop")
LIVE = "live"
IMPORT = re.compile(r"import:([A-Za-z0-9_-]{1,64})")


class Bench:
    """One job in the workshop.

    Args:
      about: what the job was made with.
      folder: where its agent is kept.
      versions: those that may have to decide.
      written_at: when the event of a number was written; None where the record has none of that number.

    Attributes:
      desk: where it is decided and learned.
      feed: which events are passed on to learning, and when.
      inbox: events that are to be taken up.
      cursor: the last event that was taken up.
      saved: the last event that the checkpoint on disk has taken up.

    Raises:
      RecordError: its agent, or a version, cannot be read.
    """

    def __init__(
        self,
        about: Mapping[str, Any],
        folder: Path,
        versions: Sequence[str],
        written_at: Callable[[int], float | None],
    ):
        self.about, self.folder = dict(about), folder
        self.feed = Feed(about["rewards"], about["default_reward"])
        self.cursor = self.saved = self._heard = 0
        self._at = self._heard_at = 0.0
        self._lessons: deque[Lesson] = deque()
        agent = self._restored(written_at) or Agent(about["seed"], width=about["width"])
        self.desk = Desk(agent, codec_of(about), about["restartable"])
        self.desk.warm_up()
        self.inbox = Inbox(self.cursor)
        self._versions = {version: opened(self.desk, self._place_of(version)) for version in versions}

    @property
    def steps(self) -> int:
        """Time steps that were learned from."""
        return self.desk.worker.logbook.steps

    @property
    def waiting(self) -> bool:
        """Whether there is still something to learn from the newest event."""
        return bool(self._lessons)

    def ask(self, version: str, recalled: str | None, before: Any, told: Sequence[Any], words: Sequence[int]) -> Any:
        """What a version decides, as JSON; see `Reply`.

        Args:
          version: `live`, or a frozen one.
          recalled: what it remembers of the episode; None where that begins.
          before: what was done at the time step before; None at a first one.
          told: the arguments of `JsonCodec.heard`.
          words: as in `Desk.ask`.
        """
        begun = time.perf_counter()
        if version != LIVE and version not in self._versions:
            # Seldom: it was being begun when the workshop was.
            self._versions[version] = opened(self.desk, self._place_of(version))
        asked: Desk | Version = self.desk if version == LIVE else self._versions[version]
        memory: Any = asked.blank if recalled is None else underway.read(recalled, asked.underway)
        answer = asked.ask(memory, before, self.desk.codec.heard(*told), (words[0], words[1]))
        return {**_said(answer), "took_s": time.perf_counter() - begun}

    def take(self, event: Event) -> None:
        """Take up one more event, and learn from all that can be learned from now."""
        self.hear(event)
        while self.waiting:
            self.learn()

    def hear(self, event: Event) -> None:
        """One more event. Where an episode gets the turn, thousands of time steps may become lessons by one event."""
        self._lessons.extend(self.feed.take(event.kind, event.body))
        self._heard, self._heard_at = event.seq, event.at
        self._settle()

    def learn(self) -> None:
        """Learn from one time step that waits. May be called again where it fails."""
        try:
            self.desk.teach(self._lessons[0])
        except UnfitTimeStep as error:
            # It was looked at before it was recorded; what is unfit all the same does not hold up the rest.
            logger.warning("job %s: %s", self.about["job"], error)
        self._lessons.popleft()
        self._settle()

    def copied(self) -> Callable[[], None]:
        """Copy what was learned, and where in the record that was; returns what saves it, in any thread.

        That raises:
          SaveFailed: the checkpoint before stands.
        """
        now, cursor = checkpoint(self.desk.gathered()), self.cursor
        # Learning writes in place.
        parts = {name: {k: np.array(array) for k, array in part.items()} for name, part in now.parts.items()}
        stands = {"cursor": cursor, "at": self._at, "feed": copy.deepcopy(self.feed.to_json())}
        about = {**now.about, "service": stands}

        def save() -> None:
            record.save(self.folder, Checkpoint(parts, about))
            self.saved = cursor

        return save

    def frozen(self, version: str, source: str, imports: Path) -> Callable[[], Version]:
        """Take what a version is to be made of; returns what makes it, in any thread.

        Args:
          version: its name.
          source: `live`, an earlier version, or `import:NAME`, the agent saved in the folder NAME of `imports`.
          imports: that folder.
        Raises:
          InvalidArgument: there is no such source; or it cannot be used, which is raised later too.
        """
        about, folder = {"job": self.about["job"], "version": version, "source": source}, self._place_of(version)
        imported = IMPORT.fullmatch(source)
        if source == LIVE:
            arrays, width, about = frozen(self.desk), self.desk.agent.width, {**about, "step": self.steps}

            def make() -> None:
                keep(arrays, width, folder, about)
        elif imported is not None:

            def make() -> None:
                self._import(imports / imported[1], folder, about)
        elif re.fullmatch(r"v[1-9]\d{0,6}", source) and self._place_of(source).exists():

            def make() -> None:
                keep_again(self._place_of(source), folder, about)
        else:
            raise InvalidArgument(
                f"there is no source {source[:80]!r}: `live` is what was learned up to now, `v3` an earlier version, "
                f"`import:NAME` the agent saved in the folder NAME within `imports` in the home"
            )

        def done() -> Version:
            make()
            return opened(self.desk, folder)

        return done

    def have(self, name: str, version: Version) -> None:
        """Have a version at hand."""
        self._versions[name] = version

    def forget(self, wanted: Sequence[str]) -> None:
        """Let go of versions other than these, which nobody will ask any more."""
        self._versions = {name: version for name, version in self._versions.items() if name in wanted}

    def _import(self, home: Path, folder: Path, about: Mapping[str, Any]) -> None:
        try:
            keep_saved(self.desk, home, folder, about)
        except SaveFailed:
            raise
        except RecordError as error:
            # Not the record of this service: to ask again does not help.
            raise InvalidArgument(f"the agent {home.name!r} cannot be imported: {error}") from None

    def _settle(self) -> None:
        """Nothing waits any more: the newest event was taken up."""
        if not self.waiting:
            self.cursor, self._at = self._heard, self._heard_at

    def _place_of(self, version: str) -> Path:
        return self.folder / "versions" / version

    def _restored(self, written_at: Callable[[int], float | None]) -> Agent | None:
        try:
            saved = record.load(self.folder)
        except NothingSaved:
            return None
        if "service" not in saved.about:
            raise InvalidArgument(f"{self.folder} holds an agent that no service has saved: choose another home")
        stands = saved.about["service"]
        self.cursor = self.saved = self._heard = stands["cursor"]
        self._at = self._heard_at = stands["at"]
        if self.cursor and written_at(self.cursor) != self._at:
            raise DamagedPart(
                f"the agent in {self.folder} has learned from {self.cursor:,} events, and the record does not hold "
                f"them: restore the record, or take the folder away, and all that it holds is learned anew"
            )
        self.feed.stand(stands["feed"])
        return Agent.restored(saved)


def _said(answer: Answer) -> dict[str, Any]:
    decision, interval = answer.decision, [float(bound) for bound in np.asarray(answer.decision.interval)]
    told = {name: float(getattr(decision, name)) for name in ("value", "spread", "propensity")}
    feelings = dict(zip(EMOTIONS, np.asarray(decision.feelings).tolist(), strict=True))
    numbers = [*told.values(), *interval, *feelings.values(), *answer.coordinates.tolist(), answer.conduct["discount"]]
    return {
        "action": answer.action,
        **told,
        "interval": interval,
        "abandon": bool(decision.abandon),
        "feelings": feelings,
        "heard": int(decision.heard),
        "conduct": answer.conduct,
        "underway": underway.written(answer.underway),
        # An agent whose weights are not numbers any more cannot be believed.
        "sound": all(map(isfinite, numbers)),
    }
