"""Rounds: after each round of work what the workers learned is merged, and goes out to work again.

A worker takes the merged agent only where that does the worker's own jobs as well as the worker does; the others go on
as they are. What is taken is the brain, and the interfaces and streams of the worker's jobs.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from trainee import record
from trainee.errors import DamagedPart, RecordError, SaveFailed, UnfitLessons
from trainee.fleet.crew import News
from trainee.fleet.gate import EPISODES
from trainee.fleet.labour import Assignment
from trainee.fleet.reunion import Reunion, reunited
from trainee.fleet.teachers import sources
from trainee.life import Agent
from trainee.life.saving import checkpoint
from trainee.record import durable

FILE = "rounds.json"

Work: TypeAlias = Callable[[Sequence[Assignment]], Generator[News, None, None]]


def in_rounds(
    home: Path, given: Sequence[Assignment], rounds: int, work: Work, episodes: int = EPISODES
) -> Generator[News, None, None]:
    """Have workers do what they are to, in rounds, and tell what is heard of them; what an earlier run did is not done
    again. A round is over once all have done what they were to.

    Args:
      home: of the fleet, locked.
      given: what each is to do in one round.
      rounds: how many.
      work: has workers do it: `crew`, or as that.
      episodes: that each job is played for its gate between rounds.
    Raises:
      KeyboardInterrupt: as `work`.
      RecordError: how many rounds are over cannot be read or written.
    """
    given_up = False
    for turn in range(_over(home) + 1, rounds + 1):
        with closing(work([dataclasses.replace(each, steps=turn * each.steps) for each in given])) as heard:
            for news in heard:
                given_up |= news.kind == "given up"
                yield news
        if turn < rounds:
            yield from redeployed(given, turn, episodes)
            if not given_up:
                _is_over(home, turn)


def redeployed(given: Sequence[Assignment], turn: int, episodes: int) -> Generator[News, None, None]:
    """Merge what workers learned, and let each take the merged agent if it does that one's own jobs as well."""
    try:
        found = reunited(*sources([each.home for each in given]), episodes=episodes)
    except UnfitLessons as error:
        for number in range(len(given)):
            yield News(number, "goes on with its own", {"round": turn, "why": str(error)})
        return
    for number, each in enumerate(given):
        why = _why_not(found, each)
        if not why:
            try:
                with record.lock(each.home):
                    _only(found.agent, each.jobs).save_locked(each.home)
            except RecordError as error:
                why = str(error)
        about = {"round": turn, "retained": {one.job: one.retained for one in found.retentions if one.job in each.jobs}}
        kind = "goes on with its own" if why else "takes the merged agent"
        yield News(number, kind, {**about, "why": why} if why else about)


def _why_not(found: Reunion, assignment: Assignment) -> str:
    """Why a worker is not to take a merged agent; empty where it may."""
    gates = {one.job: one for one in found.retentions}
    for job in assignment.jobs:
        if job not in gates:
            told = [each.why for each in found.refusals if each.home == str(assignment.home)]
            return f"{job} is not among what was merged. {' '.join(told)}".strip()
        if not gates[job].passed:
            return gates[job].why
    return ""


def _only(agent: Agent, jobs: Sequence[str]) -> Agent:
    """An agent with the workers of these jobs alone."""
    whole = checkpoint(agent)
    parts = {name: whole.parts[name] for name in ("agent", *(f"streams/{job}" for job in jobs))}
    return Agent.restored(
        record.Checkpoint(parts, {**whole.about, "workers": {job: whole.about["workers"][job] for job in jobs}})
    )


def _is_over(home: Path, turn: int) -> None:
    try:
        durable.write(home / FILE, json.dumps({"over": turn}).encode())
    except OSError as error:
        raise SaveFailed(f"{home / FILE} could not be written: {error}. Make room, and run the same again") from error


def _over(home: Path) -> int:
    """How many rounds are over, with what was taken after them."""
    path = home / FILE
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["over"])
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedPart(
            f"{path} does not say how many rounds are over: {error!r}. Remove it to go through the first one again"
        ) from error
