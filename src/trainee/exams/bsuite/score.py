"""Scores of bsuite, by its own analysis of what its recorder wrote. 1 is perfect, 0 is random play or worse.

The published numbers: PPO, DQN, bootstrapped DQN and a recurrent actor-critic of bsuite's report (Osband et al. 2020),
and DreamerV3 with 200M parameters (Hafner et al. 2023).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainee.errors import InvalidArgument
from trainee.exams.bars import Bar
from trainee.exams.bsuite.load import require_bsuite
from trainee.exams.bsuite.sweep import LEFT_OUT

TAGS = ("basic", "credit_assignment", "exploration", "generalization", "memory", "noise", "scale")
MEAN = "mean"
# How many experiments bsuite has; those of `LEFT_OUT` are among them.
ALL = 23
# What is asked.
ASKED = dict(zip((MEAN, *TAGS), (0.75, 0.90, 0.80, 0.68, 0.70, 0.62, 0.65, 0.82), strict=True))
PUBLISHED = {
    "PPO": (0.49, 0.60, 0.76, 0.0, 0.47, 0.32, 0.54, 0.60),
    "DQN": (0.54, 0.90, 0.59, 0.0, 0.68, 0.02, 0.51, 0.73),
    "Boot DQN": (0.60, 0.89, 0.56, 0.68, 0.60, 0.02, 0.61, 0.60),
    "AC-RNN": (0.32, 0.58, 0.37, 0.0, 0.19, 0.49, 0.24, 0.22),
    "DreamerV3": (0.66, 0.88, 0.75, 0.01, 0.70, 0.62, 0.62, 0.82),
}


@dataclass(frozen=True)
class Scores:
    """What came of the exam.

    Attributes:
      experiments: the score of each experiment, from 0 to 1.
      runs: how many settings of each were run.
      tags: the mean over the experiments of each capability.
      mean: over all experiments that were run.
    """

    experiments: dict[str, float]
    runs: dict[str, int]
    tags: dict[str, float]
    mean: float


def published(agent: str) -> dict[str, float]:
    """What was published of an agent: the mean over all experiments, MNIST's among them, and each capability's."""
    return dict(zip((MEAN, *TAGS), PUBLISHED[agent], strict=True))


def spelled(tag: str) -> str:
    """A tag as people write it."""
    return tag.replace("_", " ")


def verdicts(scores: Scores) -> list[Bar]:
    """What is asked of the mean and of each capability that was measured, and what was found."""
    found = {MEAN: scores.mean, **scores.tags}
    return [
        Bar(f"{spelled(name)} at least {asked:.2f}", f"{found[name]:.3f}", found[name] >= asked)
        for name, asked in ASKED.items()
        if name in found
    ]


def scored(results: Path) -> Scores:
    """The scores of the records in a folder.

    Raises:
      InvalidArgument: there are no records.
      MissingExtra: bsuite is not installed.
    """
    require_bsuite()
    from bsuite.experiments import summary_analysis  # noqa: PLC0415 an optional library
    from bsuite.logging import csv_load  # noqa: PLC0415 an optional library

    if not any(results.glob("bsuite_id_-_*.csv")):
        raise InvalidArgument(f"there are no records of bsuite in {results}: run `trainee exam bsuite` first")
    with _series_that_append(), warnings.catch_warnings():
        # bsuite was written for older versions of pandas.
        warnings.simplefilter("ignore")
        records, _ = csv_load.load_bsuite(str(results))
        table = summary_analysis.bsuite_score(records)
    rows: list[dict[str, Any]] = table.to_dict("records")
    experiments = {row["bsuite_env"]: float(row["score"]) for row in rows if row["bsuite_env"] not in LEFT_OUT}
    marked = {row["bsuite_env"]: str(row["tags"]) for row in rows}
    tags = {}
    for tag in TAGS:
        scores = [score for experiment, score in experiments.items() if tag in marked[experiment]]
        if scores:
            tags[tag] = sum(scores) / len(scores)
    counts: dict[Any, int] = records.groupby("bsuite_env")["bsuite_id"].nunique().to_dict()
    runs = {experiment: counts[experiment] for experiment in experiments}
    return Scores(experiments, runs, tags, sum(experiments.values()) / len(experiments))


@contextmanager
def _series_that_append() -> Iterator[None]:
    """Bsuite's scoring of deep_sea calls `Series.append`, which pandas 2 took out: inside, it is there again."""
    import pandas as pd  # noqa: PLC0415 an optional library

    series: Any = pd.Series
    if hasattr(series, "append"):
        yield
        return
    series.append = lambda self, other: pd.concat([self, other])
    try:
        yield
    finally:
        del series.append
