"""What each emotion is worth: agents without it, with it held, or with another's, at many environments."""

from trainee.exams.emotions.arms import QUICK_ARMS, chosen
from trainee.exams.emotions.environments import QUICK, scaled
from trainee.exams.emotions.findings import Scores, bars, scored
from trainee.exams.emotions.load import Workplace
from trainee.exams.emotions.report import lines, write_page
from trainee.exams.emotions.sweep import Selection, phases, runs_of, steps, unfinished

__all__ = [
    "QUICK",
    "QUICK_ARMS",
    "Scores",
    "Selection",
    "Workplace",
    "bars",
    "chosen",
    "lines",
    "phases",
    "runs_of",
    "scaled",
    "scored",
    "steps",
    "unfinished",
    "write_page",
]
