"""Small agents that descend from one, and their lessons."""

from __future__ import annotations

import dataclasses

from trainee import Agent
from trainee.learner import Constants

WALK, NESTED = "work_toys:Walk-v0", "work_toys:Nested-v0"
SMALL = dataclasses.replace(Constants(), replay_steps=2_000, heads=3, prior_width=8)
WIDTH = 16


def born(seed: int = 0, width: int = WIDTH) -> Agent:
    """An agent that has done nothing."""
    return Agent(seed, width, SMALL)


def trained(*jobs: str, steps: int = 300, seed: int = 0) -> Agent:
    """An agent that has worked at some jobs, one after the other."""
    agent = born(seed)
    for job in jobs:
        agent.learn(job, steps)
    agent.gather()
    return agent
