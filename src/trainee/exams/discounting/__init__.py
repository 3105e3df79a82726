"""Discounting: how much less is worth what comes later, or only perhaps, with emotions and without."""

from trainee.exams.discounting.load import QUICK, USUAL, WORK, Size, recalled, runs_of, unfinished
from trainee.exams.discounting.report import write_page
from trainee.exams.discounting.score import discounting, predictions

__all__ = [
    "QUICK",
    "USUAL",
    "WORK",
    "Size",
    "discounting",
    "predictions",
    "recalled",
    "runs_of",
    "unfinished",
    "write_page",
]
