"""The service: its record, its board, its workshop, and the clocks that run on it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from trainee import record
from trainee.errors import RecordError
from trainee.record.events import Draft, Event
from trainee.record.keys import Keys
from trainee.record.log import EventLog
from trainee.record.writer import Writer
from trainee.serve.board import JobEntry
from trainee.serve.clocks import Clocks
from trainee.serve.metrics import Metrics
from trainee.serve.news import News
from trainee.serve.people import Waiting
from trainee.serve.refusals import Refused, used_before
from trainee.serve.releases import Releases
from trainee.serve.security import Doorman
from trainee.serve.sessions import Session
from trainee.serve.settings import Settings
from trainee.serve.shadow import Shadow
from trainee.serve.snapshot import Snapshots
from trainee.workshop import Place, Workshop, WorkshopGone, folder_of

logger = logging.getLogger("trainee.serve")
PAGE = 2_000
# Episodes whose job is kept at hand, and of how many it is worked out at once what they remember.
REMEMBERED, RECALLING = 100_000, 4


class Service:
    """What the routes act on. All of it lives on one event loop, but for the writer's thread and the workshop.

    Attributes:
      settings: what it was started with.
      doorman: who may call.
      jobs: what is known of each job.
      workshop: where agents decide and learn.
      places: of the jobs there; one that is not here yet is being made ready.
      sessions: what deciding remembers of episodes under way.
      recalling: whoever works that out from the record holds it.
      job_of: the job of each episode that is not done with, or was not long ago.
      waiting: decisions that a person is to make, by id.
      releases: versions, and how they come into work.
      shadow: what candidates would do.
      clocks: what happens by itself.
      news: those who watch.
      last, last_at: the newest event that the board knows, and when it was written.
      snapshots: of the board.
      stopping: it takes no more calls, and nobody is to wait for anything.
    """

    def __init__(self, settings: Settings, alone: bool = False):
        self.settings, self._alone = settings, alone
        self.jobs: dict[str, JobEntry] = {}
        self.places: dict[str, Place] = {}
        self.sessions: dict[str, Session] = {}
        self.recalling = asyncio.Semaphore(RECALLING)
        self.job_of: dict[str, str] = {}
        self.waiting: dict[str, Waiting] = {}
        self.workshop = Workshop(settings.url, settings.home, settings.checkpoint_s, apart=alone)
        self.releases, self.shadow, self.clocks = Releases(self), Shadow(self), Clocks(self)
        self.metrics, self.news = Metrics(), News()
        self.last, self.last_at = 0, 0.0
        self.snapshots = Snapshots(self)
        self.stopping, self._starting = False, True
        self._unready: set[str] = set()
        self._catching_up = True
        self._in_flight: set[str] = set()
        self._called: set[str] = set()
        self._held = ExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def problem(self) -> str | None:
        """Why it is not ready, if it is not. Whoever can reach it may ask: what is wrong with what, the log says."""
        if self.stopping:
            return "the service stops"
        if self._starting:
            return "the service is starting"
        if self._unready:
            return "not every job can be made ready: the log says why"
        if self.workshop.gone:
            return "what decides is being begun again"
        return None if self.writer.healthy else "the record cannot be written: the log says why"

    async def start(self) -> None:
        """Take up the work where the record says that it stands.

        Raises:
          HomeInUse, RecordError: why it cannot.
        """
        self._loop, self._making = asyncio.get_running_loop(), asyncio.Lock()
        with ExitStack() as held:
            held.enter_context(record.lock(self.settings.home))
            self.log = await asyncio.to_thread(EventLog, self.settings.url)
            held.callback(self.log.close)
            self.keys = Keys(self.log)
            self.doorman = Doorman(self.keys, self.settings)
            await asyncio.to_thread(self.doorman.look)
            await asyncio.to_thread(self._catch_up)
            self.writer = Writer(self.log, self._committed, self.settings.waiting)
            held.callback(self.writer.close)
            await self.workshop.start(self.last)
            self._held = held.pop_all()
        work = self.clocks.run(), self.doorman.watch(), self._make_ready()
        self._tasks = [asyncio.create_task(part) for part in work]

    async def stop(self) -> None:
        """Save what was learned and let go of everything. What is under way is answered first."""
        self.hang_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with self._held:
            await asyncio.to_thread(self.writer.close)
            await self.snapshots.write(last=True)
            await self.workshop.stop()

    def hang_up(self) -> None:
        """Let nobody wait any longer: the end is near."""
        self.stopping = True
        for waiting in self.waiting.values():
            waiting.look_again()
        self.news.tell()

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
        if isinstance(written, Event) and written.key != key:
            # What came along was told of before, by itself: that is no reason not to take the rest.
            if any(draft.key == written.key and draft.digest == written.digest for draft in drafts):
                return await self.once([draft for draft in drafts if draft.key != written.key], key, digest)
            raise used_before(written.key or key)
        if isinstance(written, Event):
            if written.digest != digest:
                raise used_before(key)
            return written, True
        return next(event for event in written if event.key == key), False

    @contextmanager
    def alone(self, episode: str) -> Iterator[None]:
        """Nobody else decides in an episode, or ends it, meanwhile.

        Raises:
          Refused: somebody does.
        """
        if episode in self._called:
            raise Refused("in_flight", "another call of this episode is under way: ask again in a moment")
        self._called.add(episode)
        try:
            yield
        finally:
            self._called.discard(episode)

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
          WorkshopGone: it cannot be done now, and will be as soon as it can.
        """
        async with self._making:
            job = self.jobs[name]
            place = self.places.get(name) or await asyncio.to_thread(Place, job.about, self.workshop)
            folder = folder_of(self.settings.home, name)
            try:
                await self.workshop.add(place, lambda: (str(folder), self.releases.wanted(job)))
            except WorkshopGone:
                # It will be as soon as it can.
                self.places[name] = place
                raise
            self.places[name] = place
            self._unready.discard(name)
            if self._alone:
                # What stays is not looked through for garbage again and again, which would hold up every call.
                gc.collect()
                gc.freeze()

    def _catch_up(self) -> None:
        """Bring the board to where the record stands."""
        self.snapshots.restore()
        while events := self.log.after(self.last, PAGE):
            for event in events:
                self._enter(event)
        self._catching_up = False
        self.clocks.reopen_windows()

    def _committed(self, events: list[Event]) -> None:
        """On the writer's thread: events are on the disk."""
        self._loop.call_soon_threadsafe(self._entered, events)

    def _entered(self, events: list[Event]) -> None:
        self.workshop.tell(events[-1].seq)
        for event in events:
            point = self._enter(event)
            self.metrics.count(event)
            if event.job is not None and (point is not None or event.kind == "shadowed"):
                self.releases.judge(event.job)
            if event.kind == "episode_ended":
                self.shadow.ended(self.jobs[event.job or ""], event.body["episode"])
        self.news.tell()

    def _enter(self, event: Event) -> dict[str, Any] | None:
        """Put an event on the board; the point of a curve that it completes, if it does."""
        self.last, self.last_at = event.seq, event.at
        try:
            return self._put(event)
        except Exception:
            # It is in the record. That one is not understood must not hide those after it, nor keep the service down.
            logger.exception("event %s of kind %r could not be put on the board", event.seq, event.kind)
            return None

    def _put(self, event: Event) -> dict[str, Any] | None:
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
            entry = job.episodes[event.body["episode"]]
            self.clocks.open_window(job, entry, event.body["sequence"])
        if event.kind == "episode_ended":
            self.sessions.pop(event.body["episode"], None)
        return point

    async def _make_ready(self) -> None:
        """Make ready the places of the jobs that the record knows, as many as can be."""
        for name in list(self.jobs):
            try:
                await self.ready(name)
            except WorkshopGone:
                continue
            except Exception as error:
                self._unready.add(name)
                logger.exception("job %r cannot be made ready: %s", name, error)
        self._starting = False
