"""DeepMind's behaviour suite (Osband et al. 2020, arXiv 1908.03568): 23 small experiments, each about one capability.

Twenty of them run here: the three about MNIST download their images.
"""

from trainee.exams.bsuite.load import runs_of
from trainee.exams.bsuite.report import write_page
from trainee.exams.bsuite.score import Scores, scored
from trainee.exams.bsuite.sweep import SELECTIONS, groups, selected, steps, unfinished

__all__ = [
    "SELECTIONS",
    "Scores",
    "groups",
    "runs_of",
    "scored",
    "selected",
    "steps",
    "unfinished",
    "write_page",
]
