"""Keeping what an agent learns while it works: saved now and then, and whatever ends the work."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from trainee.errors import SaveFailed
from trainee.life import Agent, Callback, Decision, TimeStep, Work, deferred_interrupt

SAVE_EVERY_S = 60.0


class Saves(Callback):
    """Saves now and then, so that a crash costs a minute at most. Holds for a home that this process has locked."""

    def __init__(self, agent: Agent, home: Path, every_s: float = SAVE_EVERY_S):
        self._agent, self._home, self._every_s = agent, home, every_s
        self._next_s = time.monotonic() + every_s

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        if time.monotonic() < self._next_s:
            return
        try:
            self._agent.save_locked(self._home)
        except SaveFailed as error:
            # What is learned is only in memory now: stopping here would lose it, and room may be made.
            print(f"trainee: {error} The work goes on meanwhile.", file=sys.stderr)
        self._next_s = time.monotonic() + self._every_s


def kept(agent: Agent, home: Path) -> bool:
    """Save to a home that this process has locked; returns whether there was a Ctrl-C meanwhile, which waits for it."""
    with deferred_interrupt() as interrupted:
        agent.save_locked(home)
        return interrupted()
