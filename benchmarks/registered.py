"""Ids that are known only once their library has said so."""

from __future__ import annotations

import gymnasium


def registered(job: str) -> str:
    """A Gymnasium id, after MinAtar's were registered if it is one of these."""
    if job.startswith("MinAtar/") and job not in gymnasium.registry:
        from minatar.gym import register_envs  # noqa: PLC0415 an optional library

        register_envs()
    return job
