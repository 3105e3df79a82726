"""Environments that are bad for the process that they run in. As ids: `fleet_toys:Dies-v0`."""

from __future__ import annotations

import os
from typing import Any

import gymnasium

from work_toys import Walk


class Dies(Walk):
    """It ends the process at its first step."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        os._exit(9)


class Mirrored(Walk):
    """The walk, in which every step to the left brings what one to the right brings there, and looks like it."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        return super().step(2 - int(action))


class Twin(Walk):
    """The walk under another name."""


class Stays(Walk):
    """The walk, in which an episode ends at the edge and nowhere else, so that who goes to and fro never ends one."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, _, _, info = super().step(action)
        return observation, reward, abs(self.place) == 1.0, False, info


for toy in (Dies, Mirrored, Stays, Twin):
    if f"{toy.__name__}-v0" not in gymnasium.registry:
        gymnasium.register(f"{toy.__name__}-v0", toy)
