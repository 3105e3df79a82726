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


gymnasium.register("Dies-v0", Dies)
