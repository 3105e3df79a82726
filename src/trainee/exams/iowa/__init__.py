"""The Iowa Gambling Task, scored by how like people's the choices are."""

from trainee.exams.iowa.load import WORK, runs_of
from trainee.exams.iowa.report import write_page
from trainee.exams.iowa.sweep import QUICK, USUAL, Found, Sizes, found, planned, unfinished

__all__ = ["QUICK", "USUAL", "WORK", "Found", "Sizes", "found", "planned", "runs_of", "unfinished", "write_page"]
