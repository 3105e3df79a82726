"""MiniGrid's environments without the text of their mission: `trainee.jobs.grids:DoorKey-5x5-v0`.

What is seen are the cells in view and the direction looked in. The mission says the same at every step.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import minigrid  # noqa: F401 registers what is below
import numpy as np
from gymnasium import spaces
from jaxtyping import Float

# The largest code of what a cell holds, of its colour and of its state.
LARGEST = np.array([10, 5, 3], np.float32)
PREFIX = "MiniGrid-"


class View(gymnasium.ObservationWrapper):
    """The cells in view, each with three codes from 0 to 1, and the direction."""

    def __init__(self, env: gymnasium.Env):
        super().__init__(env)
        assert isinstance(env.observation_space, spaces.Dict)
        shape, direction = env.observation_space["image"].shape, env.observation_space["direction"]
        self.observation_space = spaces.Dict({"cells": spaces.Box(0.0, 1.0, shape, np.float32), "direction": direction})

    def observation(self, observation: Any) -> dict[str, Float[np.ndarray, "height width codes"] | Any]:
        return {"cells": observation["image"] / LARGEST, "direction": observation["direction"]}


def view(job: str) -> gymnasium.Env:
    """An environment of MiniGrid as it is seen here."""
    return View(gymnasium.make(job, disable_env_checker=True))


for _id in [known for known in gymnasium.registry if known.startswith(PREFIX)]:
    gymnasium.register(
        _id.removeprefix(PREFIX),
        entry_point="trainee.jobs.grids:view",
        kwargs={"job": _id},
        order_enforce=False,
    )
