"""The codec of a job that speaks JSON: what a program says, as the agent takes it, and what it is answered."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from trainee.errors import UnfitTimeStep
from trainee.jobs.spaces import Codec
from trainee.jobs.value_json import mask_from_json, value_from_json, value_to_json
from trainee.types import TimeStep


class JsonCodec(Codec):
    """As `Codec`, for a job that has a name and says everything in JSON.

    Attributes:
      name: of the job, for messages.
    """

    def __init__(
        self, name: str, observation_space: gymnasium.Space, action_space: gymnasium.Space, masked: bool = False
    ):
        super().__init__(observation_space, action_space, masked)
        self.name = name

    def heard(
        self, observation: Any, reward: float, first: bool, last: bool, terminated: bool, mask: Any = None
    ) -> TimeStep:
        """A time step, from what a program says.

        Raises:
          UnfitTimeStep: it cannot be learned from; says what and why.
        """
        seen = value_from_json(self.observation_space, observation, "observation")
        said = np.float32(not terminated), np.bool_(first), np.bool_(last)
        return self.time_step(seen, reward, *said, mask_from_json(mask), f"job {self.name!r}")

    def heard_action(self, action: Any, mask: Any = None) -> np.ndarray:
        """The coordinates of an action that a program says, under the mask of its call.

        Raises:
          UnfitTimeStep: the action space does not contain it, or the mask forbids it.
        """
        value = value_from_json(self.action_space, action, "action")
        if not self.action_space.contains(value):
            raise UnfitTimeStep(f"action is {action!r:.80}, which is not in {self.action_space}")
        coordinates = self.coordinates(value)
        if self.masked and mask is not None:
            nearest = np.round(coordinates).astype(int)
            if not self.mask(mask_from_json(mask))[np.arange(len(nearest)), nearest].all():
                raise UnfitTimeStep(f"action is {action!r:.80}, which the action_mask forbids: give one that it allows")
        return coordinates

    def told_action(self, coordinates: np.ndarray) -> Any:
        """The action at these coordinates, as JSON."""
        return value_to_json(self.action_space, self.action(coordinates))

    def valid(self, action: Any, mask: Any) -> bool:
        """Whether an action in JSON is one that may be taken under a mask."""
        try:
            self.heard_action(action, mask)
        except UnfitTimeStep:
            return False
        return True

    def alike(self, action: Any, other: Any) -> bool:
        """Whether two actions in JSON are the same, on a line to the nearest choice."""
        return bool(np.array_equal(np.round(self.heard_action(action)), np.round(self.heard_action(other))))
