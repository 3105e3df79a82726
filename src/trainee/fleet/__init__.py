"""The fleet: many workers of one agent at many jobs, what they teach each other, what one keeps of its own past."""

from trainee.fleet.gate import Retention
from trainee.fleet.imitation import Effort
from trainee.fleet.lessons import MOST_BYTES, Lessons, digest
from trainee.fleet.provenance import Competence, Provenance, ancestor
from trainee.fleet.reunion import Refusal, Reunion, Source, reunited, sources
from trainee.fleet.shelf import keep, place, provenance_at, read

__all__ = [
    "MOST_BYTES",
    "Competence",
    "Effort",
    "Lessons",
    "Provenance",
    "Refusal",
    "Retention",
    "Reunion",
    "Source",
    "ancestor",
    "digest",
    "keep",
    "place",
    "provenance_at",
    "read",
    "reunited",
    "sources",
]
