"""Trainee: an agent that learns a job by doing it.

Names are imported when they are first used, so that `trainee --help` need not wait for JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainee.fleet import Sleep
    from trainee.jobs import check
    from trainee.jobs.http import Client
    from trainee.life import Agent, Callback, Evaluation, Policy, Worker, fleet_at

_ROOMS = {
    "Agent": "trainee.life",
    "Callback": "trainee.life",
    "Client": "trainee.jobs.http",
    "Evaluation": "trainee.life",
    "Policy": "trainee.life",
    "Sleep": "trainee.fleet",
    "Worker": "trainee.life",
    "check": "trainee.jobs",
    "fleet_at": "trainee.life",
}

__all__ = ["Agent", "Callback", "Client", "Evaluation", "Policy", "Sleep", "Worker", "check", "fleet_at"]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'trainee' has no attribute {name!r}: it has {', '.join(__all__)}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return __all__
