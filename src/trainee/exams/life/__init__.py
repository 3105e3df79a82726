"""A life of many jobs: what one agent keeps of them, how able to learn it stays, and what a fleet's merge retains.

Ours, and others in its place: an agent that never sleeps, a new agent for each job, all jobs at once, and merging by
arithmetic on weights.
"""

from trainee.exams.life.load import WORK
from trainee.exams.life.protocol import Protocol, scaled
from trainee.exams.life.report import lines, write_page
from trainee.exams.life.score import Scores, scored
from trainee.exams.life.sweep import (
    ARMS,
    FLEET,
    LIFE,
    SMALL,
    Selection,
    lives,
    require_jobs,
    runs_of,
    steps,
    unfinished,
    unions,
)
from trainee.exams.life.verdicts import verdicts

__all__ = [
    "ARMS",
    "FLEET",
    "LIFE",
    "SMALL",
    "WORK",
    "Protocol",
    "Scores",
    "Selection",
    "lines",
    "lives",
    "require_jobs",
    "runs_of",
    "scaled",
    "scored",
    "steps",
    "unfinished",
    "unions",
    "verdicts",
    "write_page",
]
