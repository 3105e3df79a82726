"""Teachers: whose lessons a merge is made of, and who is left out and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from trainee.errors import RecordError
from trainee.fleet.contradiction import Voice, contradicts
from trainee.fleet.lessons import Lessons
from trainee.fleet.provenance import ancestor
from trainee.fleet.shelf import newest
from trainee.life import Agent
from trainee.life.saving import named_arrays


class Source(NamedTuple):
    """An agent to be merged, and where it is kept: that is how messages call it."""

    home: Path
    agent: Agent


Now: TypeAlias = Callable[[Source, Lessons], float | None]


@dataclass(frozen=True)
class Refusal:
    """What was left out of a merge, and why."""

    home: str
    job: str | None
    why: str


def sources(homes: Sequence[Path]) -> tuple[list[Source], list[Refusal]]:
    """The agents kept in some homes, and those that cannot be read or are of another ancestor than most."""
    found: list[Source] = []
    refusals: list[Refusal] = []
    for home in homes:
        try:
            found.append(Source(home, Agent.load(home)))
        except RecordError as error:
            refusals.append(Refusal(str(home), None, str(error)))
    ids = [ancestor(source.agent) for source in found]
    if not ids:
        return found, refusals
    usual = min(set(ids), key=lambda one: (-ids.count(one), one))
    for source, own in zip(found, ids, strict=True):
        if own != usual:
            refusals.append(Refusal(str(source.home), None, _foreign(source, found[ids.index(usual)])))
    return [source for source, own in zip(found, ids, strict=True) if own == usual], refusals


def each_once(found: Sequence[Source]) -> list[Source]:
    """The agents in an order that does not depend on the one they are given in; of two that are the same, one."""
    agents = {_content(source.agent): source for source in found}
    return [agents[content] for content in sorted(agents)]


def taught(ordered: Sequence[Source], now: Now) -> tuple[list[tuple[Source, Lessons]], list[Refusal]]:
    """Lessons of each job from whoever does it best, by the name of the job; and who has none that are fit.

    Args:
      ordered: the agents.
      now: what somebody who has lessons brings at the job as they are now, frozen; None where that cannot be told.
    """
    asked: dict[str, list[tuple[Source, Lessons]]] = {}
    refusals: list[Refusal] = []
    for source in ordered:
        for name in source.agent.workers:
            try:
                asked.setdefault(name, []).append((source, newest(source.home, source.agent, name)))
            except RecordError as error:
                refusals.append(Refusal(str(source.home), name, str(error)))
    best: list[tuple[Source, Lessons]] = []
    for name in sorted(job for job, several in asked.items() if several):
        teacher, outdone = _best(asked[name], now)
        best.append(teacher)
        refusals += outdone
    kept, contradicted = _in_concord(best)
    return kept, refusals + contradicted


def _best(several: Sequence[tuple[Source, Lessons]], now: Now) -> tuple[tuple[Source, Lessons], list[Refusal]]:
    """Who does a job best, by what they do now where all of that can be told, else by their last episodes at work."""
    if len(several) == 1:
        return several[0], []
    frozen = [now(*each) for each in several]
    told = [each[1].provenance.competence.recent for each in several]
    told = [float("nan") if mean is None else mean for mean in frozen] if None not in frozen else told
    how = "frozen as it is now it has" if None not in frozen else "its last episodes have"
    steps = [each[1].provenance.steps for each in several]
    first = max(range(len(several)), key=lambda i: (told[i], steps[i]))
    refusals = [
        Refusal(
            str(source.home),
            lessons.provenance.job,
            f"{lessons.provenance.job} is learned from the one in {several[first][0].home}, which does it better: "
            f"{how} a mean return of {told[first]:.4g}, where this one has {told[i]:.4g}",
        )
        for i, (source, lessons) in enumerate(several)
        if i != first
    ]
    return several[first], refusals


def _in_concord(
    taught: Sequence[tuple[Source, Lessons]],
) -> tuple[list[tuple[Source, Lessons]], list[Refusal]]:
    """Those whose lessons do not contradict each other: of two that do, the one that has worked longer."""
    kept: list[tuple[Source, Lessons]] = []
    refusals: list[Refusal] = []
    for source, lessons in sorted(taught, key=lambda each: (-each[1].provenance.steps, each[1].provenance.job)):
        job = lessons.provenance.job
        for other, known in kept:
            if found := contradicts(_voice(source, lessons), _voice(other, known)):
                why = (
                    f"the lessons of {job!r} contradict those of {known.provenance.job!r} in {other.home}, which has "
                    f"worked longer and has the same spaces: {found}. Merge them with other agents each, or make their "
                    f"observations differ"
                )
                refusals.append(Refusal(str(source.home), job, why))
                break
        else:
            kept.append((source, lessons))
    return sorted(kept, key=lambda each: each[1].provenance.job), refusals


def _voice(source: Source, lessons: Lessons) -> Voice:
    worker = source.agent.workers[lessons.provenance.job]
    return Voice(worker.learner, source.agent.state_of(worker), lessons)


def _content(agent: Agent) -> str:
    """A hash of what an agent has learned, and of how far its workers are."""
    agent.gather()
    arrays = named_arrays((agent.brain, agent.interfaces))
    whole = hashlib.sha256()
    for name in sorted(arrays):
        whole.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    for name, worker in sorted(agent.workers.items()):
        whole.update(f"{name} {worker.logbook.steps}".encode())
    return whole.hexdigest()


def _foreign(source: Source, usual: Source) -> str:
    one, other = source.agent, usual.agent
    return (
        f"the agent in {source.home} descends from another ancestor (seed {one.seed}, width {one.width}) than the one "
        f"in {usual.home} (seed {other.seed}, width {other.width}), or has another table of constants: only agents "
        f"that descend from one can be merged"
    )
