"""The shadow: what a candidate would have done, beside the version that decides. It acts on nothing."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainee.errors import RecordError
from trainee.record.events import Draft, Event
from trainee.release import LIMIT_MS
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.sessions import words
from trainee.workshop import WorkshopGone

if TYPE_CHECKING:
    from trainee.serve.service import Service

logger = logging.getLogger("trainee.serve")
# Decisions after which what was measured is recorded though the episode goes on, and decisions that may wait.
PART, MOST_WAITING = 500, 200


@dataclass
class Follower:
    """A candidate in one episode.

    Attributes:
      release, version: of the candidate.
      underway: what it remembers.
      counts: since the last record.
      interval: for the return from the first decision, until it is recorded.
      turn: it decides once at a time, in order.
    """

    release: str
    version: str
    counts: dict[str, int]
    underway: str | None = None
    interval: list[float] | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Shadow:
    """Lets candidates decide in episodes that others decide in.

    Args:
      service: whose they are.
    """

    def __init__(self, service: Service):
        self._service = service
        self._followers: dict[str, Follower] = {}
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def decided(self, job: JobEntry, entry: EpisodeEntry, told: tuple[Any, ...], event: Event, before: Any) -> None:
        """The serving version has decided; `before` is what was done at the time step before."""
        release = self._service.releases.candidate(job.name)
        follower = self._followers.get(entry.id)
        if release is None or (follower is not None and follower.release != release.id):
            self._followers.pop(entry.id, None)
            return
        if follower is None:
            if event.body["sequence"] != 0:
                return
            follower = Follower(release.id, release.version, _none())
            self._followers[entry.id] = follower
        if self._waiting >= MOST_WAITING:
            # An episode that was not followed throughout says nothing.
            del self._followers[entry.id]
            return
        self._waiting += 1
        self._start(self._follow(job, entry.id, follower, told, event, before))

    def ended(self, job: JobEntry, episode: str) -> None:
        """An episode is over."""
        if episode in self._followers:
            self._start(self._finish(job, episode))

    async def _follow(
        self, job: JobEntry, episode: str, follower: Follower, told: tuple[Any, ...], event: Event, before: Any
    ) -> None:
        place, body = self._service.place(job.name), event.body
        answer = None
        async with follower.turn:
            try:
                drawn = words(episode, body["sequence"])
                answer = await place.ask(follower.version, follower.underway, before, told, drawn)
                follower.underway = answer.underway
            except WorkshopGone:
                # An episode that was not followed throughout says nothing.
                self._followers.pop(episode, None)
                return
            except Exception as error:
                # Whatever is wrong with a candidate is its own: it is counted, and work goes on.
                logger.warning("the candidate of job %s failed: %s", job.name, error)
            finally:
                self._waiting -= 1
        counts = follower.counts
        counts["decisions"] += 1
        counts["slow"] += answer is None or 1000 * answer.took_s > LIMIT_MS
        if answer is not None and answer.sound and place.codec.valid(answer.action, body["action_mask"]):
            counts["valid"] += 1
            counts["agreed"] += place.codec.alike(answer.action, body["action"])
            if body["sequence"] == 0:
                follower.interval = answer.interval
        if counts["decisions"] >= PART:
            await self._record(job, episode, follower)

    async def _finish(self, job: JobEntry, episode: str) -> None:
        # What it still decides in this episode comes first.
        async with self._followers[episode].turn:
            await asyncio.sleep(0)
        follower = self._followers.pop(episode, None)
        if follower is not None:
            await self._record(job, episode, follower)

    async def _record(self, job: JobEntry, episode: str, follower: Follower) -> None:
        counts, follower.counts = follower.counts, _none()
        interval, follower.interval = follower.interval, None
        body = {"release": follower.release, "episode": episode, "interval": interval, **counts}
        try:
            await self._service.record([Draft("shadowed", job.name, body)])
        except RecordError as error:
            logger.warning("what a candidate would have done was not recorded: %s", error)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _none() -> dict[str, int]:
    return {"decisions": 0, "valid": 0, "slow": 0, "agreed": 0}
