"""Sleep: an agent learns from lessons of its own past now and then, so that what it learns today does not undo them.

Nobody says when one job ends and another begins. While a worker is at work, and does its job as well as it ever did, it
keeps lessons of it. Of the jobs that others of the agent's workers did, it looks now and then how far it has come to
think otherwise than their lessons do; where that is more than a little, it sleeps: it learns from those lessons, and
from what it thinks of the job at hand, so that this is not undone in turn. It looks sooner again where it had to sleep,
and later where it had not. Competence-filtered imitation keeps more than replay does (arXiv 2607.19749).
"""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from trainee.errors import RecordError, UnfitLessons
from trainee.fleet.courses import Course, course
from trainee.fleet.imitation import Effort, Parts, disagreement, imitated
from trainee.fleet.lessons import MOST_LESSONS, Lessons, digest
from trainee.fleet.provenance import RECENT_EPISODES
from trainee.fleet.rhythm import Rhythm, rhythm_of
from trainee.fleet.shelf import keep, of_today, place, readable
from trainee.learner import Learned
from trainee.life import Agent, Callback, Decision, TimeStep, Work, Worker, tenths

logger = logging.getLogger("trainee.fleet")

# How far it may think otherwise than its lessons, as `imitation_loss`.
TOLERANCE = 0.02
# Between looks, in steps at work: the fewest and the most.
SOONEST_STEPS, LATEST_STEPS = 250, 1_000
# Lessons of a job, and of those as many as it takes to look.
LESSONS, LOOK = 4_000, 256
# Of the newest time steps of the job at hand so many hold what it is thought of now.
TODAY = 1_024
# New lessons are taken after so many steps, and then whenever so much more has been done.
FIRST_STEPS, GROWTH = 2_000, 1.25
# The share of what was learned that may be missing where a job is done as well as ever.
LAPSE = 0.1
# Bursts in a row, at most.
MOST_BURSTS = 10
# One burst, and how many lessons, each as often as it is learned from, may be learned from for each step at work. A
# lesson takes about a hundredth of the time of a step, and to look and to take lessons a twentieth.
BURST = Effort(steps=100, batch=32, rate=1e-3)
LESSONS_A_STEP = 14.0
# Of so many steps it may save up what it has not slept. Bytes that the lessons of a job take while it is learned from
# them.
SAVED_UP_STEPS, MOST_COURSE = 20_000, 2**28


@dataclass
class Diary:
    """What came of sleep so far.

    Attributes:
      looks, bursts: how often it looked, and how often it slept.
      learned: lessons learned from, each as often as it was.
      asleep_s, looking_s: seconds that it slept, and that it looked and took lessons.
      farthest: how far it had come to think otherwise, at the newest look, by job.
    """

    looks: int = 0
    bursts: int = 0
    learned: int = 0
    asleep_s: float = 0.0
    looking_s: float = 0.0
    farthest: dict[str, float] = dataclasses.field(default_factory=dict)


