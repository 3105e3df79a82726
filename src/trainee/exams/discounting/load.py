"""Choices: agents of one condition at the job of offers, all in one program, and what is kept of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from trainee.exams import arrays
from trainee.jobs import Offers, TracedJob
from trainee.jobs.offers import CHANCES, DELAYS, MORE
from trainee.learner import Constants, Learner, replay
from trainee.life import fleet_at, lesioned
from trainee.types import EMOTIONS

# Files and folders of the package that decide what is done here, beside the learner and its emotions.
WORK = ("exams/discounting/load.py", "jobs/offers.py", "life/scan.py")
INTACT, LESIONED = "intact", "all"
# Without any emotion, and without each of the two that weigh what is far and what is risky.
CONDITIONS = (INTACT, LESIONED, "concern", "fear")
# One for all conditions, as the compiled program is kept by the job.
OFFERS = Offers()
PLACES = len(DELAYS) + len(CHANCES)


class Size(NamedTuple):
    """How many agents of each condition, and time steps of each; choices of the second half of them count."""

    agents: int = 64
    steps: int = 12_000


USUAL, QUICK = Size(), Size(12, 6_000)


class Choices(NamedTuple):
    """What agents took of each kind of offer, those with delays first.

    Attributes:
      offered: how often each was offered.
      more: how often what is more was taken.
    """

    offered: Float[np.ndarray, "agents places"]
    more: Float[np.ndarray, "agents places"]


def choices(condition: str, size: Size) -> Choices:
    """What the agents of a condition take in the second half of their time. The same seeds in every condition."""
    held = None
    if condition != INTACT:
        held = np.broadcast_to(lesioned([condition]), (size.agents, size.steps, len(EMOTIONS)))
    # Their replay is all that is needed: it holds every offer, and what was done.
    constants = dataclasses.replace(Constants(), replay_steps=size.steps)
    scene = fleet_at(OFFERS, size.steps, range(size.agents), held=held, constants=constants).scene
    example = Learner(TracedJob(OFFERS).spec, constants=constants).experience()
    each = [jax.tree.map(lambda leaf, i=i: leaf[i], scene.state.stream.replay) for i in range(size.agents)]
    agents = [_counted(replay.everything(one, example), size.steps // 2) for one in each]
    return Choices(*(np.stack(part) for part in zip(*agents, strict=True)))


def _counted(done: replay.Experience, since: int) -> tuple[Float[np.ndarray, " places"], Float[np.ndarray, " places"]]:
    """How often each kind of offer was made to one agent, from a time step on, and how often more was taken."""
    seen = np.asarray(done.step.observation.numeric)[since:-1]
    offered = np.asarray(done.step.first)[since:-1]
    taken = np.asarray(done.action)[since + 1 :, 0] == MORE
    # What is seen of each kind, beside the amount: its delay and its probability.
    kinds = np.array([*((delay / max(DELAYS), 1.0) for delay in DELAYS), *((0.0, chance) for chance in CHANCES)])
    place = np.abs(seen[:, None, 2:4] - kinds[None]).sum(axis=2).argmin(axis=1)
    count = lambda which: np.bincount(place[which], minlength=PLACES).astype(float)  # noqa: E731
    return count(offered), count(offered & taken)


def kept(home: Path, condition: str) -> Path:
    """Where the choices of a condition are kept."""
    return home / f"{condition}.npz"


def unfinished(home: Path) -> list[str]:
    """The conditions that are not kept yet."""
    return [condition for condition in CONDITIONS if not kept(home, condition).is_file()]


def runs_of(conditions: Sequence[str], size: Size, home: Path) -> Iterator[tuple[str, float]]:
    """Have agents of conditions choose and keep what they chose; what `exams.runs` asks of an exam."""
    for condition in conditions:
        found = choices(condition, size)
        arrays.keep(kept(home, condition), found._asdict())
        yield condition, float(found.more.sum() / found.offered.sum())


def recalled(home: Path) -> dict[str, Choices]:
    """The choices of every condition.

    Raises:
      DamagedPart: the file is not what was written.
    """
    return {name: Choices(**arrays.recalled(kept(home, name), Choices._fields)) for name in CONDITIONS}
