"""Lives: an agent at one turn after another, kept on the disk so that a kill at any time costs two minutes at most.

An agent is saved before its turns are entered in the log. What a kill leaves unsaid is told by the agent's own logbook.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from trainee import record
from trainee.errors import NothingSaved, UnfitLessons
from trainee.exams.life.health import dormant_share, effective_rank, weight_norm
from trainee.exams.life.log import Row, rows, write_rows
from trainee.exams.life.protocol import Turn
from trainee.fleet import Sleep, digest
from trainee.jobs import make
from trainee.learner.encoders import normed
from trainee.life import Agent, Callback, Decision, Logbook, TimeStep, Work, Worker

# Files and folders of the package that decide what is done here, beside the learner and its emotions.
WORK = (
    *(f"exams/life/{name}.py" for name in ("load", "protocol", "union")),
    *(f"life/{name}.py" for name in ("evaluation", "host", "mind", "policy", "stretch", "worker")),
    "fleet",
    "jobs",
)
SAVE_EVERY_S = 120.0
# Of seeds of the new agents of one life: how far apart.
APART = 1_000
# An episode that goes on for so long after its turn is not waited for.
LONGEST_EPISODE = 100_000
MOMENTS = 256


@dataclass
class Clock:
    """What the time of a turn goes into, since this process began it."""

    steps: int = 0
    learning_s: float = 0.0
    asleep_s: float = 0.0
    examining_s: float = 0.0
    examined: dict[str, list[float]] = field(default_factory=dict)


def lived(
    folder: Path, turns: Sequence[Turn], seed: int, asleep: bool, born: Callable[[int], Agent] = Agent
) -> Iterator[tuple[int, Row]]:
    """Live a life to its end, from where it stands.

    Args:
      folder: where its agent and its log are kept.
      turns: all of them.
      seed: of the agent; of a new one for a later turn it follows from that.
      asleep: the agent sleeps.
      born: makes an agent from a seed.
    Yields:
      the number of each turn that is done now, and what came of it.
    Raises:
      HomeInUse: another process lives it.
      JobError: a job cannot be worked at.
      NothingSaved: its log is there and its agent is not.
    """
    with record.lock(folder):
        told = rows(folder)
        agent = _kept(folder)
        if agent is None and 0 < len(told) < len(turns) and not turns[len(told)].fresh:
            raise NothingSaved(
                f"{folder} holds the log of a life of which {len(told)} turns are done, and no agent to go on with: "
                f"bring its agent there, or remove the folder to begin anew"
            )
        agent = agent or born(seed)
        sleep = Sleep(agent, folder) if asleep else None
        unsaid: list[Row] = []
        saving = _Saving(agent, folder)
        for number, turn in enumerate(turns[len(told) :], len(told)):
            if turn.fresh and agent.seed != seed + APART * number:
                agent = born(seed + APART * number)
                saving = _Saving(agent, folder, saving.due_s)
            begin = 0 if turn.fresh else _steps_so_far(agent, turn.job, [*told, *unsaid])
            clock = Clock()
            _worked(agent, turn, begin, sleep, saving, clock)
            if turn.examined:
                saving.save()
            _examined(agent, turn, clock)
            unsaid.append(_row(agent, turn, begin, clock))
            yield number, unsaid[-1]
            if saving.due or number + 1 == len(turns):
                saving.save()
            if turn.fresh or not saving.stale:
                write_rows(folder, unsaid)
                told, unsaid = [*told, *unsaid], []


class _Saving(Callback):
    """Saves an agent now and then."""

    def __init__(self, agent: Agent, folder: Path, due_s: float | None = None):
        self._agent, self._folder, self.stale = agent, folder, True
        self.due_s = time.monotonic() + SAVE_EVERY_S if due_s is None else due_s

    @property
    def due(self) -> bool:
        return time.monotonic() >= self.due_s

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        self.stale = True
        if self.due:
            self.save()

    def save(self) -> None:
        if self.stale:
            self._agent.save_locked(self._folder)
        self.stale, self.due_s = False, time.monotonic() + SAVE_EVERY_S


class _Ends(Callback):
    """Ends a stretch with the first episode that ends after so many steps of its worker."""

    def __init__(self, steps: int):
        self._steps = steps

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> bool | None:
        return not (work.logbook.steps >= self._steps and bool(time_step.last))


def end_of(turn: Turn, begin: int, logbook: Logbook) -> int | None:
    """The worker's step count when a turn that began at `begin` was over; None where it is not yet."""
    target = begin + turn.steps
    if not turn.whole:
        return target if logbook.steps >= target else None
    ends = [episode.step for episode in logbook.episodes if episode.step >= target]
    ends += [target + LONGEST_EPISODE] if logbook.steps >= target + LONGEST_EPISODE else []
    return min(ends, default=None)


