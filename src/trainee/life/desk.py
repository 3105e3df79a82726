"""A desk: a worker whose job comes to it from many sides, and is answered at once and learned from when it is time."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from trainee.errors import UnfitTimeStep
from trainee.jobs import JsonCodec
from trainee.learner import Apart
from trainee.life.agent import Agent
from trainee.life.compiled import Buffers
from trainee.life.compiled_apart import compiled_apart
from trainee.life.feed import UNKNOWN, Lesson
from trainee.types import Decision, TimeStep

# Episodes that a desk's logbook keeps.
KEPT_EPISODES = 1_000


class Answer(NamedTuple):
    """What is decided at one time step of an episode.

    Attributes:
      action: as JSON.
      coordinates: of the action.
      decision: with its value and all else.
      conduct: what learning will have to be told, as JSON.
      underway: of the episode from here on.
    """

    action: Any
    coordinates: np.ndarray
    decision: Decision
    conduct: dict[str, Any]
    underway: Any


class Desk:
    """An agent at one job that calls it. One thread asks and teaches.

    Args:
      agent: which works at this job alone.
      codec: of the job.
      restartable: episodes may be given up.

    Attributes:
      blank: of an episode that begins.
      underway: an example of what is remembered of one.
    """

    def __init__(self, agent: Agent, codec: JsonCodec, restartable: bool):
        self.agent, self.codec = agent, codec
        spaces = codec.observation_space, codec.action_space
        self.worker = agent.deploy(*spaces, name=codec.name, masked=codec.masked, restartable=restartable)
        self._compiled = compiled_apart(Apart(self.worker.spec, agent.width, constants=agent.constants))
        self.blank = self.underway = self._compiled.blank()

    def ask(self, underway: Buffers, before: Any, time_step: TimeStep, words: tuple[int, int]) -> Answer:
        """Decide at a time step of an episode.

        Args:
          underway: of the episode up to here; `blank` where it begins.
          before: what was done at the time step before, as JSON; None at a first one.
          time_step: the newest.
          words: two numbers of 32 bits, from which all that is drawn follows.
        """
        question = self._compiled.question(self._coordinates(before), time_step, words)
        underway, answer = self._compiled.act(self._held(), underway, question)
        decision, conduct = self._compiled.read(answer)
        coordinates = np.asarray(decision.action)
        return Answer(self.codec.told_action(coordinates), coordinates, decision, conduct, underway)

    def teach(self, lesson: Lesson) -> None:
        """Learn from a time step.

        Raises:
          UnfitTimeStep: it cannot be learned from, and the next one is not taken for what came of the one before it.
        """
        told = lesson.observation, lesson.reward, lesson.first, lesson.last, lesson.discount == 0, lesson.action_mask
        try:
            step = self.worker.learned_from(self.codec.heard(*told))
            before = self._coordinates(lesson.action)
        except UnfitTimeStep:
            self.worker.skip(lesson.last)
            raise
        conduct = lesson.conduct
        said = self._compiled.told(before, step, conduct)
        self.worker.buffers = self._compiled.taught(self._held(), said)
        self.worker.broken, self.worker.episode_over = False, lesson.last or conduct["abandon"]
        logbook, over = self.worker.logbook, self.worker.episode_over
        # As the job said it: to the learner also the first one after a fault begins.
        entered = lesson.reward, lesson.discount, lesson.first, over, conduct["value"], conduct["discount"] or None
        logbook.enter(*entered)
        del logbook.episodes[:-KEPT_EPISODES]

    def example(self) -> TimeStep:
        """A time step of the job's shapes and types."""
        return jax.tree.map(np.asarray, self._compiled.learner.example())

    def warm_up(self) -> None:
        """Compile all that asking, teaching and being saved take, so that nobody ever waits for it."""
        nothing, example = self._coordinates(None), self.example()
        held = self._held()
        self._compiled.act(held, self.blank, self._compiled.question(nothing, example, (0, 0)))
        scratch = tuple(jnp.array(buffer) for buffer in held)
        self._compiled.taught(scratch, self._compiled.told(nothing, example, UNKNOWN))
        self.gathered()
        self._held()

    def gathered(self) -> Agent:
        """The agent with all that it has learned here: to be copied, saved or frozen before it learns on."""
        self.agent.gather()
        return self.agent

    def _coordinates(self, action: Any) -> np.ndarray:
        if action is None:
            return np.zeros(len(self.worker.spec.signature.choices), np.float32)
        return self.codec.heard_action(action)

    def _held(self) -> Buffers:
        """The state, as buffers."""
        if self.worker.buffers is None:
            self.worker.buffers = self.agent.hand_over(self.worker)
        return self.worker.buffers
