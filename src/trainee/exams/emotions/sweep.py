"""What is run, and what of it is not done yet. A run is an arm at an environment, named `worlds:forage-101/yoked`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path

import jax

from trainee.errors import InvalidArgument
from trainee.exams.emotions.arms import (
    DISTURBED,
    INTACT,
    RANDOM,
    SETTINGS,
    TRIED,
    TUNED,
    Levels,
    disturbance,
    settings,
)
from trainee.exams.emotions.environments import Environment
from trainee.exams.emotions.load import WORK, Lives, Workplace, keep, kept, recalled, timed
from trainee.exams.emotions.score import best_setting
from trainee.life.fingerprint import code_hash, constants_hash

# Differences between seeds are what everything rests on.
LEAST_SEEDS = 2
# About what it takes to begin at an environment, and to compile a learner for one.
STARTING_STEPS, COMPILING_STEPS = 10_000.0, 50_000.0


@dataclass(frozen=True)
class Selection:
    """What is asked for.

    Attributes:
      environments: where agents work.
      arms: beside random play and the intact agent.
      workplace: how many agents there are in each arm, and what they are.
    Raises:
      InvalidArgument: there are too few seeds.
    """

    environments: tuple[Environment, ...]
    arms: tuple[str, ...]
    workplace: Workplace

    def __post_init__(self) -> None:
        if self.workplace.seeds < LEAST_SEEDS:
            raise InvalidArgument(f"an exam needs {LEAST_SEEDS} seeds at least, not {self.workplace.seeds}")

    def home(self, home: Path, scale: float) -> Path:
        """Where it is kept: for other code or constants, other seeds and other lengths of life it is elsewhere."""
        agents = f"{code_hash()[:8]}-{code_hash(*WORK)[:8]}-{constants_hash(self.workplace.constants)[:8]}"
        return home / f"{self.workplace.seeds}-seeds-x{scale:g}-{agents}"

    def path(self, home: Path, environment: Environment, arm: str) -> Path:
        """Where the lives of an arm are kept. What is tried and the best of it depend on all environments together."""
        if arm not in (TUNED, *TRIED):
            return kept(home, environment, arm)
        names = " ".join(sorted(one.name for one in self.environments))
        return kept(home, environment, f"{arm}-{hashlib.sha256(names.encode()).hexdigest()[:8]}")

    def recalled(self, home: Path, arm: str) -> dict[str, Lives]:
        """The lives of an arm in each environment.

        Raises:
          DamagedPart: they are not there, or not what was written.
        """
        return {one.name: recalled(self.path(home, one, arm)) for one in self.environments}


def phases(asked: Selection) -> list[tuple[str, ...]]:
    """The arms in the order of which each phase needs those before: settings to be tried are made of what is felt in
    all environments, and the best of them is known when all were tried.
    """
    free = tuple(arm for arm in asked.arms if arm != TUNED)
    return [(RANDOM, INTACT, *free), *([TRIED, (TUNED,)] if TUNED in asked.arms else [])]


def unfinished(asked: Selection, arms: Sequence[str], home: Path) -> list[list[str]]:
    """The runs of some arms that are not kept yet, those at one environment together, the longest first."""
    groups = [
        [f"{one.name}/{arm}" for arm in arms if not asked.path(home, one, arm).is_file()] for one in asked.environments
    ]
    return sorted(filter(None, groups), key=lambda runs: -sum(steps(asked, run) for run in runs))


def steps(asked: Selection, run: str) -> float:
    """About how many time steps would take as long as a run, its compiling included."""
    name, _, arm = run.rpartition("/")
    if arm == RANDOM:
        return STARTING_STEPS
    compiles = arm in (INTACT, TRIED[0], TUNED) or (arm in DISTURBED and arm.endswith(INTACT))
    return float(asked.workplace.seeds * _environment(asked, name).steps + compiles * COMPILING_STEPS)


def levels(asked: Selection, home: Path, arm: str) -> Levels | None:
    """The levels of a setting that is tried, or of the best of them; None for any other arm."""
    if arm not in (TUNED, *TRIED):
        return None
    made = settings([lives.usual for lives in asked.recalled(home, INTACT).values()])
    if arm != TUNED:
        return made[SETTINGS[TRIED.index(arm)]]
    return made[chosen_setting(asked, home)]


def chosen_setting(asked: Selection, home: Path) -> str:
    """The setting that did best where settings were tried."""
    beside = [asked.recalled(home, arm) for arm in (INTACT, RANDOM)]
    tried = {name: asked.recalled(home, arm) for name, arm in zip(SETTINGS, TRIED, strict=True)}
    online = {name: {place: found.online for place, found in lives.items()} for name, lives in tried.items()}
    intact, random = ({place: found.online for place, found in lives.items()} for lives in beside)
    return best_setting(intact, random, online)


def runs_of(runs: Sequence[str], asked: Selection, home: Path) -> Iterator[tuple[str, float]]:
    """Do the runs at one environment and keep each as it ends; what `exams.runs` asks of an exam.

    Yields:
      each as it ends, and at how many steps a second it went.
    """
    for run in runs:
        name, _, arm = run.rpartition("/")
        environment = _environment(asked, name)
        felt = None
        if disturbance(arm)[1] not in (RANDOM, INTACT):
            felt = recalled(asked.path(home, environment, INTACT), whole=True).felt
        found, speed = timed(environment, arm, asked.workplace, felt=felt, levels=levels(asked, home, arm))
        keep(asked.path(home, environment, arm), found)
        yield run, speed
    if parent_process() is not None:
        # In a process of its own, where the programs of an environment are of no use at the next and take 50 MB each.
        jax.clear_caches()


def _environment(asked: Selection, name: str) -> Environment:
    return next(one for one in asked.environments if one.name == name)
