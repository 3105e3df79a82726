"""A desk: a worker whose job comes to it from many sides, and is answered at once and learned from when it is time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from trainee.errors import UnfitTimeStep
from trainee.jobs import Codec, mask_from_json, value_from_json, value_to_json
from trainee.learner import Apart
from trainee.life.agent import Agent
from trainee.life.compiled import Buffers
from trainee.life.compiled_apart import compiled_apart
from trainee.life.feed import UNKNOWN, Lesson
from trainee.types import Decision, TimeStep

# Episodes that a desk's logbook keeps.
KEPT_EPISODES = 1_000
# To ask in a thread of its own costs as much as this at a busy time; so much a call may hold up the others.
QUICK_S = 0.002
ONE = np.float32(1)


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
    underway: Buffers


class Desk:
    """An agent at one job that calls it. One thread asks and one teaches.

    Args:
      agent: which works at this job alone.
      codec: of the job's spaces.
      name: of the job.
      restartable: episodes may be given up.

    Attributes:
      blank: of an episode that begins.
      ask_s, teach_s: how long it takes to decide, and to learn from a time step, of late.
    """

    def __init__(self, agent: Agent, codec: Codec, name: str, restartable: bool):
        self.agent, self.codec = agent, codec
        spaces = codec.observation_space, codec.action_space
        self.worker = agent.deploy(*spaces, name=name, masked=codec.masked, restartable=restartable)
        self._compiled = compiled_apart(Apart(self.worker.spec, agent.width, constants=agent.constants))
        # Of those who ask one entry each: a number that two threads count up may lose one, and learning waits for ever.
        self._lock, self._asking = threading.Lock(), deque[None]()
        self.blank = self._compiled.blank()
        self.ask_s = self.teach_s = 0.0

    def time_step(
        self, observation: Any, reward: float, first: bool, last: bool, terminated: bool, mask: Any
    ) -> TimeStep:
        """A time step, from what a program says in JSON.

        Raises:
          UnfitTimeStep: it cannot be learned from; says what and why.
        """
        seen = value_from_json(self.codec.observation_space, observation, "observation")
        said = np.float32(not terminated), np.bool_(first), np.bool_(last)
        return self.codec.time_step(seen, reward, *said, mask_from_json(mask), f"job {self.worker.name!r}")

    def coordinates(self, action: Any) -> np.ndarray:
        """The coordinates of an action in JSON.

        Raises:
          UnfitTimeStep: the action space does not contain it.
        """
        space = self.codec.action_space
        value = value_from_json(space, action, "action")
        if not space.contains(value):
            raise UnfitTimeStep(f"action is {action!r:.80}, which is not in {space}")
        return self.codec.coordinates(value)

    def valid(self, action: Any, mask: Any) -> bool:
        """Whether an action in JSON is one that may be taken under a mask."""
        try:
            coordinates = self.coordinates(action)
            allowed = self.codec.mask(mask_from_json(mask)) if self.codec.masked else None
        except UnfitTimeStep:
            return False
        nearest = np.round(coordinates).astype(int)
        return allowed is None or bool(allowed[np.arange(len(nearest)), nearest].all())

    def alike(self, action: Any, other: Any) -> bool:
        """Whether two actions in JSON are the same, on a line to the nearest choice."""
        return bool(np.array_equal(np.round(self.coordinates(action)), np.round(self.coordinates(other))))

    def ask(
        self, underway: Buffers, coordinates_before: np.ndarray, time_step: TimeStep, words: tuple[int, int]
    ) -> Answer:
        """Decide at a time step of an episode. Learning goes on meanwhile, or waits.

        Args:
          underway: of the episode up to here; `blank` where it begins.
          coordinates_before: of what was done at the time step before.
          time_step: the newest.
          words: two numbers of 32 bits, from which all that is drawn follows.
        """
        question = self._compiled.question(coordinates_before, time_step, words)
        self._asking.append(None)
        try:
            with self._lock:
                started = time.perf_counter()
                underway, answer = self._compiled.act(self._held(), underway, question)
                self.ask_s += 0.1 * (time.perf_counter() - started - self.ask_s)
        finally:
            self._asking.pop()
        decision, conduct = self._compiled.read(answer)
        coordinates = np.asarray(decision.action)
        action = value_to_json(self.codec.action_space, self.codec.action(coordinates))
        return Answer(action, coordinates, decision, conduct, underway)

    def teach(self, lesson: Lesson) -> None:
        """Learn from a time step, as soon as nobody asks.

        Raises:
          UnfitTimeStep: it cannot be learned from, and the next one is not taken for what came of the one before it.
        """
        before = np.zeros(len(self.worker.spec.signature.choices), np.float32)
        told = lesson.observation, lesson.reward, lesson.first, lesson.last, lesson.discount == 0, lesson.action_mask
        try:
            step = self.worker.learned_from(self.time_step(*told))
            if lesson.action is not None:
                before = self.coordinates(lesson.action)
        except UnfitTimeStep:
            self.worker.skip(lesson.last)
            raise
        conduct = lesson.conduct
        said = self._compiled.told(before, step, conduct)
        with self._lock:
            started = time.perf_counter()
            self.worker.buffers = self._compiled.taught(self._held(), said)
            self.teach_s += 0.1 * (time.perf_counter() - started - self.teach_s)
        self.worker.broken, self.worker.episode_over = False, lesson.last or conduct["abandon"]
        logbook, over = self.worker.logbook, self.worker.episode_over
        entered = lesson.reward, lesson.discount, bool(step.first), over, conduct["value"], conduct["discount"] or None
        logbook.enter(*entered)
        del logbook.episodes[:-KEPT_EPISODES]

    def example(self) -> TimeStep:
        """A time step of the job's shapes and types."""
        return jax.tree.map(np.asarray, self._compiled.learner.example())

    def warm_up(self) -> None:
        """Compile all that asking, teaching and standing still take, so that nobody ever waits for it."""
        example = self.example()
        nothing = np.zeros(len(self.worker.spec.signature.choices), np.float32)
        question = self._compiled.question(nothing, example, (0, 0))
        with self._lock:
            held = self._held()
            self._compiled.act(held, self.blank, question)
            scratch = tuple(jnp.array(buffer) for buffer in held)
            self._compiled.taught(scratch, self._compiled.told(nothing, example, UNKNOWN))
        with self.still():
            # So is what it takes to be saved: whoever asks waits meanwhile.
            pass
        with self._lock:
            self._held()

    @property
    def quick(self) -> bool:
        """Whether to ask now takes less than to have another thread ask."""
        return self.ask_s + self.teach_s < QUICK_S

    @property
    def asked(self) -> bool:
        """Whether somebody waits for a decision."""
        return len(self._asking) > 0

    @contextmanager
    def still(self) -> Iterator[Agent]:
        """The agent while nobody changes it: to be copied, saved or frozen."""
        with self._lock:
            self.agent.gather()
            yield self.agent

    def _held(self) -> Buffers:
        """The state, as buffers. Whoever calls this holds the lock."""
        if self.worker.buffers is None:
            self.worker.buffers = self.agent.hand_over(self.worker)
        return self.worker.buffers