def worker_at(agent: Agent, job: str) -> Worker | None:
    """Whose stream goes on at a job: of jobs with the same spaces nobody says which it is."""
    if job in agent.workers:
        return agent.workers[job]
    opened = make(job)
    try:
        return next((known for known in agent.workers.values() if known.codec.spec == opened.spec), None)
    finally:
        opened.close()


def _kept(folder: Path) -> Agent | None:
    try:
        return Agent.load(folder)
    except NothingSaved:
        return None


def _steps_so_far(agent: Agent, job: str, before: Sequence[Row]) -> int:
    worker = worker_at(agent, job)
    return 0 if worker is None else sum(row.steps for row in before if row.worker == worker.name)


def _worked(agent: Agent, turn: Turn, begin: int, sleep: Sleep | None, saving: _Saving, clock: Clock) -> None:
    """What is left of a turn."""
    worker = worker_at(agent, turn.job)
    if worker is not None and end_of(turn, begin, worker.logbook) is not None:
        return
    done = 0 if worker is None else worker.logbook.steps - begin
    if worker is not None and not done:
        # What was under way there is of another job.
        worker.job_state, worker.episode_over = None, True
    name = turn.job if worker is None else worker.name
    listeners: list[Callback] = [*([] if sleep is None else [sleep]), saving]
    left = turn.steps - done
    if turn.whole:
        listeners, left = [*listeners, _Ends(begin + turn.steps)], left + LONGEST_EPISODE
    spent_s = 0.0 if sleep is None else sleep.diary.asleep_s + sleep.diary.looking_s
    begun_s = time.perf_counter()
    stint = agent.learn(turn.job, left, name=name, callbacks=listeners)
    clock.learning_s, clock.steps = time.perf_counter() - begun_s, stint.steps
    clock.asleep_s = 0.0 if sleep is None else sleep.diary.asleep_s + sleep.diary.looking_s - spent_s


def _examined(agent: Agent, turn: Turn, clock: Clock) -> None:
    begun_s = time.perf_counter()
    clock.examined = {job: list(agent.evaluate(job, episodes).returns) for job, episodes in turn.examined}
    clock.examining_s = time.perf_counter() - begun_s


def _row(agent: Agent, turn: Turn, begin: int, clock: Clock) -> Row:
    worker = worker_at(agent, turn.job)
    assert worker is not None
    end = end_of(turn, begin, worker.logbook)
    assert end is not None
    episodes = [(e.step - begin, e.total) for e in worker.logbook.episodes if begin < e.step <= end]
    times = clock.steps, clock.learning_s, clock.asleep_s, clock.examining_s
    return Row(turn.job, worker.name, end - begin, episodes, clock.examined, *times, _health(agent, worker))


def _health(agent: Agent, worker: Worker) -> dict[str, float]:
    """Of the trunk at the newest moments of a worker; nothing where it has learned nothing yet."""
    try:
        lessons = digest(agent, worker.name, MOMENTS, MOMENTS)
    except UnfitLessons:
        return {}
    assert agent.brain is not None
    trunk, interface = agent.brain.slow, agent.interfaces[worker.spec.signature.id]
    encoder, *_ = interface.learned.slow
    perception, usual = worker.learner.perception, jax.tree.map(jnp.asarray, lessons.normaliser)

    def layers(observation):
        features, active = encoder(perception.normalised(observation, usual, interface.usual)), []
        for block in trunk.blocks:
            active.append(jax.nn.relu(normed(block(features))))
            features = features + active[-1]
        return features, active

    features, active = jax.tree.map(np.asarray, jax.vmap(layers)(lessons.observation))
    return {"dormant": _mean_dormant(active), "rank": effective_rank(features), "norm": weight_norm(trunk)}


def _mean_dormant(layers: Sequence[Float[np.ndarray, "moments units"]]) -> float:
    return float(np.mean([dormant_share(layer) for layer in layers]))
