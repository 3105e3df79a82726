"""Releases: versions of a job's agent, how they come into work, and which of them decides in which episode."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from trainee.errors import InvalidArgument, TraineeError
from trainee.life import Version, freeze, freeze_saved, keep_again, opened
from trainee.record.events import Draft, Event
from trainee.release import (
    GATES,
    SHARE,
    Measurements,
    Release,
    Verdict,
    WrongStage,
    aborted,
    advanced,
    arm,
    begun,
    blank,
    canary_verdicts,
    finished,
    foreseen,
    judged,
    rolled_back,
    shadow_verdicts,
)
from trainee.serve.board import JobEntry
from trainee.serve.bodies import NewRelease
from trainee.serve.place import Place
from trainee.serve.refusals import Refused
from trainee.serve.sessions import Deciding

if TYPE_CHECKING:
    from trainee.serve.service import Service

logger = logging.getLogger("trainee.serve")
IMPORT = re.compile(r"import:([A-Za-z0-9_-]{1,64})")
# Episodes whose interval waits for their return, or the other way round.
MOST_WAITING = 10_000


@dataclass
class Course:
    """A release under way, and what was measured of it.

    Attributes:
      release: where it stands.
      measured: what its gates are judged by.
      before: the version that served when it began.
      foretold, came: of episodes in its shadow: the interval that it gave, the return that came.
      moving: it is being moved.
    """

    release: Release
    measured: Measurements
    before: str
    foretold: dict[str, tuple[float, float]] = field(default_factory=dict)
    came: dict[str, float] = field(default_factory=dict)
    moving: bool = False

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the gates of its stage say now."""
        if self.release.stage not in GATES:
            return ()
        return shadow_verdicts(self.measured) if self.release.stage == "shadow" else canary_verdicts(self.measured)

    def shadowed(self, body: dict[str, Any]) -> None:
        """What it would have done in an episode, or in a part of one."""
        counts = {name: getattr(self.measured, name) + body[name] for name in ("decisions", "valid", "slow", "agreed")}
        self.measured = replace(self.measured, **counts)
        if body["interval"] is not None and len(self.foretold) < MOST_WAITING:
            self.foretold[body["episode"]] = tuple(body["interval"])
        self._compare(body["episode"])

    def returned(self, point: dict[str, Any]) -> None:
        """An episode is over."""
        if self.release.stage == "canary" and point["release"] == self.release.id and point["realised"] is not None:
            self.measured = finished(self.measured, point["version"] == self.release.version, point["return"])
        if self.release.stage == "shadow" and point["realised"] is not None and len(self.came) < MOST_WAITING:
            self.came[point["episode"]] = point["realised"]
            self._compare(point["episode"])

    def _compare(self, episode: str) -> None:
        if episode in self.foretold and episode in self.came:
            low, high = self.foretold.pop(episode)
            self.measured = foreseen(self.measured, low <= self.came.pop(episode) <= high)


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
        return place.ask if version == "live" else self._version(version, place).ask

    def blank(self, version: str, place: Place) -> Any:
        """What a version remembers of an episode that begins."""
        return place.desk.blank if version == "live" else self._version(version, place).blank

    def candidate(self, job: str) -> Release | None:
        """The release that is in the shadow."""
        course = self._course(job)
        return course.release if course is not None and course.release.stage == "shadow" else None

    def current(self, job: str) -> dict[str, Any] | None:
        """A job's newest release."""
        course = self._course(job)
        return None if course is None else _view(course)

    def all(self, job: str | None) -> list[dict[str, Any]]:
        """All releases, the newest first."""
        courses = reversed(self._courses.values())
        return [_view(course) for course in courses if job in (None, course.release.job)]

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
        return _view(self._courses[release.id])

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
        return _view(course)

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

    def _version(self, version: str, place: Place) -> Version:
        name = place.about["job"], version
        if name not in self._versions:
            self._versions[name] = opened(place.desk, self._folder(place, version))
        return self._versions[name]

    def _freeze(self, place: Place, version: str, source: str) -> None:
        about, folder = {"job": place.about["job"], "version": version, "source": source}, self._folder(place, version)
        imported = IMPORT.fullmatch(source)
        if source == "live":
            freeze(place.desk, folder, {**about, "step": place.steps})
        elif imported is not None:
            freeze_saved(place.desk, self._service.settings.home / "imports" / imported[1], folder, about)
        elif re.fullmatch(r"v[1-9]\d{0,6}", source) and self._folder(place, source).exists():
            keep_again(self._folder(place, source), folder, about)
        else:
            raise InvalidArgument(
                f"there is no source {source!r}: `live` is what was learned up to now, `v3` an earlier version, "
                f"`import:NAME` the agent saved in {self._service.settings.home / 'imports'}/NAME"
            )
        self._version(version, place)

    @staticmethod
    def _folder(place: Place, version: str) -> Path:
        return place.folder / "versions" / version


def _view(course: Course) -> dict[str, Any]:
    release = course.release.to_json()
    verdicts = course.verdicts or course.release.history[-1].verdicts
    return {"release": release.pop("id"), **release, "verdicts": [verdict.to_json() for verdict in verdicts]}
