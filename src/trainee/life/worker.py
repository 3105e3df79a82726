"""A worker: an agent at a job. The job calls it: here is what I see, and what came of the last action."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeAlias

import numpy as np

from trainee.errors import InvalidArgument, UnfitTimeStep
from trainee.jobs import Codec, Job, coordinates_fault, end_flags
from trainee.life.compiled import Buffers, compiled
from trainee.life.logbook import Episode, Logbook
from trainee.types import Decision, TimeStep

if TYPE_CHECKING:
    from trainee.life.mind import Mind

Truth: TypeAlias = bool | int | float | np.generic | np.ndarray

ZERO, ONE = np.float32(0), np.float32(1)
YES, NO = np.bool_(True), np.bool_(False)


class Worker:
    """An agent at one job; made by `Agent.deploy`.

    Attributes:
      name: what its stream is kept under.
      spec: the job's signature, and what the job allows.
      logbook: steps and episodes so far.
      newest: the newest time step that was learned from. None before the first.
      decision: what answered it. None before the first. Where it says `abandon`, the episode is given up: reset.
      episode_over: no episode is under way.
      ended: the episode that the newest time step ended, if it did.
      broken: a time step was left out since the newest.
      learner: the pure functions that it learns with.
      job: what it works at just now, where it calls the job; None where the job calls it.
      job_state: all that decides what the job says next, where it is known and the job stands at the newest time step.
    """

    def __init__(self, agent: Mind, name: str, codec: Codec, logbook: Logbook, restartable: bool = False):
        self.name, self.codec, self.logbook = name, codec, logbook
        self.spec = dataclasses.replace(codec.spec, restartable=restartable)
        self.decision: Decision | None = None
        self.newest: TimeStep | None = None
        self.job: Job | None = None
        self.job_state: dict[str, np.ndarray] | None = None
        self.episode_over = True
        self.ended: Episode | None = None
        self.broken = False
        self._agent = agent
        self.learner = agent.learner(self.spec)
        self._compiled = compiled(self.learner)
        self.buffers: Buffers | None = None

    def reset(self, observation: Any, action_mask: Any = None) -> Any:
        """Begin an episode.

        Args:
          observation: the first one of the episode, inside the observation space.
          action_mask: which actions are allowed, for a worker deployed with `masked=True`.
        Returns:
          an action inside the action space.
        Raises:
          UnfitTimeStep: the observation cannot be learned from; the agent is as it was, and `reset` is to be called
            again.
        """
        try:
            time_step = self._time_step(observation, ZERO, ONE, YES, NO, action_mask)
        except UnfitTimeStep:
            self.skip(last=True)
            raise
        self.take(time_step)
        return self._action()

    def step(
        self, observation: Any, reward: SupportsFloat, terminated: Truth, truncated: Truth, action_mask: Any = None
    ) -> Any:
        """Learn from what came of the last action, and answer with the next one.

        Args:
          observation: what is seen now; at the end of an episode, its final observation.
          reward: what the last action brought.
          terminated: the episode ended, and nothing can follow; a bool, or what means the same, such as 0 or 1.
          truncated: the episode was cut short, as at a time limit; what would have followed still counts.
          action_mask: which actions are allowed now, for a worker deployed with `masked=True`.
        Returns:
          an action inside the action space; it means nothing where the episode ended, or is given up
            (`worker.decision.abandon`, at jobs that allow it).
        Raises:
          InvalidArgument: no episode is under way.
          UnfitTimeStep: the observation, the reward or whether the episode ended cannot be learned from; the step is
            left out, the last action stands as the answer, and the next call may be `step`, or `reset` where the
            episode ended.
        """
        if self.episode_over:
            given_up = self.decision is not None and bool(self.decision.abandon)
            why = "gave its episode up" if given_up else "has no episode under way"
            raise InvalidArgument(f"worker {self.name!r} {why}: call reset(observation) first")
        try:
            terminated, truncated = end_flags(terminated, truncated, self._place(), last=False)
            discount, last = ZERO if terminated else ONE, YES if terminated or truncated else NO
            time_step = self._time_step(observation, reward, discount, NO, last, action_mask)
        except UnfitTimeStep as fault:
            self.skip(fault.last)
            raise
        self.take(time_step)
        return self._action()

    def take(self, time_step: TimeStep) -> Decision:
        """Learn from a time step, decide, and enter both in the logbook; what `reset` and `step` come down to."""
        with self._agent.lock:
            self.buffers, decision = self._compiled.step(self._in_hand(), self.learned_from(time_step))
            return self.decided(time_step, decision)

    def learned_from(self, time_step: TimeStep) -> TimeStep:
        """A time step as the learner gets it: after an unfit one, the one before it and this one are no transition."""
        return dataclasses.replace(time_step, first=YES) if self.broken else time_step

    def decided(self, time_step: TimeStep, decision: Decision) -> Decision:
        """The learner has answered a time step: enter both in the logbook."""
        self.decision, self.newest, self.broken = decision, time_step, False
        self.episode_over = bool(time_step.last) or bool(decision.abandon)
        self.job_state = None
        self.ended = self.logbook.enter(
            float(time_step.reward),
            float(time_step.discount),
            bool(time_step.first),
            self.episode_over,
            float(decision.value),
            float(decision.discount),
        )
        return decision

    def overrule(self, action: Any) -> None:
        """Another action than the one decided is being taken: remember that one.

        Args:
          action: an action inside the action space.
        Raises:
          InvalidArgument: it is not, the job's mask does not allow it, or there is no decision to overrule.
        """
        if self.episode_over:
            raise InvalidArgument(f"worker {self.name!r} has no episode under way, and so no decision to overrule")
        if not self.codec.action_space.contains(action):
            raise InvalidArgument(f"action {action!r} is not in {self.codec.action_space}: pass one that is")
        self.overrule_coordinates(self.codec.coordinates(action))

    def overrule_coordinates(self, action: Any) -> None:
        """As `overrule`, with the action as its coordinates."""
        # After an unfit time step nobody knows what is allowed.
        mask = None if self.newest is None or self.broken else self.newest.action_mask
        fault = coordinates_fault(action, self.spec.signature, mask)
        if fault is not None:
            raise InvalidArgument(
                f"worker {self.name!r} cannot take the action that is to stand in for the one decided: {fault}. "
                f"Nothing was done or remembered; give coordinates as in decision.action"
            )
        with self._agent.lock:
            self.buffers = self._compiled.overrule(self._in_hand(), action)
        if self.decision is not None:
            self.decision = dataclasses.replace(self.decision, action=np.asarray(action, np.float32))

    def hold(self, held: np.ndarray) -> None:
        """Hold emotions at levels, in the order of `EMOTIONS`, `FREE` where they move and NaN where they stay as they
        are held; see `Agent.lesion`.
        """
        with self._agent.lock:
            self.buffers = self._compiled.hold(self._in_hand(), held)

    def skip(self, last: bool) -> None:
        """A time step was unfit: leave it out, and do not link what comes before it to what comes after."""
        self.broken = True
        self.logbook.unfit += 1
        self.episode_over = last

    def _in_hand(self) -> Buffers:
        return self._agent.hand_over(self) if self.buffers is None else self.buffers

    def _action(self) -> Any:
        assert self.decision is not None
        return self.codec.action(np.asarray(self.decision.action))

    def _time_step(self, observation, reward, discount, first, last, action_mask) -> TimeStep:
        return self.codec.time_step(observation, reward, discount, first, last, action_mask, self._place())

    def _place(self) -> str:
        return f"worker {self.name!r}, step {self.logbook.steps + 1}"
