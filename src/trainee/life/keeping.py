"""Keeping what an agent learns while it works: saved now and then, and whatever ends the work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from trainee.errors import SaveFailed
from trainee.life.agent import Agent
from trainee.life.callbacks import Callback, Work
from trainee.life.interrupt import deferred_interrupt
from trainee.types import Decision, TimeStep

SAVE_EVERY_S = 60.0


def _warn(text: str) -> None:
    print(f"trainee: {text}", file=sys.stderr)


class Saves(Callback):
    """Saves now and then, so that a crash costs no more than that. Holds for a home that this process has locked.

    Args:
      agent: who is saved.
      home: where.
      every_s: how often.
      warn: told where it cannot be saved; by default on standard error.
    """

    def __init__(self, agent: Agent, home: Path, every_s: float = SAVE_EVERY_S, warn: Callable[[str], None] = _warn):
        self._agent, self._home, self._every_s, self._warn = agent, home, every_s, warn
        self._next_s = time.monotonic() + every_s

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        if time.monotonic() < self._next_s:
            return
        try:
            self._agent.save_locked(self._home)
        except SaveFailed as error:
            # What is learned is only in memory now: stopping here would lose it, and room may be made.
            self._warn(f"{error} The work goes on meanwhile.")
        self._next_s = time.monotonic() + self._every_s


def kept(agent: Agent, home: Path) -> bool:
    """Save to a home that this process has locked; returns whether there was a Ctrl-C meanwhile, which waits for it."""
    with deferred_interrupt() as interrupted:
        agent.save_locked(home)
        return interrupted()
