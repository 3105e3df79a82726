"""The shadow: what a candidate would have done, beside the version that decides. It acts on nothing."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainee.errors import RecordError
from trainee.record.events import Draft, Event
from trainee.release import LIMIT_MS
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.sessions import sound, words
from trainee.types import TimeStep

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
    """

    release: str
    version: str
    underway: Any
    counts: dict[str, int]
    interval: list[float] | None = None


class Shadow:
    """Lets candidates decide in episodes that others decide in.

    Args:
      service: whose they are.
    """

    def __init__(self, service: Service):
        self._service = service
        self._followers: dict[str, Follower] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trainee-shadow")
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def decided(self, job: JobEntry, entry: EpisodeEntry, step: TimeStep, event: Event, before: Any) -> None:
        """The serving version has decided; `before` is what was done at the time step before."""
        release = self._service.releases.candidate(job.name)
        follower = self._followers.get(entry.id)
        if release is None or (follower is not None and follower.release != release.id):
            self._followers.pop(entry.id, None)
            return
        if follower is None:
            if event.body["sequence"] != 0:
                return
            blank = self._service.releases.blank(release.version, self._service.place(job.name))
            follower = Follower(release.id, release.version, blank, _none())
            self._followers[entry.id] = follower
        if self._waiting >= MOST_WAITING:
            # An episode that was not followed throughout says nothing.
            del self._followers[entry.id]
            return
        self._waiting += 1
        self._start(self._follow(job, entry.id, follower, step, event, before))

    def ended(self, job: JobEntry, episode: str) -> None:
        """An episode is over."""
        if episode in self._followers:
            self._start(self._finish(job, episode))

    def close(self) -> None:
        """Follow no more."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _follow(
        self, job: JobEntry, episode: str, follower: Follower, step: TimeStep, event: Event, before: Any
    ) -> None:
        place, body = self._service.place(job.name), event.body
        try:
            deciding = self._service.releases.deciding(follower.version, place)
            told = follower, deciding, before, step, words(episode, body["sequence"])
            answer, took_ms = await asyncio.get_running_loop().run_in_executor(self._thread, _asked, *told)
        except Exception as error:
            # Whatever is wrong with a candidate is its own: it is counted, and work goes on.
            logger.warning("the candidate of job %s failed: %s", job.name, error)
            answer, took_ms = None, math.inf
        finally:
            self._waiting -= 1
        counts = follower.counts
        counts["decisions"] += 1
        counts["slow"] += took_ms > LIMIT_MS
        if answer is not None and sound(answer) and place.desk.valid(answer.action, body["action_mask"]):
            counts["valid"] += 1
            counts["agreed"] += place.desk.alike(answer.action, body["action"])
            if body["sequence"] == 0:
                follower.interval = [float(bound) for bound in np.asarray(answer.decision.interval)]
        if counts["decisions"] >= PART:
            await self._record(job, episode, follower)

    async def _finish(self, job: JobEntry, episode: str) -> None:
        # What it still decides in this episode comes first.
        await asyncio.get_running_loop().run_in_executor(self._thread, _nothing)
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


def _asked(follower: Follower, deciding: Any, before: Any, step: TimeStep, drawn: tuple[int, int]) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = deciding(follower.underway, before, step, drawn)
    follower.underway = answer.underway
    return answer, 1000 * (time.perf_counter() - started)


def _none() -> dict[str, int]:
    return {"decisions": 0, "valid": 0, "slow": 0, "agreed": 0}


def _nothing() -> None:
    return
