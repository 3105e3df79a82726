"""The fleet: many workers of one agent at many jobs, what they teach each other, what one keeps of its own past."""

from trainee.fleet.lessons import MOST_BYTES, Lessons, digest
from trainee.fleet.provenance import Competence, Provenance, ancestor
from trainee.fleet.shelf import keep, place, provenance_at, read

__all__ = [
    "MOST_BYTES",
    "Competence",
    "Lessons",
    "Provenance",
    "ancestor",
    "digest",
    "keep",
    "place",
    "provenance_at",
    "read",
]
