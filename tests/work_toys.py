"""Tiny environments for tests of work: each goes wrong, or is unusual, in one way. As ids: `work_toys:Walk-v0`."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

EPISODE_STEPS = 20


class Walk(gymnasium.Env):
    """Step right for a reward; 20 steps an episode, cut short by a time limit. Observed: the place, and random numbers.

    Attributes:
      time: steps made in all, over all episodes.
      seen: seeds of the resets, and actions between them.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(self) -> None:
        self.observation_space = spaces.Box(-2.0, 2.0, (int(os.environ.get("WALK_NUMBERS", "2")),))
        self.action_space = spaces.Discrete(3)
        self.place, self.left, self.time, self.seen = 0.0, 0, 0, []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.place, self.left = 0.0, EPISODE_STEPS
        self.seen.append(seed)
        return self._observation(), {}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        self.seen.append(int(action))
        self.time += 1
        self.left -= 1
        self.place = float(np.clip(self.place + 0.1 * (int(action) - 1), -1.0, 1.0))
        return self._observation(), self.place, False, self.left == 0, {}

    def _observation(self) -> np.ndarray:
        random = self.np_random.uniform(-1, 1, self.observation_space.shape[0] - 1)
        return np.array([self.place, *random], np.float32)


class Nested(Walk):
    """The walk, seen as a Dict of a number and a category."""

    def __init__(self) -> None:
        super().__init__()
        self.observation_space = spaces.Dict({"place": spaces.Box(-2.0, 2.0, (1,)), "late": spaces.Discrete(2)})

    def _observation(self) -> dict[str, Any]:
        return {"place": np.array([self.place], np.float32), "late": np.int64(self.left < EPISODE_STEPS // 2)}


class Masked(Walk):
    """The walk, in which one action, never the same twice in a row, is forbidden; taking it raises."""

    def reset(self, **seed: Any) -> tuple[Any, dict[str, Any]]:
        observation, _ = super().reset(**seed)
        return observation, self._info()

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        if not self._info()["action_mask"][int(action)]:
            raise ValueError(f"action {action} is forbidden at step {self.time}")
        *told, _ = super().step(action)
        return *told, self._info()

    def _info(self) -> dict[str, Any]:
        mask = np.ones(3, np.int8)
        mask[self.time % 3] = 0
        return {"action_mask": mask}


class Blinks(Walk):
    """The walk, with an observation that is NaN at every seventh step and an infinite reward at every eleventh."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, *rest = super().step(action)
        if self.time % 7 == 0:
            observation[1] = np.nan
        return observation, float("inf") if self.time % 11 == 0 else reward, *rest


class GoesBlind(Walk):
    """The walk, with a reward that is NaN for good from the 31st step on."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, *rest = super().step(action)
        return observation, float("nan") if self.time > 30 else reward, *rest


class Breaks(Walk):
    """The walk, which raises in the 31st step."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        if self.time == 30:
            raise RuntimeError("the motor is hot")
        return super().step(action)


class Graph(Walk):
    """The walk, with an observation space that cannot be learned from."""

    def __init__(self) -> None:
        super().__init__()
        self.observation_space = spaces.Dict({"map": spaces.Graph(spaces.Box(0, 1, (1,)), None)})


class Endless(Walk):
    """The walk, without an end."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, *_ = super().step(action)
        return observation, reward, False, False, {}


for toy in (Walk, Nested, Masked, Blinks, GoesBlind, Breaks, Graph, Endless):
    if f"{toy.__name__}-v0" not in gymnasium.registry:
        gymnasium.register(f"{toy.__name__}-v0", toy)
