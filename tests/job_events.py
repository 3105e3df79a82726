"""Events of a job, as a service records them, with no more in them than a feed reads."""

from __future__ import annotations

from typing import Any

CONDUCT = {"value": 1.0, "spread": 0.5, "discount": 0.9, "spell": 0, "abandon": False, "plays": False}

Told = tuple[str, dict[str, Any]]


def begun(episode: str) -> Told:
    return "episode_begun", {"episode": episode, "version": "live"}


def decided(episode: str, sequence: int, action: Any = 0, seen: Any = None, mask: Any = None, **conduct: Any) -> Told:
    """By default `a` sees at its third decision what is called `a2`; `conduct=None` where nobody says how it was."""
    said = None if conduct == {"conduct": None} else {**CONDUCT, **conduct}
    name, seen = f"{episode}.{sequence}", f"{episode}{sequence}" if seen is None else seen
    about = {"decision": name, "episode": episode, "sequence": sequence, "action": action}
    return "decided", {**about, "observation": seen, "action_mask": mask, "conduct": said}


def rewarded(
    episode: str,
    sequence: int,
    value: float,
    reward_id: str = "r",
    final: bool = True,
    of: int | None = None,
    late: bool = False,
    at: float = 0.0,
) -> Told:
    about = {"decision": f"{episode}.{sequence}", "reward_id": reward_id, "value": value, "observed_at": at}
    return "rewarded", {**about, "final": final, "of": of, "late": late}


def defaulted(episode: str, sequence: int) -> Told:
    return "defaulted", {"decision": f"{episode}.{sequence}", "value": 0.0}


def window_closed(episode: str, sequence: int) -> Told:
    return "window_closed", {"decision": f"{episode}.{sequence}"}


def overridden(episode: str, sequence: int, action: Any, late: bool = False) -> Told:
    return "overridden", {"decision": f"{episode}.{sequence}", "action": action, "late": late}


def ended(episode: str, terminated: bool = False, seen: Any = None, lost: bool = False, conduct: Any = None) -> Told:
    about = {"episode": episode, "terminated": terminated, "truncated": not terminated, "lost": lost}
    return "episode_ended", {**about, "observation": seen, "conduct": conduct}
