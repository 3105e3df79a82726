"""Sessions: agents that know nothing of the task sit down at it, all of one condition and scheme in one program."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from trainee.errors import InvalidArgument
from trainee.exams import arrays
from trainee.exams.iowa.people import SHARE_OF_SCHEME
from trainee.jobs import IowaGambling
from trainee.learner import Constants
from trainee.life import fleet_at, lesioned
from trainee.types import EMOTIONS

TRIALS, PHASES = IowaGambling.TRIALS, IowaGambling.PHASES
# A session's time steps, the first one included.
STEPS = TRIALS * PHASES + 1
INTACT = "intact"
CONDITIONS = (INTACT, "all", *EMOTIONS)
# Files and folders of the package that decide what is done here, beside the learner and its emotions.
WORK = ("exams/iowa/load.py", "jobs/gambling.py", "life/scan.py")
# Agents side by side in one program.
ABREAST = 64


class Group(NamedTuple):
    """Agents of one condition at one scheme: which of them these are, and how often each takes the test."""

    condition: str
    scheme: int
    first: int
    count: int
    tests: int

    @property
    def name(self) -> str:
        """What its sessions are kept under."""
        return f"{self.condition}-{self.scheme}-{self.tests}-{self.first}-{self.count}"

    @property
    def steps(self) -> int:
        """Time steps of all of its agents."""
        return self.count * self.tests * STEPS


class Sessions(NamedTuple):
    """What agents did.

    Attributes:
      chosen: the deck of each trial.
      gained: what its card brought, less what it cost.
      heard: how many members of the ensemble were heard before it was chosen.
    """

    chosen: Int[np.ndarray, "agents tests trials"]
    gained: Float[np.ndarray, "agents tests trials"]
    heard: Float[np.ndarray, "agents tests trials"]


def groups(condition: str, agents: int, tests: int = 1) -> list[Group]:
    """Agents of a condition, shared among the schemes as people were.

    Raises:
      InvalidArgument: there is no such condition, or fewer than ten agents.
    """
    if condition not in CONDITIONS:
        raise InvalidArgument(f"there is no condition {condition!r}: there are {', '.join(CONDITIONS)}")
    if agents < 10:
        raise InvalidArgument(f"{agents} agents are too few to be compared with people: give 10 at least")
    first = round(agents * SHARE_OF_SCHEME[1])
    return [
        Group(condition, scheme, begin, min(ABREAST, count - begin), tests)
        for scheme, count in ((1, first), (2, agents - first))
        for begin in range(0, count, ABREAST)
    ]


def sessions(group: Group) -> Sessions:
    """What the agents of a group do. Their seeds are those of no other group, and the same in every condition."""
    steps = group.tests * STEPS
    constants = dataclasses.replace(Constants(), replay_steps=steps)
    held = None
    if group.condition != INTACT:
        held = np.broadcast_to(lesioned([group.condition]), (group.count, steps, len(EMOTIONS)))
    seeds = np.arange(group.first, group.first + group.count) + 1_000_000 * group.scheme
    trace = fleet_at(_job(group.scheme), steps, seeds.tolist(), held=held, whole=True, constants=constants).trace
    assert trace.decision is not None

    def by_trial(numbers: Any, first: int) -> np.ndarray:
        each = np.asarray(numbers).reshape(group.count, group.tests, STEPS)
        return each[..., first : first + TRIALS * PHASES].reshape(group.count, group.tests, TRIALS, PHASES)

    return Sessions(
        by_trial(trace.decision.action[..., 0], 0)[..., 0].astype(np.int8),
        by_trial(trace.reward, 1).sum(axis=-1),
        by_trial(trace.decision.heard, 0)[..., 0],
    )


# The compiled program is kept by the job: made anew for each group, it filled a process's mappings after 38 of them.
@functools.cache
def _job(scheme: int) -> IowaGambling:
    return IowaGambling(scheme)


def kept(home: Path, group: Group) -> Path:
    """Where the sessions of a group are kept."""
    return home / f"{group.name}.npz"


def runs_of(names: Sequence[str], wanted: Sequence[Group], home: Path) -> Iterator[tuple[str, float]]:
    """Do the sessions of groups and keep each; what `exams.runs` asks of an exam."""
    by_name = {group.name: group for group in wanted}
    for name in names:
        group = by_name[name]
        found = sessions(group)
        arrays.keep(kept(home, group), found._asdict())
        yield name, float(found.gained.mean())


def together(home: Path, wanted: Sequence[Group]) -> Sessions:
    """The sessions of several groups of as many tests.

    Raises:
      DamagedPart: a file is not what was written.
    """
    parts = [arrays.recalled(kept(home, group), Sessions._fields) for group in wanted]
    return Sessions(*(np.concatenate([part[field] for part in parts]) for field in Sessions._fields))
