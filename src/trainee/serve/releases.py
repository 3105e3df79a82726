"""Releases: versions of a job's agent, how they come into work, and which of them decides in which episode."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from trainee.errors import InvalidArgument, RecordError, SaveFailed, TraineeError
from trainee.life import Answer, Version, freeze, freeze_saved, keep_again, opened
from trainee.record.events import Draft, Event
from trainee.release import SHARE, Release, WrongStage, aborted, advanced, arm, begun, blank, judged, rolled_back
from trainee.serve.board import JobEntry
from trainee.serve.bodies import NewRelease
from trainee.serve.courses import Course, view
from trainee.serve.place import Place
from trainee.serve.refusals import Refused
from trainee.serve.sessions import Deciding
from trainee.types import TimeStep

if TYPE_CHECKING:
    from trainee.serve.service import Service

logger = logging.getLogger("trainee.serve")
# As long as a call may hold up the others.
QUICK_S = 0.002
IMPORT = re.compile(r"import:([A-Za-z0-9_-]{1,64})")


class Releases:
    """The releases of a service.

    Args:
      service: whose they are.
    """

    def __init__(self, service: Service):
        self._service = service
        self._courses: dict[str, Course] = {}
        self._current: dict[str, str] = {}
        self._versions: dict[tuple[str, str], Version] = {}
        self._numbers: dict[str, int] = {}
        self._beginning: set[str] = set()
        self._took_s: dict[tuple[str, str], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def version_of(self, job: JobEntry, episode: str) -> dict[str, Any]:
        """Which version is to decide in a new episode, in which stage, and by which release that is measured."""
        course = self._course(job.name)
        if course is None or course.release.stage != "canary":
            return {"version": job.serving, "stage": "full", "release": None}
        release = course.release
        if arm(release.id, episode, release.share):
            return {"version": release.version, "stage": "canary", "release": release.id}
        return {"version": job.serving, "stage": "full", "release": release.id}

    def deciding(self, version: str, place: Place) -> Deciding:
        """How a version decides."""
        if version == "live":
            return place.ask
        name = place.about["job"], version
        ask = self._versions[name].ask

        def timed(underway: Any, before: Any, step: TimeStep, drawn: tuple[int, int]) -> Answer:
            begun = time.perf_counter()
            answer = ask(underway, before, step, drawn)
            took_s = time.perf_counter() - begun
            self._took_s[name] = took_s + 0.9 * (self._took_s.get(name, took_s) - took_s)
            return answer

        return timed

    def quick(self, version: str, place: Place) -> bool:
        """Whether a version decides in less time than another thread would have to be asked for."""
        if version == "live":
            return place.quick
        return self._took_s.get((place.about["job"], version), QUICK_S) < QUICK_S

    def blank(self, version: str, place: Place) -> Any:
        """What a version remembers of an episode that begins."""
        return place.desk.blank if version == "live" else self._versions[place.about["job"], version].blank

    def open_versions(self, job: JobEntry, place: Place) -> None:
        """Have at hand whatever may have to decide at a job; takes seconds.

        Raises:
          RecordError: one cannot be read.
        """
        course = self._course(job.name)
        wanted = {job.serving, *(entry.version for entry in job.episodes.values() if entry.over is None)}
        if course is not None:
            # It may come to serve, or what served before it may again.
            wanted |= {course.release.version, course.before}
        for version in sorted(wanted - {"live"}):
            self._versions[job.name, version] = opened(place.desk, self._folder(place, version))

    def candidate(self, job: str) -> Release | None:
        """The release that is in the shadow."""
        course = self._course(job)
        return course.release if course is not None and course.release.stage == "shadow" else None

    def current(self, job: str) -> dict[str, Any] | None:
        """A job's newest release."""
        course = self._course(job)
        return None if course is None else view(course)

    def all(self, job: str | None) -> list[dict[str, Any]]:
        """All releases, the newest first."""
        courses = reversed(self._courses.values())
        return [view(course) for course in courses if job in (None, course.release.job)]

    def job_of(self, release: str) -> str | None:
        """The job that a release is for."""
        return self._courses[release].release.job if release in self._courses else None

    def take(self, event: Event, point: dict[str, Any] | None) -> None:
        """One more event, and the episode that it completes."""
        body, job = event.body, event.job or ""
        if event.kind == "released":
            release = Release.from_json(body["release"])
            self._courses[release.id] = Course(release, blank(release.share), body["before"])
            self._current[job] = release.id
            self._numbers[job] = self._numbers.get(job, 0) + 1
        elif event.kind == "release_moved":
            self._courses[body["release"]["id"]].release = Release.from_json(body["release"])
        course = self._course(job)
        if course is not None and event.kind == "shadowed" and body["release"] == course.release.id:
            course.shadowed(body)
        if course is not None and point is not None:
            course.returned(point)

    def judge(self, job: str) -> None:
        """Let a release be moved by its gates, where they say so."""
        course = self._course(job)
        if course is None or course.moving or course.release.over:
            return
        verdicts = course.verdicts
        moved = judged(course.release, verdicts, time.time())
        if moved is not course.release:
            course.moving = True
            task = asyncio.create_task(self._moved_alone(course, moved))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def begin(self, job: JobEntry, asked: NewRelease, by: str) -> dict[str, Any]:
        """Freeze a version and let it decide in the shadow.

        Raises:
          Refused: a release of this job is under way, or there is no such source.
        """
        course = self._course(job.name)
        if course is not None and not course.release.over:
            raise Refused(
                "wrong_stage", f"release {course.release.id} of job {job.name!r} is in {course.release.stage}"
            )
        if job.name in self._beginning:
            raise Refused("in_flight", f"another release of job {job.name!r} is being begun: ask again in a moment")
        self._beginning.add(job.name)
        try:
            return await self._begun(job, asked, by)
        finally:
            self._beginning.discard(job.name)

    async def _begun(self, job: JobEntry, asked: NewRelease, by: str) -> dict[str, Any]:
        place = self._service.place(job.name)
        version = f"v{self._numbers.get(job.name, 0) + 1}"
        share = SHARE if asked.share is None else asked.share
        told = uuid4().hex, job.name, version, asked.source, time.time(), by, share, asked.approval, asked.reason
        release = begun(*told)
        await asyncio.to_thread(self._freeze, place, version, asked.source)
        said = {"version": version, "stage": "shadow", "by": by, "why": asked.reason}
        body = {"release": release.to_json(), "before": job.serving, **said}
        key = f"v:{job.name}:{version}"
        written = await self._service.record([Draft("released", job.name, body, key)])
        if isinstance(written, Event):
            raise Refused("in_flight", f"another release of job {job.name!r} was begun just now")
        return view(self._courses[release.id])

    async def advance(self, release: str, by: str, why: str) -> dict[str, Any]:
        """On to the next stage, as a person says.

        Raises:
          Refused: the gates do not allow it.
        """
        return await self._move(release, lambda course: advanced(course.release, course.verdicts, by, why, time.time()))

    async def abort(self, release: str, by: str, why: str) -> dict[str, Any]:
        """Called off by a person; the version that served before serves again.

        Raises:
          Refused: it is over already.
        """

        def off(course: Course) -> Release:
            if course.release.stage == "full":
                if self._current[course.release.job] != course.release.id:
                    raise WrongStage(f"release {course.release.id} was followed by another: abort that one")
                return rolled_back(course.release, (), by, why, time.time())
            return aborted(course.release, by, why, time.time(), course.verdicts)

        return await self._move(release, off)

    async def _move(self, release: str, moved: Any) -> dict[str, Any]:
        course = self._courses[release]
        if course.moving:
            raise Refused("in_flight", f"release {release} is being moved: ask again in a moment")
        course.moving = True
        try:
            await self._record(course, moved(course))
        except WrongStage as error:
            raise Refused("wrong_stage", str(error)) from None
        finally:
            course.moving = False
        return view(course)

    async def _moved_alone(self, course: Course, moved: Release) -> None:
        try:
            await self._record(course, moved)
        except TraineeError as error:
            # It is judged again with the next measurement.
            logger.warning("release %s could not be moved: %s", moved.id, error)
        finally:
            course.moving = False

    async def _record(self, course: Course, moved: Release) -> None:
        last = moved.history[-1]
        said = {"version": moved.version, "stage": moved.stage, "by": last.by, "why": last.why}
        drafts = [Draft("release_moved", moved.job, {"release": moved.to_json(), **said})]
        serves = {"full": moved.version, "rolled_back": course.before}.get(moved.stage)
        if serves is not None and (moved.stage == "full" or course.release.stage == "full"):
            body = {"version": serves, "by": last.by, "why": last.why}
            drafts.append(Draft("serving_set", moved.job, body))
        await self._service.record(drafts)

    def _course(self, job: str) -> Course | None:
        return self._courses[self._current[job]] if job in self._current else None

    def _freeze(self, place: Place, version: str, source: str) -> None:
        """Keep a source as a version, and have it at hand.

        Raises:
          InvalidArgument: there is no such source, or it cannot be used.
        """
        about, folder = {"job": place.about["job"], "version": version, "source": source}, self._folder(place, version)
        imported = IMPORT.fullmatch(source)
        if source == "live":
            with place.still():
                freeze(place.desk, folder, {**about, "step": place.steps})
        elif imported is not None:
            self._import(place, imported[1], folder, about)
        elif re.fullmatch(r"v[1-9]\d{0,6}", source) and self._folder(place, source).exists():
            keep_again(self._folder(place, source), folder, about)
        else:
            raise InvalidArgument(
                f"there is no source {source[:80]!r}: `live` is what was learned up to now, `v3` an earlier version, "
                f"`import:NAME` the agent saved in the folder NAME within `imports` in the home"
            )
        self._versions[place.about["job"], version] = opened(place.desk, folder)

    def _import(self, place: Place, name: str, folder: Path, about: dict[str, Any]) -> None:
        try:
            freeze_saved(place.desk, self._service.settings.home / "imports" / name, folder, about)
        except SaveFailed:
            raise
        except RecordError as error:
            # Not the record of this service: to ask again does not help.
            raise InvalidArgument(f"the agent {name!r} cannot be imported: {error}") from None

    @staticmethod
    def _folder(place: Place, version: str) -> Path:
        return place.folder / "versions" / version
