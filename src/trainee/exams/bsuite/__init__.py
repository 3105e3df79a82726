"""DeepMind's behaviour suite (Osband et al. 2020, arXiv 1908.03568): 23 small experiments, each about one capability.

Twenty of them run here: the three about MNIST download their images.
"""

from trainee.exams.bsuite.load import WORK, runs_of
from trainee.exams.bsuite.report import lines, write_page
from trainee.exams.bsuite.score import ALL, Scores, scored, verdicts
from trainee.exams.bsuite.sweep import LEFT_OUT, SELECTIONS, groups, selected, steps, unfinished

__all__ = [
    "ALL",
    "LEFT_OUT",
    "SELECTIONS",
    "WORK",
    "Scores",
    "groups",
    "lines",
    "runs_of",
    "scored",
    "selected",
    "steps",
    "unfinished",
    "verdicts",
    "write_page",
]
