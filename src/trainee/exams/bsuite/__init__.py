"""DeepMind's behaviour suite (Osband et al. 2020, arXiv 1908.03568): 23 small experiments, each about one capability.

Twenty of them run here: the three about MNIST download their images.
"""

from trainee.exams.bsuite.load import run
from trainee.exams.bsuite.report import write_page
from trainee.exams.bsuite.score import Scores, scored
from trainee.exams.bsuite.sweep import SELECTIONS, longest_first, selected, unfinished

__all__ = ["SELECTIONS", "Scores", "longest_first", "run", "scored", "selected", "unfinished", "write_page"]
