"""Snapshots of the board: so that a start does not read the whole record. What they say is in the record as well."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from trainee.record import durable
from trainee.record.events import Event
from trainee.record.log import EventLog
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.courses import Course
from trainee.serve.drift import Drift

if TYPE_CHECKING:
    from trainee.serve.service import Service

logger = logging.getLogger("trainee.serve")
NAME = "board.json"
# Events that a start may have to read.
EVERY = 20_000
# The number changes with whatever the board is made of, or makes of an event.
WRITER = f"{version('trainee')}, 1"


@dataclass
class JobPart:
    """What is known of a job; see `JobEntry`."""

    about: dict[str, Any]
    made_at: float
    control: dict[str, Any]
    serving: str
    episodes: dict[str, EpisodeEntry]
    counts: dict[str, int]
    curve: list[dict[str, Any]]
    marks: list[dict[str, Any]]
    drift: Drift
    newest: Event | None
    last: int


@dataclass
class Snapshot:
    """The board after an event.

    Attributes:
      writer: what wrote it; what another wrote is passed over.
      seq, at: number of that event, and when it was written.
      jobs, job_of: as in `Service`.
      courses, current, numbers: as in `Releases`.
    """

    __pydantic_config__ = ConfigDict(ser_json_inf_nan="constants")

    writer: str
    seq: int
    at: float
    jobs: dict[str, JobPart]
    job_of: dict[str, str]
    courses: dict[str, Course]
    current: dict[str, str]
    numbers: dict[str, int]


FORM = TypeAdapter(Snapshot)


class Snapshots:
    """The snapshots of a service: one, that is written anew now and then.

    Args:
      service: whose they are.
    """

    def __init__(self, service: Service):
        self._service = service
        self._path = service.settings.home / NAME
        self._seq = 0

    def restore(self) -> None:
        """Put on the board what the newest one says, where there is one that is of use."""
        snapshot = read(self._path, self._service.log)
        if snapshot is None:
            return
        self._seq = self._service.last = snapshot.seq
        self._service.last_at = snapshot.at
        for name, part in snapshot.jobs.items():
            self._service.jobs[name] = _job(part)
        self._service.job_of.update(snapshot.job_of)
        self._service.releases.stand(snapshot.courses, snapshot.current, snapshot.numbers)

    async def write(self, last: bool = False) -> None:
        """Write one, where so much has happened since the last one, or where it is the last."""
        news = self._service.last - self._seq
        # What is written holds up all calls for a moment: the more there is, the less often.
        if not news or (news < max(EVERY, _size(self._service)) and not last):
            return
        self._seq = self._service.last
        try:
            await asyncio.to_thread(durable.write, self._path, FORM.dump_json(taken(self._service)))
        except Exception as error:
            # The record holds it all.
            logger.warning("%s could not be written: %s", self._path, error)


def _size(service: Service) -> int:
    """Entries that a snapshot would have, about."""
    held = [len(entry.recent) for job in service.jobs.values() for entry in job.episodes.values()]
    return sum(held) + len(service.job_of)


def taken(service: Service) -> Snapshot:
    """The board as it is now."""
    jobs = {}
    for name, job in service.jobs.items():
        held = {part: getattr(job, part) for part in JobPart.__dataclass_fields__}
        jobs[name] = JobPart(**{**held, "curve": list(job.curve), "marks": list(job.marks)})
    courses = service.releases.standing
    return Snapshot(WRITER, service.last, service.last_at, jobs, service.job_of, *courses)


def read(path: Path, log: EventLog) -> Snapshot | None:
    """The snapshot in a file, if it is one of this record and of this version of trainee.

    Raises:
      RecordUnavailable, DamagedPart: the record cannot be read.
    """
    try:
        snapshot = FORM.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        logger.warning("%s cannot be read, and the whole record is: %s", path, error)
        return None
    event = next(iter(log.after(snapshot.seq - 1, 1)), None)
    if snapshot.writer != WRITER or event is None or (event.seq, event.at) != (snapshot.seq, snapshot.at):
        return None
    return snapshot


def _job(part: JobPart) -> JobEntry:
    job = JobEntry(part.about, part.made_at)
    job.control, job.serving, job.counts = part.control, part.serving, part.counts
    job.newest, job.last, job.episodes, job.drift = part.newest, part.last, part.episodes, part.drift
    job.curve.extend(part.curve)
    job.marks.extend(part.marks)
    for entry in job.episodes.values():
        # By the clock of this process.
        entry.heard_at = time.monotonic()
    return job
