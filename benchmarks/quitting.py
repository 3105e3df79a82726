"""What giving up lines of work is worth: steps to do a job well, with and without, where some lines are doomed.

A fleet of seeds at each job, by the scan loop. `python benchmarks/quitting.py [NAME …]`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from doomed import LimpingCartPole, Maze, WrongTurn
from jaxtyping import Array
from options import chosen

from trainee.jobs import TracedJob
from trainee.learner import Learner
from trainee.life import Logbook, Trace, fleet_at
from trainee.life.scan import Scene, begun, logbook, scanned

# Of so many lines in a row that could be done well, and have ended, a share has to be.
JUDGED = 20


class Task(NamedTuple):
    """A job, and when it is done well.

    Attributes:
      job: with lines that are doomed.
      steps: that agents have for it.
      well: what a line has to bring.
      share: of so many lines in a row that have ended, and could be done well, this share has to be.
      lost: a line that brought no more than this could not be done well from its start on, and is not judged.
    """

    job: Any
    steps: int
    well: float
    share: float = 0.9
    lost: float = -np.inf


TASKS = {
    "Maze": Task(Maze(), 80_000, 0.5),
    "WrongTurn": Task(WrongTurn(), 80_000, 0.5),
    # From a bad start a pole falls within three steps, from others after eight at the earliest. Nine in ten of these
    # are more than agents come to in as many steps.
    "LimpingCartPole": Task(LimpingCartPole(), 300_000, 400.0, 0.5, 5.0),
}


class Work(NamedTuple):
    """What an agent did.

    Attributes:
      log: every line.
      quits: how many were to be given up.
      played: what those brought that were played out, and are over.
    """

    log: Logbook
    quits: int
    played: list[float]


@functools.partial(jax.jit, static_argnums=(0, 1, 3))
def watched(learner: Learner, job: TracedJob, keys: Array, steps: int) -> tuple[Array, Trace, Array]:
    """How many lines agents would give up, what they do, and at which steps one was under way that is played out."""

    def one(key: Array) -> tuple[Scene, tuple[Trace, Array]]:
        learner_key, job_key = jax.random.split(key)

        def step(scene: Scene, _: None) -> tuple[Scene, tuple[Trace, Array]]:
            scene, trace = scanned(learner, job, scene, 1)
            quitting = scene.state.stream.quitting
            assert quitting is not None
            return scene, (jax.tree.map(lambda entry: entry[0], trace), quitting.playing)

        return jax.lax.scan(step, begun(job, learner.init(learner_key), job_key), None, steps)

    scene, (trace, playing) = jax.vmap(one)(keys)
    quitting = scene.state.stream.quitting
    assert quitting is not None
    return quitting.quits, trace, playing


def worked(task: Task, seeds: Sequence[int], restartable: bool) -> list[Work]:
    """Agents at a task, one for each seed."""
    job = TracedJob(task.job)
    learner = Learner(dataclasses.replace(job.spec, restartable=restartable))
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds))
    if not restartable:
        return [Work(log, 0, []) for log in fleet_at(task.job, task.steps, seeds).logbooks]
    quits, trace, playing = jax.tree.map(np.asarray, watched(learner, job, keys, task.steps))
    works = []
    for seed in range(len(seeds)):
        log = logbook(jax.tree.map(lambda leaf, seed=seed: leaf[seed], trace))
        ends = np.flatnonzero(trace.last[seed]) + 1
        was = [stretch.any() for stretch in np.split(playing[seed], ends)[:-1]]
        played = [episode.total for episode, kept in zip(log.episodes, was, strict=True) if kept]
        works.append(Work(log, int(quits[seed]), played))
    return works


def until_well(log: Logbook, task: Task) -> float:
    """Steps until as many of the last lines that could be done well were as have to be; infinite if they never are."""
    judged = [episode for episode in log.episodes if episode.total > task.lost]
    good = np.array([episode.total > task.well for episode in judged])
    if len(good) < JUDGED:
        return np.inf
    reached = np.convolve(good, np.ones(JUDGED), "valid") >= task.share * JUDGED
    return float(judged[int(np.argmax(reached)) + JUDGED - 1].step) if reached.any() else np.inf


def measured(name: str, seeds: Sequence[int]) -> str:
    """A row of the table."""
    task = TASKS[name]
    going_on, giving_up = (worked(task, seeds, restartable) for restartable in (False, True))
    without, quitting = ([until_well(work.log, task) for work in works] for works in (going_on, giving_up))
    quits, played = sum(work.quits for work in giving_up), [total for work in giving_up for total in work.played]
    apart = " | ".join(", ".join(f"{step:,.0f}" for step in found) for found in (without, quitting))
    ratio = np.median(without) / np.median(quitting)
    right = sum(total > task.well for total in played)
    return f"| {name} | {apart} | {ratio:.1f} | {quits} | {right} of {len(played)} |"


def main() -> None:
    """Print a line for each job."""
    names, seeds = chosen(__doc__, TASKS)
    print("| job | steps until done well, going on | giving up | ratio of medians | quits | played out and well |")
    print("|---|---|---|---|---|---|", flush=True)
    for name in names:
        print(measured(name, seeds), flush=True)


if __name__ == "__main__":
    main()
