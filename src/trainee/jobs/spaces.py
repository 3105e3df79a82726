"""Between a job's own observations and actions, and the agent's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Bool, Float

from trainee.errors import UnfitTimeStep, UnsupportedSpace
from trainee.jobs import actions, batches, observations
from trainee.jobs.nesting import leaves, put_together, taken_apart
from trainee.jobs.space_json import signature_id
from trainee.types import JobSpec, Observation, Signature, TimeStep

CONTINUOUS_CHOICES = 11
# An environment's bounds are often what its author expected: LunarLander flies beyond its own. What lies no farther out
# than this is learned from as it is; a job that calls the agent can mend its bounds, and is held to them.
SLACK = 10.0
CLEAN = "Clean it in the job, or wrap it with gymnasium.wrappers."
NO_CATEGORIES = np.zeros(0, np.int32)


class Codec:
    """Reads observations and writes actions of one pair of spaces.

    Observations: a Box of rank 0 to 2 becomes numbers, one that is an image stays one (see `image_axes`), any other
    numbers; a MultiBinary becomes numbers; a Discrete, a MultiDiscrete and the characters of a Text become categories;
    a Dict or Tuple is all its parts. Actions: a Discrete is one component; so is a MultiDiscrete or MultiBinary of at
    most 64 joint choices, otherwise each of its elements is; each element of a Box is one whose choices lie on a line;
    a Dict or Tuple has the components of all its parts.

    Attributes:
      observation_space, action_space: as the job declares them.
      signature: their shape to the agent.
      masked: the job says at each time step which actions are allowed.
    """

    def __init__(
        self,
        observation_space: gymnasium.Space,
        action_space: gymnasium.Space,
        masked: bool = False,
        continuous_choices: int = CONTINUOUS_CHOICES,
        slack: float = 0.0,
    ):
        """Make a codec.

        Args:
          observation_space, action_space: of one environment, not of a batch of them.
          masked: the job says at each time step which actions are allowed.
          continuous_choices: choices on the line of a continuous component, 2 or more; where there are several such
            components, see `shared_choices`.
          slack: how far beyond its bounds a float of an observation may lie and be fit, in distances between them.

        Raises:
          UnsupportedSpace: says which part, and what to wrap it in.
        """
        self.observation_space, self.action_space, self.masked = observation_space, action_space, masked
        self.parts = [observations.part(*leaf, slack) for leaf in leaves(observation_space, "observation")]
        shared = shared_choices(action_space, continuous_choices)
        self._actions = [actions.part(*leaf, continuous_choices, shared) for leaf in leaves(action_space, "action")]
        self.signature = self._signature()
        self._check()
        self._numbers = self.parts[0] if _is_leaf(observation_space) and self.parts[0].numbers else None
        self._choice = self._actions[0] if _is_leaf(action_space) else None
        self._starts = np.cumsum([0] + [len(part.choices) for part in self._actions])

    @property
    def spec(self) -> JobSpec:
        """The signature, and whether there are masks."""
        return JobSpec(self.signature, self.masked)

    def fault(self, raw: Any) -> str | None:
        """Why an observation is not fit to learn from, or None where it is.

        Args:
          raw: as the job gives it.

        Returns:
          which part (as in `observation['lidar'][3]`), its value, and the bound, shape or type that it breaks.
        """
        if self._numbers is not None:
            return self._numbers.fault(raw)
        try:
            values = taken_apart(self.observation_space, raw, "observation")
        except UnfitTimeStep as misfit:
            return str(misfit)
        faults = (part.fault(value) for part, value in zip(self.parts, values, strict=True))
        return next((fault for fault in faults if fault is not None), None)

    def observation(self, raw: Any, xp: Any = np) -> Observation:
        """An observation as the agent sees it. It must be fit: see `fault`.

        Args:
          raw: as the job gives it.
          xp: `numpy`, or inside `jit` `jax.numpy`.
        """
        if self._numbers is not None:
            none: Any = NO_CATEGORIES if xp is np else xp.asarray(NO_CATEGORIES)
            return Observation(self._numbers.encoded(raw, xp), none, ())
        values = taken_apart(self.observation_space, raw, "observation")
        parts = [(part, part.encoded(value, xp)) for part, value in zip(self.parts, values, strict=True)]
        numeric = [encoded for part, encoded in parts if part.numbers]
        categories = [encoded for part, encoded in parts if part.categories]
        return Observation(
            xp.concatenate(numeric) if numeric else xp.zeros(0, np.float32),
            xp.concatenate(categories) if categories else xp.zeros(0, np.int32),
            tuple(encoded for part, encoded in parts if part.image is not None),
        )

    def action(self, coordinates: Float[np.ndarray | Array, " components"], xp: Any = np) -> Any:
        """The action at these coordinates, which the action space contains.

        Args:
          coordinates: as in `Decision.action`; beyond the last choice they count as the last.
          xp: `numpy`, or inside `jit` `jax.numpy`.
        """
        if self._choice is not None:
            return self._choice.decoded(coordinates, xp)
        pieces = [coordinates[start:end] for start, end in pairwise(self._starts)]
        values = [part.decoded(piece, xp) for part, piece in zip(self._actions, pieces, strict=True)]
        return put_together(self.action_space, iter(values))

    def coordinates(self, action: Any) -> Float[np.ndarray, " components"]:
        """The coordinates of an action of the action space: `action` turned round, on a line the nearest there are."""
        values = taken_apart(self.action_space, action, "action")
        return np.concatenate([part.coordinates(value) for part, value in zip(self._actions, values, strict=True)])

    def mask(self, raw: Any) -> Bool[np.ndarray, "components choices"]:
        """Which choices an action mask allows; false where a component has no such choice.

        Args:
          raw: as the action space's own `sample(mask=...)` takes it; the parts of a MultiDiscrete may also be one flat
            array. None, or None for a part, allows everything there.

        Raises:
          UnfitTimeStep: it is no mask for this space, or it allows nothing.
        """
        grid = np.zeros(self.signature.grid, bool)
        values = [None] * len(self._actions)
        if raw is not None:
            values = taken_apart(self.action_space, raw, "action_mask")
        row = 0
        for part, value in zip(self._actions, values, strict=True):
            allowed = part.allowed(value) if value is not None else [np.ones(n, bool) for n in part.choices]
            for component in allowed:
                grid[row, : component.size] = component
                row += 1
        return grid

    def time_step(
        self, observation: Any, reward: Any, discount: Any, first: Any, last: Any, action_mask: Any, place: str
    ) -> TimeStep:
        """A time step with numpy leaves, checked.

        Args:
          observation: as the job gives it.
          reward: a finite number; beyond float32's range it is clipped.
          discount, first, last: as in `TimeStep`.
          action_mask: as in `mask`; wanted where the codec is masked, except at a last time step, and only there.
          place: which step of which job, for messages.

        Raises:
          UnfitTimeStep: something in it cannot be learned from. Its `last` says that an episode has to begin next.
        """
        fault = self.fault(observation)
        if fault is not None:
            raise UnfitTimeStep(_unfit(fault, place, CLEAN + "TransformObservation"), bool(first or last))
        fault = reward_fault(reward)
        if fault is not None:
            raise UnfitTimeStep(_unfit(fault, place, CLEAN + "TransformReward"), bool(first or last))
        most = observations.LARGEST
        # Leaves of numpy, which go into a compiled step faster than JAX's own.
        fields: tuple[Any, ...] = (
            np.array(max(-most, min(most, float(reward))), np.float32),
            np.asarray(discount, np.float32),
            np.asarray(first, bool),
            np.asarray(last, bool),
            self._allowed(action_mask, bool(first), bool(last), place),
        )
        return TimeStep(self.observation(observation), *fields)

    def unstacked(self, observation: Any) -> tuple[list[Any], bool]:
        """The observations in a batch, or the one there is, and whether it was a batch."""
        return batches.unstacked(self.observation_space, observation)

    def stacked(self, env_actions: Sequence[Any]) -> Any:
        """A batch of actions, as vector environments take them."""
        return batches.stacked(self.action_space, env_actions)

    def _allowed(self, mask: Any, first: bool, last: bool, place: str) -> np.ndarray | None:
        if not self.masked:
            if mask is None:
                return None
            fault = "there is an action_mask, but the job began without one"
            raise UnfitTimeStep(_unfit(fault, place, "Give one at every step, or none at all"), first or last)
        if last:
            return self.mask(None)
        try:
            if mask is None:
                raise UnfitTimeStep("action_mask is missing, but the job began with one")
            return self.mask(mask)
        except UnfitTimeStep as misfit:
            fault = _unfit(str(misfit), place, "Let the job say at every step which actions are allowed")
            raise UnfitTimeStep(fault, first) from None

    def _signature(self) -> Signature:
        images = [part for part in self.parts if part.image is not None]
        return Signature(
            numeric=sum(part.numbers for part in self.parts),
            categories=tuple(n for part in self.parts for n in part.categories),
            images=tuple(part.image for part in images if part.image is not None),
            choices=tuple(n for part in self._actions for n in part.choices),
            continuous=tuple(part.continuous for part in self._actions for _ in part.choices),
            id=signature_id(self.observation_space, self.action_space),
            image_bytes=tuple(part.is_bytes for part in images),
        )

    def _check(self) -> None:
        signature = self.signature
        if not signature.numeric + len(signature.categories) + sum(map(math.prod, signature.images)):
            raise UnsupportedSpace(
                f"observation is {self.observation_space}, which holds nothing: give it a Discrete(1)"
            )
        if not signature.choices:
            raise UnsupportedSpace(f"action is {self.action_space}, which holds nothing: give it a Discrete(1)")
        if self.masked and not any(part.can_mask for part in self._actions):
            raise UnsupportedSpace(
                f"action is {self.action_space}, and a Box has no choices that a mask could forbid: leave the mask "
                f"out, or make it a Discrete with gymnasium.wrappers.TransformAction"
            )


def _unfit(fault: str, place: str, remedy: str) -> str:
    return f"{fault} ({place}); the step was not learned from. {remedy}"


def shared_choices(action_space: gymnasium.Space, choices: int) -> int:
    """Choices on each line of floats with both bounds: on all lines together as many as on a single one, and at least 3
    on each, less than which has no middle.

    With 11 on each of six lines HalfCheetah's values rise to twenty times what comes true: each component's best choice
    is the one whose error is the largest, and the errors of six add up. With 3 they do not, and what lies between the
    choices is still reached.
    """
    lines = sum(math.prod(space.shape) for _, space in leaves(action_space, "action") if isinstance(space, spaces.Box))
    return choices if lines <= 1 else max(min(3, choices), choices // lines)


def reward_fault(reward: Any) -> str | None:
    """Why a reward is not fit to learn from, or None where it is. A text is none, though Python can read some."""
    try:
        if type(reward) is not float and np.asarray(reward).dtype.kind in "SU":
            raise TypeError
        number = float(reward)
    except (TypeError, ValueError, OverflowError):
        return f"reward is {observations.shown(reward)}, not a number"
    return None if math.isfinite(number) else f"reward is {number}"


def _is_leaf(space: gymnasium.Space) -> bool:
    return not isinstance(space, gymnasium.spaces.Dict | gymnasium.spaces.Tuple)
