"""The fleet: many workers of one agent at many jobs, what they teach each other, what one keeps of its own past."""

from trainee.fleet.across import across
from trainee.fleet.charter import Charter, begun
from trainee.fleet.crew import News, assignments, crew
from trainee.fleet.gate import BAR, EPISODES, FEWEST, Retention
from trainee.fleet.imitation import USUAL, Effort
from trainee.fleet.labour import Assignment
from trainee.fleet.lessons import MOST_BYTES, Lessons, digest
from trainee.fleet.provenance import Competence, Provenance, ancestor
from trainee.fleet.reunion import Reunion, reunited
from trainee.fleet.rounds import in_rounds
from trainee.fleet.router import Route, keep_routes, routed, routes
from trainee.fleet.shelf import keep, place, provenance_at, read
from trainee.fleet.sleep import Diary, Sleep
from trainee.fleet.teachers import Refusal, Source, sources
from trainee.fleet.trials import random_play

__all__ = [
    "BAR",
    "EPISODES",
    "FEWEST",
    "MOST_BYTES",
    "USUAL",
    "Assignment",
    "Charter",
    "Competence",
    "Diary",
    "Effort",
    "Lessons",
    "News",
    "Provenance",
    "Refusal",
    "Retention",
    "Reunion",
    "Route",
    "Sleep",
    "Source",
    "across",
    "ancestor",
    "assignments",
    "begun",
    "crew",
    "digest",
    "in_rounds",
    "keep",
    "keep_routes",
    "place",
    "provenance_at",
    "random_play",
    "read",
    "reunited",
    "routed",
    "routes",
    "sources",
]
