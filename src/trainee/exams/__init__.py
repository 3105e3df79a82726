"""Exams: what came of the work. They read logs and evaluations, and never reach into a learner."""

from trainee.exams.drawing import require_matplotlib
from trainee.exams.report import JobResult, write_report

__all__ = ["JobResult", "require_matplotlib", "write_report"]
