"""Everything that can go wrong, as one tree.

TraineeError
├── InvalidArgument         a value that a person passed
├── MissingExtra            an optional library that is not installed
├── JobError                the job is not as it should be
│   ├── UnknownJob          no environment has this id
│   ├── UnsupportedSpace    a space that cannot be learned from
│   ├── UnfitTimeStep       an observation or reward that cannot be learned from
│   └── JobFailed           the environment raised, or said too many things that are unfit
└── RecordError             what is on disk is not as it should be
    ├── NothingSaved        no checkpoint here
    ├── DamagedPart         a part is missing, truncated or altered
    ├── NewerFormat         written by a later version
    ├── DifferentAgent      written by an agent of another size or kind
    ├── UnfitLessons        lessons from which nothing can be learned
    ├── HomeInUse           another process works here
    ├── SaveFailed          the checkpoint could not be written; the old one stands
    ├── RecordUnavailable   the database is full, locked, read-only or gone; nothing was acknowledged
    └── RecordFull          more waits to be recorded than may

A message says what failed, with the value, why, and what to do.
"""

from __future__ import annotations


class TraineeError(Exception):
    """The root of the tree."""


class InvalidArgument(TraineeError, ValueError):
    """A value that a person passed cannot be used."""


class MissingExtra(TraineeError, ImportError):
    """An optional library is not installed."""

    def __init__(self, library: str, extra: str, purpose: str):
        super().__init__(f"{purpose} needs {library}, which is not installed: pip install 'trainee[{extra}]'")


class JobError(TraineeError):
    """The job is not as it should be."""


class UnknownJob(JobError):
    """No environment has this id."""


class UnsupportedSpace(JobError):
    """A space that cannot be learned from."""


class UnfitTimeStep(JobError):
    """An observation or reward that cannot be learned from.

    Attributes:
      last: the episode ended with this time step, so that the job has to be reset next.
    """

    def __init__(self, message: str, last: bool = False):
        super().__init__(message)
        self.last = last


class JobFailed(JobError):
    """The environment raised, or said too many things that are unfit."""


class RecordError(TraineeError):
    """What is on disk is not as it should be."""


class NothingSaved(RecordError):
    """There is no checkpoint here."""


class DamagedPart(RecordError):
    """A part of a checkpoint, or an event, is missing, truncated or altered."""


class NewerFormat(RecordError):
    """A checkpoint or a database was written by a later version."""


class DifferentAgent(RecordError):
    """A checkpoint was written by an agent of another size or kind."""


class UnfitLessons(RecordError):
    """Lessons from which nothing can be learned."""


class HomeInUse(RecordError):
    """Another process works in this home."""


class SaveFailed(RecordError):
    """A checkpoint could not be written; the one before it stands."""


class RecordUnavailable(RecordError):
    """The database is full, locked, read-only or gone. Nothing was acknowledged."""


class RecordFull(RecordError):
    """More waits to be recorded than may; later there is room again."""
