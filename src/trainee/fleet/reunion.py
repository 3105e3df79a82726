"""Reunion: agents that descend from one and worked apart become one again, if it can do what each of them could."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float

from trainee.errors import JobError, UnfitLessons
from trainee.fleet.correction import corrections
from trainee.fleet.courses import corrected
from trainee.fleet.gate import EPISODES, Retention
from trainee.fleet.imitation import USUAL, Effort
from trainee.fleet.lessons import Lessons
from trainee.fleet.measure import Measure
from trainee.fleet.merge import Merged, Newborn, Specialist, learned_more, merged
from trainee.fleet.provenance import ancestor
from trainee.fleet.shelf import keep, place
from trainee.fleet.teachers import Refusal, Source, each_once, taught
from trainee.learner import State
from trainee.learner.running import unit
from trainee.life import Agent, Worker
from trainee.life.saving import checkpoint, fill, named_arrays
from trainee.record import Checkpoint

# How often the merged agent is corrected where it can do the job, and how many lessons that brings each time.
CORRECTIONS = 3
CORRECTIONS_STEPS = 2_000
CORRECTION_LESSONS = 4_000
# What falls short by less needs no correction, and counts as falling short by this.
SHORT = 0.01


@dataclass(frozen=True, eq=False)
class Reunion:
    """What came of bringing agents together.

    Attributes:
      agent: the merged one.
      retentions: how much of each job it retained, by job.
      refusals: who was left out.
      before, after: how far it was from each specialist before it learned and after, as `imitation_loss`, by job.
      lessons: how many were learned from, by job.
      seconds: how long it took.
      taught: the lessons of each job, those of corrections left out.
      size: numbers that learn in the merged agent, interfaces counted.
      largest: the same of the largest agent whose lessons were learned from.
    """

    agent: Agent
    retentions: tuple[Retention, ...]
    refusals: tuple[Refusal, ...]
    before: dict[str, float]
    after: dict[str, float]
    lessons: dict[str, int]
    seconds: float
    taught: tuple[Lessons, ...]
    size: int
    largest: int

    @property
    def passed(self) -> bool:
        """Whether it may go to work: every job passed its gate."""
        return all(found.passed for found in self.retentions)

    def put(self, home: Path) -> None:
        """Keep the agent in a home that this process has locked, with the lessons that it can be taught from again.

        Raises:
          SaveFailed: the disk is full or does not answer; there is no agent in the home.
        """
        for lessons in self.taught:
            keep(lessons, place(home, lessons.provenance.job))
        self.agent.save_locked(home)


def reunited(
    found: Sequence[Source],
    refusals: Sequence[Refusal] = (),
    *,
    effort: Effort = USUAL,
    turns: int = CORRECTIONS,
    episodes: int = EPISODES,
    width: int | None = None,
    stage: Callable[[str], None] = lambda words: None,
) -> Reunion:
    """One agent from several, and how much of each job it retained.

    Args:
      found: the agents; their order does not matter.
      refusals: who was left out before.
      effort: how long and how hard it is learned.
      turns: how often it is corrected at jobs that can be reached.
      episodes: that each job is played for its gate, by the specialist, the merged agent and at random.
      width: of the merged agent; by default the one that all have. One of another width begins as a newborn, and is of
        another ancestor from then on.
      stage: called with a few words as each stage begins.
    Raises:
      InvalidArgument: there is no agent of that width.
      UnfitLessons: nobody is left whose lessons can be learned from.
    """
    began = time.perf_counter()
    measured: dict[tuple[Path, str], Measure] = {}

    def measure(source: Source, lessons: Lessons) -> Measure:
        made = Measure(source, lessons, episodes)
        return measured.setdefault((source.home, made.job), made)

    def now(source: Source, lessons: Lessons) -> float | None:
        specialist = measure(source, lessons).specialist
        return None if isinstance(specialist, JobError) or specialist.cut else specialist.mean

    stage("the specialists, and random play, at their jobs")
    teachers, refused = taught(each_once(found), now)
    measures = {lessons.provenance.job: measure(source, lessons) for source, lessons in teachers}
    teachers, worthless = _worth_learning(teachers, measures)
    refused = [*refusals, *refused, *worthless]
    if not teachers:
        told = "; ".join(f"{each.home}: {each.why}" for each in refused) or "no agent has a worker"
        raise UnfitLessons(f"there is nothing to merge. {told}")
    # Of those alone who teach: what others learned is not to be merged.
    agents = list({source.home: source.agent for source, _ in teachers}.values())
    brains = [agent.brain for agent in agents if agent.brain is not None]
    merging = Agent(agents[0].seed, agents[0].width if width is None else width, agents[0].constants)
    newborn = _newborn(merging, teachers) if merging.width != agents[0].width else None
    several = len(agents) > 1 or newborn is not None
    room = turns * CORRECTION_LESSONS if several else 0
    specialists = [_specialist(source, lessons) for source, lessons in teachers]
    key, *keys = jax.random.split(jax.random.key(agents[0].seed), 1 + turns)
    stage(f"one agent learns from {sum(len(s.lessons) for s in specialists):,} lessons of {len(specialists)} jobs")
    known = merged(brains, specialists, key, effort, room, newborn)
    if several:
        for turn, key in enumerate(keys):
            stage(f"it does the jobs and is corrected: {turn + 1} of at most {turns}")
            again = _corrected(known, specialists, measures, key, turn, effort)
            if again is None:
                break
            known = again
    agent = _assembled(merging, teachers, known)
    stage("the gate: the merged agent at every job")
    retentions = tuple(measures[s.job].retention(agent) for s in specialists)
    counts = {job: int(course.count) for job, course in known.courses.items()}
    spent = time.perf_counter() - began
    lessons = tuple(lessons for _, lessons in teachers)
    sizes = size(agent), max(size(one) for one in agents)
    distances = dict(known.before), dict(known.after)
    lessons = tuple(_its_own(agent, each) for each in lessons)
    return Reunion(agent, retentions, tuple(refused), *distances, counts, spent, lessons, *sizes)


def _its_own(agent: Agent, lessons: Lessons) -> Lessons:
    """Lessons as those of an agent that was taught by them, be it of another width: priors are the same at any."""
    about = dataclasses.replace(lessons.provenance, ancestor=ancestor(agent), width=agent.width)
    return dataclasses.replace(lessons, provenance=about)


def size(agent: Agent) -> int:
    """How many numbers learn in an agent: those of its brain and of all its interfaces."""
    learning = [agent.brain and agent.brain.slow, [interface.learned.slow for interface in agent.interfaces.values()]]
    return sum(leaf.size for leaf in jax.tree.leaves(learning) if eqx.is_inexact_array(leaf))


def _worth_learning(
    teachers: list[tuple[Source, Lessons]], measures: Mapping[str, Measure]
) -> tuple[list[tuple[Source, Lessons]], list[Refusal]]:
    """Those who do better than random play, as far as can be told; one alone is taken as it is."""
    if len(teachers) < 2:
        return teachers, []
    why = {job: found for job, measure in measures.items() if (found := measure.worthless())}
    refusals = [
        Refusal(str(source.home), lessons.provenance.job, why[lessons.provenance.job])
        for source, lessons in teachers
        if lessons.provenance.job in why
    ]
    return [each for each in teachers if each[1].provenance.job not in why], refusals


def _newborn(merging: Agent, teachers: Sequence[tuple[Source, Lessons]]) -> Newborn:
    """What an agent is before it has done anything, at the jobs that it is to do."""
    born = Agent(merging.seed, merging.width, merging.constants)
    for source, lessons in teachers:
        worker = source.agent.workers[lessons.provenance.job]
        born.add_worker(worker.name, worker.codec, worker.spec.restartable)
    assert born.brain is not None
    return Newborn(born.brain, born.interfaces)


def _specialist(source: Source, lessons: Lessons) -> Specialist:
    worker = source.agent.workers[lessons.provenance.job]
    state = source.agent.state_of(worker)
    return Specialist(worker.name, worker.learner, state.brain, state.interface, lessons)


def _corrected(
    known: Merged,
    specialists: Sequence[Specialist],
    measures: Mapping[str, Measure],
    key: Any,
    turn: int,
    effort: Effort,
) -> Merged | None:
    """A merge after one more turn of correction; None where no job falls short."""
    courses = dict(known.courses)
    more: dict[str, Lessons] = {}
    shortfalls = dict.fromkeys((one.job for one in specialists), 0.0)
    for one in specialists:
        measure = measures[one.job]
        if measure.told is None or not measure.agrees:
            continue
        specialist = measure.source.agent.state_of(measure.worker)
        state = State(known.brain, known.interfaces[one.signature], specialist.stream)
        given = measure.worker, state, specialist, one.lessons
        try:
            more[one.job], trial = corrections(*given, CORRECTION_LESSONS, turn)
        except JobError:
            # Its gate says what became of it.
            continue
        shortfalls[one.job] = measure.shortfall(trial)
    if all(short <= SHORT for short in shortfalls.values()):
        return None
    for one in specialists:
        weight = max(shortfalls[one.job], SHORT) / max(*shortfalls.values(), SHORT)
        if one.job in more:
            interface = known.interfaces[one.signature]
            courses[one.job] = corrected(one.learner, interface, courses[one.job], more[one.job], weight)
    return learned_more(known, specialists, courses, key, effort._replace(steps=min(CORRECTIONS_STEPS, effort.steps)))


def _assembled(agent: Agent, teachers: Sequence[tuple[Source, Lessons]], known: Merged) -> Agent:
    """An agent with the merged brain and interfaces, and the worker of each job as its specialist had it.

    Args:
      agent: as it was born; it becomes the merged one.
      teachers: who taught it.
      known: what it learned.
    """
    mind = named_arrays(known.brain, "brain/")
    for signature, interface in known.interfaces.items():
        mind |= named_arrays(interface, f"interfaces/{signature}/")
    parts: dict[str, Any] = {"agent": mind}
    workers: dict[str, Any] = {}
    for source, lessons in teachers:
        job, saved = lessons.provenance.job, checkpoint(source.agent)
        parts[f"streams/{job}"] = saved.parts[f"streams/{job}"]
        workers[job] = saved.about["workers"][job]
    fill(agent, Checkpoint(parts, {"workers": workers}))
    for source, lessons in teachers:
        worker = agent.workers[lessons.provenance.job]
        _keep_unit(agent, worker, source.agent.interfaces[worker.spec.signature.id].peak)
    return agent


def _keep_unit(agent: Agent, worker: Worker, before: Float[Array, ""]) -> None:
    """What a stream has measured in units of its interface's peak, in those of the peak that this one has now."""
    peak = agent.interfaces[worker.spec.signature.id].peak
    if bool(peak == before):
        return
    stream = agent.streams[worker.name]
    lines = stream.lines.rescaled(unit(before) / unit(peak))
    agent.streams[worker.name] = eqx.tree_at(lambda s: s.lines, stream, lines)
