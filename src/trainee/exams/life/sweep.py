"""What is to be run, and what of it is not done yet. A run is a turn of a life, or a merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from trainee.errors import InvalidArgument, MissingExtra
from trainee.exams.life.load import lived
from trainee.exams.life.log import Played, played, rows, write_played
from trainee.exams.life.protocol import Protocol, Turn, jointly, life, small, worker
from trainee.exams.life.union import ARITHMETIC, united
from trainee.fleet import random_play

OURS, AWAKE, RESETS, JOINTLY = "ours", "fine-tuning", "resets", "all jobs jointly"
# Every other is measured by new agents, so that these are run in any case.
LIVES = (OURS, AWAKE, RESETS, JOINTLY)
SMALL_ARMS = (OURS, AWAKE, RESETS)
UNIONS = (OURS, *ARITHMETIC)
ARMS = tuple(dict.fromkeys((*LIVES, *UNIONS)))
PARTS = LIFE, FLEET, SMALL = "life", "fleet", "small"
RANDOM = "random"
# About what a merge takes, in steps for each job.
UNION_STEPS = 5_000


@dataclass(frozen=True)
class Selection:
    """What is asked for.

    Attributes:
      exam: the protocol.
      arms: of `ARMS`.
      seeds: of the agents.
      parts: of `life`, `fleet` and `small`.
    """

    exam: Protocol
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        for arm in self.arms:
            if arm not in ARMS:
                raise InvalidArgument(f"there is no arm {arm!r}: choose of {', '.join(ARMS)}")
        for part in self.parts:
            if part not in PARTS:
                raise InvalidArgument(f"there is no part {part!r}: choose of {', '.join(PARTS)}")
        if not self.seeds:
            raise InvalidArgument("an exam needs one seed at least, and got none")


def require_jobs() -> None:
    """What the jobs come from is there; asked for before a long run.

    Raises:
      MissingExtra: it is not installed.
    """
    for library, extra in (("bsuite", "exams"), ("minatar", "games"), ("minigrid", "exams")):
        if find_spec(library) is None:
            raise MissingExtra(library, extra, "the exam life")


def lives(asked: Selection) -> list[str]:
    """Names of all lives, such as `life/ours/0` and `fleet/worker-1/0`."""
    names = [RANDOM]
    for seed in asked.seeds:
        if LIFE in asked.parts:
            chosen = [arm for arm in LIVES if arm in asked.arms or arm == RESETS]
            names += [f"{LIFE}/{arm}/{seed}" for arm in chosen]
        if FLEET in asked.parts and set(asked.arms) & set(UNIONS):
            names += [f"{FLEET}/worker-{number}/{seed}" for number in range(1, asked.exam.workers + 1)]
        if SMALL in asked.parts:
            chosen = [arm for arm in SMALL_ARMS if arm in asked.arms or arm == RESETS]
            names += [f"{SMALL}/{arm}/{seed}" for arm in chosen]
    return names


def unions(asked: Selection) -> list[str]:
    """Names of all merges, such as `union/ours/0`; they come after the lives."""
    if FLEET not in asked.parts:
        return []
    return [f"union/{arm}/{seed}" for seed in asked.seeds for arm in UNIONS if arm in asked.arms]


def turns(exam: Protocol, name: str) -> list[Turn]:
    """What a life consists of."""
    part, arm, _ = name.split("/")
    if part == FLEET:
        return worker(exam, int(arm.removeprefix("worker-")))
    if part == SMALL:
        return small(exam, arm == RESETS)
    return jointly(exam) if arm == JOINTLY else life(exam, arm == RESETS)


def unfinished(asked: Selection, names: Sequence[str], home: Path) -> list[list[str]]:
    """What is not done of some lives or merges: a list of runs for each, the longest first."""
    left = [_left(asked.exam, name, home) for name in names]
    return sorted(filter(None, left), key=lambda runs: -sum(steps(asked.exam, run) for run in runs))


def steps(exam: Protocol, run: str) -> float:
    """About how many steps a run takes."""
    name, _, number = run.partition("#")
    if number:
        return float(turns(exam, name)[int(number)].steps)
    return float(UNION_STEPS * len(exam.jobs))


def runs_of(runs: Sequence[str], asked: Selection, home: Path) -> Iterator[tuple[str, float]]:
    """Do the runs of one life, or one merge.

    Yields:
      each as it ends, and at how many steps a second it went; NaN where there are none.
    """
    name = runs[0].partition("#")[0]
    folder, exam = home / name, asked.exam
    if name == RANDOM:
        for job in [job for job in exam.every if job not in played(folder)]:
            write_played(folder, Played(job, random_play(job, exam.last_episodes).returns))
        yield name, float("nan")
    elif name.startswith("union/"):
        _, arm, seed = name.split("/")
        homes = [home / FLEET / f"worker-{number}" / seed for number in range(1, exam.workers + 1)]
        united(arm, homes, exam.names, exam.last_episodes, folder)
        yield name, float("nan")
    else:
        part, arm, seed = name.split("/")
        for number, row in lived(folder, turns(exam, name), int(seed), arm == OURS or part == FLEET):
            yield f"{name}#{number}", row.timed_steps / row.learning_s if row.learning_s else float("nan")


def _left(exam: Protocol, name: str, home: Path) -> list[str]:
    if name == RANDOM or name.startswith("union/"):
        return [name] if set(exam.every if name == RANDOM else exam.names) - set(played(home / name)) else []
    return [f"{name}#{number}" for number in range(len(rows(home / name)), len(turns(exam, name)))]
