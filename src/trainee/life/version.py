"""A version: a frozen agent at one job, that is asked as a desk is, and kept in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from trainee import record
from trainee.errors import InvalidArgument
from trainee.learner import Learner, State
from trainee.life.agent import Agent
from trainee.life.desk import Answer, Desk
from trainee.life.feed import UNKNOWN
from trainee.life.policy import Policy
from trainee.life.saving import named_arrays, restored
from trainee.types import TimeStep

PART = "agent"


class Version:
    """A frozen agent, which does what is best on its ensemble's mean.

    Args:
      desk: of the job that it is for.
      learner: the pure functions that it decides with.
      state: what it knows.

    Attributes:
      blank: of an episode that begins.
      underway: an example of what it remembers of an episode.
    """

    def __init__(self, desk: Desk, learner: Learner, state: State):
        self._desk = desk
        self._policy = Policy(learner, desk.codec, state)
        # Compiled now, so that no decision waits for it.
        self.blank = None
        answer = self.ask(self.blank, None, desk.example(), (0, 0))
        self.underway = answer.underway
        self.ask(answer.underway, answer.action, desk.example(), (0, 0))

    def ask(self, underway: Any, before: Any, time_step: TimeStep, words: tuple[int, int]) -> Answer:
        """Decide at a time step of an episode.

        Args:
          underway: what it remembers of the episode; `blank` where it begins.
          before: what was done at the time step before, as JSON; None at a first one.
          time_step: the newest.
          words: not used: nothing is drawn.
        """
        if underway is not None and before is not None:
            done = self._desk.codec.heard_action(before)[None]
            underway = eqx.tree_at(lambda memory: memory.action, underway, done)
        (decision,), underway = self._policy.decide([time_step], underway)
        coordinates = np.asarray(decision.action)
        action = self._desk.codec.told_action(coordinates)
        told = {name: float(getattr(decision, name)) for name in ("value", "spread", "discount")}
        return Answer(action, coordinates, decision, {**UNKNOWN, **told}, underway)


def frozen(desk: Desk) -> dict[str, np.ndarray]:
    """What a desk knows now, as arrays that stay as they are."""
    state = desk.gathered().state_of(desk.worker).frozen()
    return {name: np.array(array) for name, array in named_arrays(state).items()}


def keep(arrays: Mapping[str, np.ndarray], width: int, folder: Path, about: Mapping[str, Any]) -> None:
    """Keep what a desk knew, in a folder of its own.

    Args:
      arrays: as `frozen` gave them.
      width: of the agent.
      folder: where to.
      about: what else is to be known of it.
    """
    record.save(folder, record.Checkpoint({PART: dict(arrays)}, {**about, "width": width}))


def keep_saved(desk: Desk, home: Path, folder: Path, about: Mapping[str, Any]) -> None:
    """Keep what a saved agent knows of a job like a desk's, in a folder of its own.

    Raises:
      InvalidArgument: it has not worked at such a job, or has another table of constants.
      RecordError: it cannot be read.
    """
    agent = Agent.load(home)
    if agent.constants != desk.agent.constants:
        raise InvalidArgument(
            f"the agent in {home} has another table of constants than the one at this job: "
            f"it cannot be asked here. Let an agent of this version of trainee learn the job"
        )
    alike = [worker for worker in agent.workers.values() if worker.codec.spec == desk.codec.spec]
    if not alike:
        raise InvalidArgument(f"the agent in {home} has not worked at a job with these spaces")
    worker = max(alike, key=lambda worker: worker.logbook.steps)
    keep(named_arrays(agent.state_of(worker).frozen()), agent.width, folder, about)


def keep_again(old: Path, new: Path, about: Mapping[str, Any]) -> None:
    """Keep a version once more, in another folder.

    Raises:
      RecordError: it cannot be read, or not be written.
    """
    saved = record.load(old)
    record.save(new, record.Checkpoint(saved.parts, {**saved.about, **about}))


def opened(desk: Desk, folder: Path) -> Version:
    """The version that is kept in a folder.

    Raises:
      RecordError: it cannot be read.
    """
    saved = record.load(folder)
    learner = Learner(desk.codec.spec, saved.about["width"], constants=desk.agent.constants)
    template = jax.eval_shape(lambda key: learner.init(key).frozen(), jax.random.key(0))
    return Version(desk, learner, restored(template, saved.parts[PART], PART))
