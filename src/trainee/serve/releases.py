"""Releases: versions of a job's agent, how they come into work, and which of them decides in which episode."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from trainee.errors import TraineeError
from trainee.record.events import Draft, Event
from trainee.release import SHARE, Release, WrongStage, aborted, advanced, arm, begun, blank, judged, rolled_back
from trainee.serve.board import JobEntry
from trainee.serve.bodies import NewRelease
from trainee.serve.courses import Course, view
from trainee.serve.refusals import Refused

if TYPE_CHECKING:
    from trainee.serve.service import Service

logger = logging.getLogger("trainee.serve")


class Releases:
    """The releases of a service.

    Args:
      service: whose they are.
    """

    def __init__(self, service: Service):
        self._service = service
        self._courses: dict[str, Course] = {}
        self._current: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._beginning: set[str] = set()
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

    def wanted(self, job: JobEntry) -> list[str]:
        """The frozen versions that may have to decide at a job."""
        course = self._course(job.name)
        versions = {job.serving, *(entry.version for entry in job.episodes.values() if entry.over is None)}
        if course is not None:
            # It may come to serve, or what served before it may again.
            versions |= {course.release.version, course.before}
        return sorted(versions - {"live"})

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

    @property
    def standing(self) -> tuple[dict[str, Course], dict[str, str], dict[str, int]]:
        """Releases by id, the newest of each job, and how many each job had."""
        return self._courses, self._current, self._numbers

    def stand(self, courses: dict[str, Course], current: dict[str, str], numbers: dict[str, int]) -> None:
        """Stand where `standing` said."""
        self._courses, self._current, self._numbers = courses, current, numbers
        for course in courses.values():
            course.moving = False

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
        await place.freeze(version, asked.source)
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
        self._service.workshop.forget(moved.job, self.wanted(self._service.jobs[moved.job]))

    def _course(self, job: str) -> Course | None:
        return self._courses[self._current[job]] if job in self._current else None
