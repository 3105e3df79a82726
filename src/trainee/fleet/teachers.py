"""Teachers: whose lessons a merge is made of, and who is left out and why."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trainee.errors import NothingSaved, RecordError
from trainee.fleet.contradiction import Voice, contradicts
from trainee.fleet.lessons import Lessons, digest
from trainee.fleet.provenance import ancestor
from trainee.fleet.shelf import place, provenance_at, read
from trainee.life import Agent
from trainee.life.saving import named_arrays


class Source(NamedTuple):
    """An agent to be merged, and where it is kept: that is how messages call it."""

    home: Path
    agent: Agent


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


def taught(ordered: Sequence[Source]) -> tuple[list[tuple[Source, Lessons]], list[Refusal]]:
    """Lessons of each job from whoever does it best, by the name of the job; and who has none that are fit."""
    best: dict[str, tuple[Source, Lessons]] = {}
    refusals: list[Refusal] = []
    for source in ordered:
        for name in source.agent.workers:
            try:
                lessons = _lessons(source, name)
            except RecordError as error:
                refusals.append(Refusal(str(source.home), name, str(error)))
                continue
            other = best.get(name)
            if other is None:
                best[name] = source, lessons
                continue
            worse, better = sorted((other, (source, lessons)), key=_rank)
            best[name] = better
            refusals.append(Refusal(str(worse[0].home), name, _outdone(worse[1], better)))
    kept, contradicted = _in_concord([best[name] for name in sorted(best)])
    return kept, refusals + contradicted


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


def _lessons(source: Source, name: str) -> Lessons:
    """The lessons of a worker: those on the shelf, or new ones where it has worked on since, or never gave any."""
    agent, at = source.agent, place(source.home, name)
    try:
        if provenance_at(at).steps == agent.workers[name].logbook.steps:
            return read(at, agent, agent.workers[name].learner)
    except NothingSaved:
        pass
    return digest(agent, name)


def _rank(taught: tuple[Source, Lessons]) -> tuple[float, int]:
    about = taught[1].provenance
    return about.competence.recent, about.steps


def _outdone(worse: Lessons, better: tuple[Source, Lessons]) -> str:
    mean, others = worse.provenance.competence.recent, better[1].provenance.competence.recent
    return (
        f"{worse.provenance.job} is learned from the one in {better[0].home}, which does it better: its last episodes "
        f"have a mean return of {others:.4g}, where this one has {mean:.4g}"
    )


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
