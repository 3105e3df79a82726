"""Labour: what one worker of a fleet does in its own process, from loading what it was to handing in its lessons."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from trainee import record
from trainee.errors import NothingSaved, RecordError, SaveFailed, TraineeError
from trainee.fleet.shelf import keep, newest, place
from trainee.fleet.sleep import Sleep
from trainee.life import Agent, Callback, Decision, Saves, TimeStep, Work, kept
from trainee.life.runtime import end_with_the_parent

SAVE_EVERY_S, TELL_EVERY_S = 10.0, 1.0
# As the command line ends.
REFUSED, INTERRUPTED = 3, 130


@dataclass(frozen=True)
class Assignment:
    """What a worker of a fleet is to do.

    Attributes:
      home: where its agent is kept.
      jobs: one after the other.
      steps: at each, those of earlier runs included.
      seed, width: of the agent that all workers descend from.
      save_every_s: how often it is saved: what is lost at most when it is killed.
    """

    home: Path
    jobs: tuple[str, ...]
    steps: int
    seed: int
    width: int
    save_every_s: float = SAVE_EVERY_S


@runtime_checkable
class Told(Protocol):
    """Who is told how it goes, and may say to stop. One end of a pipe is."""

    def send(self, said: dict[str, Any], /) -> None:
        """Say something; OSError where nobody hears it any more."""

    def poll(self) -> bool:
        """Whether the work is to stop."""
        ...


def labour(assignment: Assignment, told: Connection) -> None:
    """`laboured` in a process of its own, which ends with its exit code."""
    end_with_the_parent()
    code = laboured(assignment, told)
    told.close()
    sys.exit(code)


def laboured(assignment: Assignment, told: Told) -> int:
    """Work at each job, save, and hand in lessons; what was done in an earlier run is not done again.

    Args:
      assignment: what to do.
      told: where to say how it goes, as small dicts; and who may say to stop.
    Returns:
      0 where all is done, `REFUSED` where it cannot be done, `INTERRUPTED` after Ctrl-C or where it is told to stop.
      What it had learned is saved each time.
    """
    try:
        with record.lock(assignment.home):
            _work(assignment, told)
    except TraineeError as error:
        _tell(told, {"error": type(error).__name__, "message": str(error)})
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _work(assignment: Assignment, told: Told) -> None:
    try:
        agent = Agent.load(assignment.home)
    except NothingSaved:
        agent = Agent(assignment.seed, assignment.width)
    # Who has several jobs is to keep them all.
    telling, sleep = _Telling(told), Sleep(agent, assignment.home)
    saves = Saves(agent, assignment.home, assignment.save_every_s, lambda text: _tell(told, {"warning": text}))
    unsaved = False
    for job in assignment.jobs:
        begun = _steps_at(agent, job)
        if begun < assignment.steps:
            try:
                agent.learn(job, assignment.steps - begun, callbacks=[telling, sleep, saves])
            finally:
                interrupted, unsaved = _saved(agent, assignment.home, told)
            if interrupted or telling.stopped:
                raise KeyboardInterrupt
        _tell(told, {"job": job, "steps": _steps_at(agent, job), **_handed_in(agent, assignment.home, job)})
    if unsaved:
        # Now there is room, or the worker is given up.
        kept(agent, assignment.home)


def _saved(agent: Agent, home: Path, told: Told) -> tuple[bool, bool]:
    """Save, if there is room; returns whether there was a Ctrl-C meanwhile, and whether there is no room. Then what was
    learned is in memory only: to end here would lose it, and room may be made while the next job is worked at.
    """
    try:
        return kept(agent, home), False
    except SaveFailed as error:
        _tell(told, {"warning": f"{error} The work goes on meanwhile."})
        return False, True


def _handed_in(agent: Agent, home: Path, job: str) -> dict[str, Any]:
    """Keep the lessons of a job, which changes nothing where these are kept already; where they are and their hash, or
    why not.
    """
    at = place(home, job)
    try:
        return {"lessons": str(at), "sha256": keep(newest(home, agent, job), at)}
    except RecordError as error:
        return {"lessons": None, "why": str(error)}


class _Telling(Callback):
    """Says how it goes, and ends the work where it is told to.

    Attributes:
      stopped: it was.
    """

    def __init__(self, told: Told):
        self.stopped = False
        self._told, self._tell_at_s = told, 0.0

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> bool:
        now = time.monotonic()
        if now >= self._tell_at_s:
            self._tell_at_s = now + TELL_EVERY_S
            log = work.logbook
            earned = {"online": log.online_return(), "recent": log.recent()}
            going = {"job": work.name, "steps": log.steps, **earned, "speed": work.steps_per_second}
            _tell(self._told, {**going, "process": os.getpid()})
            self.stopped = self._told.poll()
        return not self.stopped


def _steps_at(agent: Agent, job: str) -> int:
    return agent.workers[job].logbook.steps if job in agent.workers else 0


def _tell(told: Told, news: dict[str, Any]) -> None:
    """Say something, if there is still somebody to hear it."""
    with suppress(OSError):
        told.send(news)
