"""Reunion: agents that descend from one and worked apart become one again, if it can do what each of them could."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from trainee.errors import JobError, UnfitLessons
from trainee.fleet.correction import corrections
from trainee.fleet.gate import EPISODES, Retention, not_played, random_returns, retention, returns_of
from trainee.fleet.imitation import USUAL, Effort, corrected
from trainee.fleet.lessons import Lessons
from trainee.fleet.merge import Merged, Specialist, learned_more, merged
from trainee.fleet.teachers import Refusal, Source, each_once, taught
from trainee.learner import State
from trainee.life import Agent
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
    """

    agent: Agent
    retentions: tuple[Retention, ...]
    refusals: tuple[Refusal, ...]
    before: dict[str, float]
    after: dict[str, float]
    lessons: dict[str, int]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether it may go to work: every job passed its gate."""
        return all(found.passed for found in self.retentions)


def reunited(
    found: Sequence[Source],
    refusals: Sequence[Refusal] = (),
    *,
    effort: Effort = USUAL,
    turns: int = CORRECTIONS,
    episodes: int = EPISODES,
) -> Reunion:
    """One agent from several, and how much of each job it retained.

    Args:
      found: the agents; their order does not matter.
      refusals: who was left out before.
      effort: how long and how hard it is learned.
      turns: how often it is corrected at jobs that can be reached.
      episodes: that each job is played for its gate, by the specialist, the merged agent and at random.
    Raises:
      UnfitLessons: nobody is left whose lessons can be learned from.
    """
    began = time.perf_counter()
    teachers, refused = taught(each_once(found))
    measures = {lessons.provenance.job: _Measure(source, lessons, episodes) for source, lessons in teachers}
    teachers, worthless = _worth_learning(teachers, measures)
    refused = [*refusals, *refused, *worthless]
    if not teachers:
        told = "; ".join(f"{each.home}: {each.why}" for each in refused) or "no agent has a worker"
        raise UnfitLessons(f"there is nothing to merge. {told}")
    # Of those alone who teach: what others learned is not to be merged.
    agents = list({source.home: source.agent for source, _ in teachers}.values())
    brains = [agent.brain for agent in agents if agent.brain is not None]
    several = len(agents) > 1
    room = turns * CORRECTION_LESSONS if several else 0
    specialists = [_specialist(source, lessons) for source, lessons in teachers]
    key, *keys = jax.random.split(jax.random.key(agents[0].seed), 1 + turns)
    known = merged(brains, specialists, key, effort, room)
    if several:
        for turn, key in enumerate(keys):
            again = _corrected(known, specialists, measures, key, turn, effort)
            if again is None:
                break
            known = again
    agent = _assembled(teachers, known)
    retentions = tuple(measures[s.job].retention(agent) for s in specialists)
    counts = {job: int(course.count) for job, course in known.courses.items()}
    spent = time.perf_counter() - began
    return Reunion(agent, retentions, tuple(refused), dict(known.before), dict(known.after), counts, spent)


class _Measure:
    """How well a job is done: by its specialist, at random, and by who is to be measured against them."""

    def __init__(self, source: Source, lessons: Lessons, episodes: int):
        self.source, self.lessons, self.job = source, lessons, lessons.provenance.job
        self._episodes = episodes
        self.unreachable: JobError | None = None
        try:
            self._specialist = returns_of(source.agent, self.job, episodes)
            self._random = random_returns(self.job, episodes)
        except JobError as error:
            self.unreachable = error

    def shortfall(self, returns: Sequence[float]) -> float:
        """How much is missing where these are the returns, from 0 to 1; 0 where there is nothing to fall short of."""
        specialist, random = float(np.mean(self._specialist)), float(np.mean(self._random))
        if specialist <= random:
            return 0.0
        return float(np.clip(1 - (np.mean(returns) - random) / (specialist - random), 0, 1))

    def retention(self, agent: Agent) -> Retention:
        """What an agent retained of the job."""
        if self.unreachable is None:
            try:
                merged = returns_of(agent, self.job, self._episodes)
                return retention(self.job, self._specialist, merged, self._random)
            except JobError as error:
                self.unreachable = error
        return not_played(self.job, self.unreachable)

    def worthless(self) -> str | None:
        """Why nothing can be learned of the job from its specialist, if so."""
        if self.unreachable is not None:
            return None
        found = retention(self.job, self._specialist, self._specialist, self._random)
        return found.why if found.verdict == "learned nothing" else None


def _worth_learning(
    teachers: list[tuple[Source, Lessons]], measures: dict[str, _Measure]
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


def _specialist(source: Source, lessons: Lessons) -> Specialist:
    worker = source.agent.workers[lessons.provenance.job]
    state = source.agent.state_of(worker)
    return Specialist(worker.name, worker.learner, state.brain, state.interface, lessons)


def _corrected(
    known: Merged,
    specialists: Sequence[Specialist],
    measures: dict[str, _Measure],
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
        if measure.unreachable is not None:
            continue
        agent = measure.source.agent
        specialist = agent.state_of(agent.workers[one.job])
        state = State(known.brain, known.interfaces[one.signature], specialist.stream)
        try:
            more[one.job], returns = corrections(one.learner, state, specialist, one.lessons, CORRECTION_LESSONS, turn)
        except JobError as error:
            measure.unreachable = error
            continue
        shortfalls[one.job] = measure.shortfall(returns)
    if all(short <= SHORT for short in shortfalls.values()):
        return None
    for one in specialists:
        weight = max(shortfalls[one.job], SHORT) / max(*shortfalls.values(), SHORT)
        if one.job in more:
            interface = known.interfaces[one.signature]
            courses[one.job] = corrected(one.learner, interface, courses[one.job], more[one.job], weight)
    return learned_more(known, specialists, courses, key, effort._replace(steps=CORRECTIONS_STEPS))


def _assembled(teachers: Sequence[tuple[Source, Lessons]], known: Merged) -> Agent:
    """An agent with the merged brain and interfaces, and the worker of each job as its specialist had it."""
    first = teachers[0][0].agent
    mind = named_arrays(known.brain, "brain/")
    for signature, interface in known.interfaces.items():
        mind |= named_arrays(interface, f"interfaces/{signature}/")
    parts: dict[str, Any] = {"agent": mind}
    workers: dict[str, Any] = {}
    for source, lessons in teachers:
        job, saved = lessons.provenance.job, checkpoint(source.agent)
        parts[f"streams/{job}"] = saved.parts[f"streams/{job}"]
        workers[job] = saved.about["workers"][job]
    agent = Agent(first.seed, first.width, first.constants)
    fill(agent, Checkpoint(parts, {"workers": workers}))
    return agent