class Sleep(Callback):
    """Keeps an agent's earlier jobs while it works: `agent.learn(job, steps, callbacks=[Sleep(agent)])`.

    What it goes by is saved with the agent. Use one of it for an agent's whole life, or give a home, where its lessons
    are kept as soon as they are taken. To be killed at any time and begun again from what was saved changes nothing, if
    it stands before `Saves` among the callbacks.

    Args:
      agent: whose jobs are kept.
      home: where its lessons are kept; nowhere by default.
    """

    def __init__(self, agent: Agent, home: Path | None = None):
        self.diary = Diary()
        self._agent, self._home = agent, home
        self._kept: dict[str, Lessons] = {}
        self._courses: dict[str, tuple[Course, Course]] = {}
        key = jax.random.fold_in(jax.random.key(agent.seed), 0x51EE9)
        self._rhythm = rhythm_of(agent, Rhythm(jax.random.key_data(key).tolist(), SOONEST_STEPS, SOONEST_STEPS))
        if home is not None:
            self._read(home)

    def on_start(self, work: Work) -> None:
        """Of jobs that others did, lessons are taken now where there are none, or older ones: nothing is lost yet.
        Those that were handed in meanwhile stay.
        """
        begun_s = time.perf_counter()
        self._courses.clear()
        with self._agent.lock:
            for name, worker in self._agent.workers.items():
                if name != work.name and not self._has_newest(worker):
                    self._take_lessons(worker, MOST_LESSONS)
        self._rhythm.order = [*(name for name in self._rhythm.order if name != work.name), work.name]
        self.diary.looking_s += time.perf_counter() - begun_s

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        rhythm = self._rhythm
        rhythm.steps += 1
        rhythm.credit = min(rhythm.credit + LESSONS_A_STEP, LESSONS_A_STEP * SAVED_UP_STEPS)
        looks, takes = rhythm.steps >= rhythm.look_at, work.logbook.steps >= rhythm.take_at.get(work.name, FIRST_STEPS)
        if looks or takes:
            # Of threads that share the agent none is to move it between what is seen here and what is made of it.
            with self._agent.lock:
                self._paused(work, looks, takes)

    def _paused(self, work: Work, looks: bool, takes: bool) -> None:
        """Look, or take lessons, or both, as it is time to."""
        rhythm, worker = self._rhythm, self._agent.workers.get(work.name)
        if worker is None or worker.logbook is not work.logbook:
            # Of several streams none is the one at hand.
            rhythm.look_at = rhythm.steps + LATEST_STEPS
            rhythm.take_at[work.name] = work.logbook.steps + LATEST_STEPS
            return
        begun_s = time.perf_counter()
        self._agent.gather()
        if takes:
            self._take_lessons(worker)
        far = self._far(worker) if looks else {}
        self.diary.looking_s += time.perf_counter() - begun_s
        if looks:
            self._looked(worker, far)

    def _looked(self, worker: Worker, far: dict[str, float]) -> None:
        """Sleep if that is called for, and say when to look again."""
        self.diary.looks, self.diary.farthest = self.diary.looks + 1, far
        # Its unit moves while it works: what was made of its lessons does not hold.
        self._courses.pop(worker.name, None)
        slept, rhythm = self._slept(worker, far), self._rhythm
        rhythm.pause = max(SOONEST_STEPS, rhythm.pause // 2) if slept else min(LATEST_STEPS, rhythm.pause * 2)
        rhythm.look_at = rhythm.steps + rhythm.pause

    def _read(self, home: Path) -> None:
        for name, worker in self._agent.workers.items():
            lessons = readable(home, self._agent, name)
            if lessons is not None:
                self._kept[name] = lessons.few(_room(worker))
                self._rhythm.best.setdefault(name, lessons.provenance.competence.recent_low)

    def _has_newest(self, worker: Worker) -> bool:
        """Whether there are lessons of a worker as far as it is."""
        known = self._kept.get(worker.name)
        if known is not None and known.provenance.steps == worker.logbook.steps:
            return True
        there = of_today(self._home, self._agent, worker.name) if self._home else None
        if there is not None:
            self._has(worker, there)
        return there is not None

    def _take_lessons(self, worker: Worker, most: int = 0) -> None:
        """Take lessons of a job, if it is done as well as ever; if not, try again before long. At most so many, or as
        many as are learned from.
        """
        log, known, rhythm = worker.logbook, self._kept.get(worker.name), self._rhythm
        rhythm.take_at[worker.name] = log.steps + max(SOONEST_STEPS, log.steps // 16)
        if known is not None and log.recent(RECENT_EPISODES) < self._least(worker):
            return
        try:
            lessons = digest(self._agent, worker.name, most or _room(worker))
        except UnfitLessons:
            return
        rhythm.take_at[worker.name] = math.ceil(GROWTH * log.steps)
        self._has(worker, lessons)
        if self._home is not None:
            try:
                keep(lessons, place(self._home, worker.name))
            except RecordError as error:
                # They are taken again; what was learned is not to be lost for them.
                logger.warning("lessons of %r were not kept: %s", worker.name, error)

    def _has(self, worker: Worker, lessons: Lessons) -> None:
        """From now on these are learned from, as many of them as there is room for."""
        self._kept[worker.name] = lessons.few(_room(worker))
        self._courses.pop(worker.name, None)
        rhythm, recent_low = self._rhythm, lessons.provenance.competence.recent_low
        rhythm.best[worker.name] = max(rhythm.best.get(worker.name, -math.inf), recent_low)

    def _least(self, worker: Worker) -> float:
        """What a job has to bring to be done as well as ever: what twenty episodes vary by may be missing, and a tenth
        of all that was ever learned of it.
        """
        parts = tenths(worker.logbook.episodes, 0, worker.logbook.steps)
        return self._rhythm.best.get(worker.name, -math.inf) - LAPSE * (max(parts) - min(parts))

    def _course(self, name: str) -> tuple[Course, Course]:
        """The lessons of a worker that is not at work, and a few of them to look by."""
        if name not in self._courses:
            worker, lessons = self._agent.workers[name], self._kept[name]
            interface = self._agent.interfaces[worker.spec.signature.id]
            few, room = lessons.few(LOOK), _room(worker)
            some = lessons.few(room)
            whole = course(worker.learner, interface, some, room - len(some))
            self._courses[name] = whole, course(worker.learner, interface, few, LOOK - len(few))
        return self._courses[name]

    def _far(self, worker: Worker) -> dict[str, float]:
        """How far the agent has come to think otherwise than its lessons, of each job but the one at hand."""
        found: dict[str, float] = {}
        for name in self._newest():
            other = self._agent.workers[name]
            if other.spec.signature.id == worker.spec.signature.id:
                # Its interface is at work, and its unit moves: the two are one job, as far as can be told.
                continue
            assert self._agent.brain is not None
            modules = self._agent.interfaces[other.spec.signature.id].learned.slow
            parts = Parts(self._agent.brain.slow, (modules,))
            (found[name],) = disagreement(parts, [self._course(name)[1]], [0])
        return found

    def _newest(self) -> list[str]:
        """Of workers with lessons and one interface, the one that was last at work: the others' place is taken."""
        before = [name for name in self._kept if name not in self._rhythm.order]
        in_order = [*before, *(name for name in self._rhythm.order if name in self._kept)]
        newest = {self._agent.workers[name].spec.signature.id: name for name in in_order}
        return list(newest.values())

    def _slept(self, worker: Worker, far: dict[str, float]) -> bool:
        """Sleep as long as the agent thinks otherwise than its lessons, and there is time for it."""
        slept = False
        for _ in range(MOST_BURSTS):
            if all(value <= TOLERANCE for value in far.values()) or not self._burst(worker, list(far)):
                break
            slept, far = True, self._far(worker)
        return slept

    def _burst(self, worker: Worker, others: list[str]) -> bool:
        """One burst of sleep, if there is time for it."""
        cost = BURST.steps * BURST.batch * (1 + len(others))
        if cost > self._rhythm.credit:
            return False
        begun_s = time.perf_counter()
        try:
            today = digest(self._agent, worker.name, TODAY, TODAY)
        except UnfitLessons:
            return False
        agent, signature = self._agent, worker.spec.signature.id
        assert agent.brain is not None
        at_hand = course(worker.learner, agent.interfaces[signature], today, TODAY - len(today))
        courses = [at_hand, *(self._course(name)[0] for name in others)]
        of_courses = [signature, *(agent.workers[name].spec.signature.id for name in others)]
        signatures = list(dict.fromkeys(of_courses))
        parts = Parts(agent.brain.slow, tuple(agent.interfaces[one].learned.slow for one in signatures))
        key, now = jax.random.split(jax.random.wrap_key_data(jnp.array(self._rhythm.key, jnp.uint32)))
        self._rhythm.key = jax.random.key_data(key).tolist()
        better, _ = imitated(parts, courses, [signatures.index(one) for one in of_courses], now, BURST)
        self._rhythm.credit -= cost
        if not all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(better)):
            return False
        agent.brain = _moved(agent.brain, better.trunk)
        for one, modules in zip(signatures, better.modules, strict=True):
            interface = agent.interfaces[one]
            agent.interfaces[one] = eqx.tree_at(lambda i: i.learned, interface, _moved(interface.learned, modules))
        self.diary.learned += cost
        self.diary.bursts += 1
        self.diary.asleep_s += time.perf_counter() - begun_s
        return True


def _moved(old: Learned, slow: Any) -> Learned:
    """Slow parameters that have learned in sleep, and the newest moved by as much."""
    now = jax.tree.map(lambda now, new, before: now + (new - before), old.now, slow, old.slow)
    return Learned(now, jax.tree.map(jnp.array, slow), old.moments)


def _room(worker: Worker) -> int:
    """How many lessons of a job are learned from: fewer of large observations."""
    signature = worker.spec.signature
    numbers = signature.numeric + len(signature.categories) + signature.pixels
    return max(min(LESSONS, MOST_COURSE // (4 * max(numbers, 1))), LOOK)
