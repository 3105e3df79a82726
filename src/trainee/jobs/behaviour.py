"""bsuite's settings as Gymnasium environments, so that they have a name and can be altered: `bsuite/catch-0`."""

from __future__ import annotations

from typing import Any

import gymnasium
from bsuite import bsuite, sweep

from trainee.jobs.dm_env import space_of


class BehaviourEnv(gymnasium.Env):
    """A setting of bsuite.

    Args:
      bsuite_id: such as `catch/0`.
    """

    def __init__(self, bsuite_id: str):
        self._experiment, self._settings = bsuite_id.split("/", maxsplit=1)[0], dict(sweep.SETTINGS[bsuite_id])
        self._env = bsuite.load(self._experiment, self._settings)
        self.observation_space = space_of(self._env.observation_spec())
        self.action_space = space_of(self._env.action_spec())

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        # dm_env knows no seed of a reset: where the setting leaves the seed open the environment is made anew.
        if seed is not None and self._settings.get("seed", 0) is None:
            self._env = bsuite.load(self._experiment, {**self._settings, "seed": seed})
        return self._env.reset().observation, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        said = self._env.step(int(action))
        terminated = bool(said.last()) and said.discount == 0
        return said.observation, float(said.reward), terminated, bool(said.last()) and not terminated, {}


for _id in sweep.SWEEP:
    if not _id.startswith("mnist"):
        gymnasium.register(
            f"bsuite/{_id.replace('/', '-')}",
            entry_point="trainee.jobs.behaviour:BehaviourEnv",
            kwargs={"bsuite_id": _id},
            order_enforce=False,
        )
