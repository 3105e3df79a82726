"""What is measured, and the file of JSON lines that keeps it, so that a broken-off benchmark goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RETURNS, SPEED = "returns", "speed"


@dataclass(frozen=True)
class Run:
    """One process to measure.

    Attributes:
      section: `returns`, or `speed`, where nothing else runs beside it.
      job: Gymnasium id.
      learner: `ours`, `ppo` or `dqn`.
      steps: how many steps of the job.
      seed: of the learner and the job; in the speed section the number of the round.
    """

    section: str
    job: str
    learner: str
    steps: int
    seed: int

    def __str__(self) -> str:
        name = "seed" if self.section == RETURNS else "speed, round"
        return f"{self.job} {self.learner} {name} {self.seed}"


Results = dict[Run, Mapping[str, Any]]


def read(path: Path) -> Results:
    """The results on file; of two for the same run, the later. A line that a kill cut short is left out."""
    results: Results = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            result = json.loads(line)
        except json.JSONDecodeError:
            continue
        results[run_of(result)] = result
    return results


def write(path: Path, results: Results) -> None:
    """Write the file anew, so that whole lines can be added to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".part")
    written.write_text("".join(json.dumps(result) + "\n" for result in results.values()))
    written.replace(path)


def kept(results: Results, again: Collection[str]) -> Results:
    """The results without those of the learners to measure again, and then without any speeds.

    Speeds are compared only where they were measured beside each other.
    """
    return {
        run: result
        for run, result in results.items()
        if not again or (run.learner not in again and run.section != SPEED)
    }


def run_of(result: Mapping[str, Any]) -> Run:
    """The run that a line of the file tells of."""
    return Run(result["section"], result["job"], result["learner"], result["steps"], result["seed"])


def append(path: Path, result: Mapping[str, Any]) -> None:
    """Add a line, and return once it is on disk."""
    with path.open("a") as file:
        file.write(json.dumps(result) + "\n")
        file.flush()
        os.fsync(file.fileno())


def missing_returns(runs: Iterable[Run], results: Collection[Run]) -> list[Run]:
    """The runs that have no result yet, in their order."""
    return [run for run in runs if run not in results]


def missing_rounds(job: str, steps: int, learners: Collection[str], rounds: int, results: Collection[Run]) -> list[Run]:
    """Speed runs yet to be measured, interleaved. A round that lacks one learner is measured anew for all."""
    measured: list[Run] = []
    for number in range(rounds):
        beside = [Run(SPEED, job, learner, steps, number) for learner in learners]
        if missing_returns(beside, results):
            measured += beside
    return measured


def seconds_left(results: Results, waiting: Collection[Run], at_once: int) -> float:
    """Time that the waiting runs will take, by what the nearest finished runs took a step.

    Nearest: the same learner at the same job, else the same learner, else any.

    Args:
      results: of the finished runs, at least one.
      waiting: runs that have not ended.
      at_once: how many run at a time.
    """
    total = 0.0
    for run in waiting:
        job = [done for done in results if (done.learner, done.job) == (run.learner, run.job)]
        learner = [done for done in results if done.learner == run.learner]
        near = job or learner or list(results)
        total += run.steps * sum(results[done]["seconds"] for done in near) / sum(done.steps for done in near)
    return total / at_once
