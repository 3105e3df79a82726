"""The service: its record, its board, its places, and the clocks that run on it."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import heapq
import json
import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from trainee import record
from trainee.errors import RecordError, RecordFull, TraineeError
from trainee.record.events import Draft, Event
from trainee.record.keys import Keys
from trainee.record.log import EventLog
from trainee.record.writer import Writer
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.learning import Learning
from trainee.serve.metrics import Metrics
from trainee.serve.place import Place
from trainee.serve.refusals import Refused
from trainee.serve.releases import Releases
from trainee.serve.sessions import Session
from trainee.serve.settings import Settings
from trainee.serve.shadow import Shadow

logger = logging.getLogger("trainee.serve")
PAGE = 2_000
TICK_S, IDLE_TICK_S = 0.05, 1.0
# Episodes whose job is kept at hand.
REMEMBERED = 100_000


class Service:
    """What the routes act on. All of it lives on one event loop, but for the writer's, the learner's and the deciding
    threads.

    Attributes:
      settings: what it was started with.
      jobs: what is known of each job.
      places: where each is decided and learned; a job that is not here yet is being made ready.
      sessions: what deciding remembers of episodes under way.
      job_of: the job of each episode that is not done with, or was not long ago.
      waiting: decisions that a person is to make, by id.
      releases: versions, and how they come into work.
      shadow: what candidates would do.
      last: the newest event that the board knows.
      problem: why it is not ready, if it is not.
    """

    def __init__(self, settings: Settings):
        self.settings = settings
        self.jobs: dict[str, JobEntry] = {}
        self.places: dict[str, Place] = {}
        self.sessions: dict[str, Session] = {}
        self.job_of: dict[str, str] = {}
        self.waiting: dict[str, asyncio.Future[Any]] = {}
        self.releases, self.shadow = Releases(self), Shadow(self)
        self.metrics = Metrics()
        self.last = 0
        self.problem: str | None = "starting"
        self._news: set[asyncio.Event] = set()
        self._windows: list[tuple[float, str]] = []
        self._catching_up = True
        self._in_flight: set[str] = set()
        self._held = ExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up the work where the record says that it stands.

        Raises:
          HomeInUse, RecordError: why it cannot.
        """
        self._loop, self._making = asyncio.get_running_loop(), asyncio.Lock()
        self._held.enter_context(record.lock(self.settings.home))
        try:
            self.log = EventLog(self.settings.url)
            self.keys = Keys(self.log)
            await asyncio.to_thread(self._catch_up)
            self.writer = Writer(self.log, self._committed, self.settings.waiting)
            self.learning = Learning(self.log, self.settings.checkpoint_s)
            self.learning.start()
        except BaseException:
            self._held.close()
            raise
        self._tasks = [asyncio.create_task(self._clock()), asyncio.create_task(self._make_ready())]

    async def stop(self) -> None:
        """Save what was learned and let go of everything. What is under way is answered first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for future in self.waiting.values():
            future.cancel()
        await asyncio.to_thread(self.writer.close)
        await asyncio.to_thread(self.learning.stop)
        await asyncio.to_thread(self.shadow.close)
        for place in self.places.values():
            await asyncio.to_thread(place.close)
        self.log.close()
        self._held.close()

    async def record(self, drafts: Sequence[Draft]) -> list[Event] | Event:
        """Have events written, all or none, and wait until they are on the disk and on the board.

        Returns:
          them; or the event that has one of their keys already.
        Raises:
          Refused: one with the same key is being written.
          RecordFull, RecordUnavailable: nothing was acknowledged.
        """
        keys = {draft.key for draft in drafts if draft.key is not None}
        if keys & self._in_flight:
            raise Refused("in_flight", "the same call is under way: ask again in a moment")
        self._in_flight |= keys
        try:
            return await asyncio.shield(asyncio.wrap_future(self.writer.submit(drafts)))
        except RecordError:
            self.metrics.failures.inc()
            raise
        finally:
            self._in_flight -= keys

    async def once(self, drafts: Sequence[Draft], key: str, digest: str) -> tuple[Event, bool]:
        """As `record`, for what is to be recorded once.

        Returns:
          the event of this key, and whether it was there before.
        Raises:
          Refused: it is there, and says something else.
        """
        written = await self.record(drafts)
        if isinstance(written, Event):
            if written.key != key or written.digest != digest:
                raise Refused("used_before", f"{_readable(key)} was used before, for something else: choose another")
            return written, True
        return next(event for event in written if event.key == key), False

    def job(self, name: str) -> JobEntry:
        """What is known of a job.

        Raises:
          Refused: there is none of this name.
        """
        if name not in self.jobs:
            raise Refused("unknown_job", f"there is no job {name!r}: make it with POST /v1/jobs")
        return self.jobs[name]

    def place(self, name: str) -> Place:
        """Where a job is decided.

        Raises:
          Refused: it is not ready.
        """
        if name not in self.places:
            raise Refused("not_ready", f"job {name!r} is being made ready: ask again in a moment")
        return self.places[name]

    async def ready(self, name: str) -> None:
        """Make a job's place ready, or wait until it is.

        Raises:
          RecordError: its agent cannot be read.
        """
        async with self._making:
            if name not in self.places:
                place = await asyncio.to_thread(Place, self.jobs[name].about, self._folder(name))
                self.places[name] = place
                self.learning.add(place)
                # What stays is not looked through again and again for garbage: each look would hold up every call.
                gc.collect()
                gc.freeze()

    def news(self) -> asyncio.Event:
        """Something that is set whenever there are new events; `forget` it when it is not needed any more."""
        event = asyncio.Event()
        self._news.add(event)
        return event

    def forget(self, news: asyncio.Event) -> None:
        """See `news`."""
        self._news.discard(news)

    def _catch_up(self) -> None:
        """Bring the board to where the record stands."""
        while events := self.log.after(self.last, PAGE):
            for event in events:
                self._enter(event)
        self._catching_up = False
        for job in self.jobs.values():
            for entry in job.episodes.values():
                for sequence, (_, _, at) in entry.accounts.items():
                    self._open_window(job, f"{entry.id}.{sequence}", at)

    def _open_window(self, job: JobEntry, decision: str, at: float) -> None:
        # A clock that was put back or forth does not open a window again, nor close it before it began.
        window_s = job.about["reward_window_s"]
        passed = min(max(time.time() - at, 0.0), window_s)
        heapq.heappush(self._windows, (time.monotonic() + window_s - passed, decision))

    def _committed(self, events: list[Event]) -> None:
        """On the writer's thread: events are on the disk."""
        self.learning.hand_on(events)
        self._loop.call_soon_threadsafe(self._entered, events)

    def _entered(self, events: list[Event]) -> None:
        for event in events:
            point = self._enter(event)
            self.metrics.count(event)
            if event.job is not None and (point is not None or event.kind == "shadowed"):
                self.releases.judge(event.job)
            if event.kind == "episode_ended":
                self.shadow.ended(self.jobs[event.job or ""], event.body["episode"])
        for news in self._news:
            news.set()

    def _enter(self, event: Event) -> dict[str, Any] | None:
        """Put an event on the board."""
        self.last = event.seq
        if event.kind == "job_made":
            self.jobs[event.body["job"]] = JobEntry(event.body, event.at)
            return None
        if event.job not in self.jobs:
            return None
        job = self.jobs[event.job]
        point = job.take(event)
        self.releases.take(event, point)
        if event.kind == "episode_begun":
            if len(self.job_of) >= REMEMBERED:
                del self.job_of[next(iter(self.job_of))]
            self.job_of[event.body["episode"]] = job.name
        if event.kind == "decided" and not self._catching_up:
            self._open_window(job, event.body["decision"], event.at)
        if event.kind == "episode_ended":
            self.sessions.pop(event.body["episode"], None)
        return point

    async def _make_ready(self) -> None:
        """Make ready the places of the jobs that the record knows."""
        try:
            for name in list(self.jobs):
                await self.ready(name)
            self.problem = None
        except TraineeError as error:
            self.problem = str(error)
            logger.error("not ready: %s", error)

    def _folder(self, job: str) -> Path:
        """Where a job's agent is kept; names that differ in case alone are told apart."""
        mark = hashlib.sha256(job.encode()).hexdigest()[:8]
        return self.settings.home / "jobs" / f"{job.lower().strip('.') or 'job'}-{mark}"

    async def _clock(self) -> None:
        """Close windows, and end episodes that are not heard of."""
        idle_at = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            try:
                await self._close_windows(now)
                if now > idle_at:
                    idle_at = now + IDLE_TICK_S
                    await self._end_idle(now)
            except TraineeError as error:
                logger.warning("the clock waits: %s", error)
                await asyncio.sleep(1.0)

    async def _close_windows(self, now: float) -> None:
        due: list[tuple[float, str]] = []
        while self._windows and self._windows[0][0] <= now and len(due) < 500:
            due.append(heapq.heappop(self._windows))
        drafts = [draft for _, decision in due if (draft := self._closing(decision)) is not None]
        try:
            await asyncio.gather(*(self.record([draft]) for draft in drafts))
        except (RecordError, RecordFull):
            # They close when the record is back.
            for item in due:
                heapq.heappush(self._windows, item)
            raise

    def _closing(self, decision: str) -> Draft | None:
        """What is to be recorded where the window of a decision ends."""
        episode = decision.rpartition(".")[0]
        for job in self.jobs.values():
            if episode in job.episodes:
                _, account = job.account(decision)
                if account is None or account.settled:
                    return None
                key = f"w:{decision}"
                if account.rewards:
                    return Draft("window_closed", job.name, {"decision": decision}, key)
                body = {"decision": decision, "value": job.about["default_reward"]}
                return Draft("defaulted", job.name, body, key)
        return None

    async def _end_idle(self, now: float) -> None:
        for job in list(self.jobs.values()):
            for entry in list(job.episodes.values()):
                if entry.over is None and now - entry.heard_at > job.about["idle_s"]:
                    await self.record([lost(job, entry)])


def lost(job: JobEntry, entry: EpisodeEntry) -> Draft:
    """An episode that nobody was heard of for too long."""
    body = {"episode": entry.id, "terminated": False, "truncated": True, "lost": True, "observation": None}
    return Draft("episode_ended", job.name, {**body, "conduct": None}, f"e:{entry.id}")


def digest(body: Any) -> str:
    """Of what a call says."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _readable(key: str) -> str:
    kind, _, rest = key.partition(":")
    what = {"d": "event_id or sequence", "r": "reward_id", "j": "job", "b": "episode", "e": "episode"}.get(kind, "id")
    return f"{what} {rest!r}"
