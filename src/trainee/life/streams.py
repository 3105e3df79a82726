"""The loop over streams: workers of one agent side by side at a vector environment, one environment each.

Each worker has a stream of its own: its replay, its normalisers, its episodes. The brain is the agent's one brain,
which each of them has in hand for its step.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np

from trainee.errors import JobFailed, UnfitTimeStep
from trainee.jobs import VectorJob
from trainee.life.callbacks import Callback, Work
from trainee.life.host import UNFIT_IN_A_ROW, Guard, guarded
from trainee.life.worker import Worker
from trainee.types import TimeStep


def work_at_streams(
    workers: Sequence[Worker],
    job: VectorJob,
    work: Work,
    callbacks: Sequence[Callback] = (),
    guard: Guard | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Work at a vector environment until the stretch is done, a callback or `stop` ends it, or the job fails.

    Steps are those of all streams together; the last call to the job's `step` may bring a few more than are left.

    Args:
      workers: one for each stream.
      job: the vector environment.
      work: with a logbook of all streams together.
    Raises:
      JobFailed: the environment raised, or said ten unfit things in a row.
    """
    unfit, said = 0, [[first] for first in job.reset()]
    while True:
        going = True
        for worker, heard in zip(workers, said, strict=True):
            for each in heard:
                if isinstance(each, UnfitTimeStep):
                    unfit += 1
                    _leave_out(worker, each, work, callbacks)
                    if unfit >= UNFIT_IN_A_ROW:
                        raise JobFailed(f"{work.name}: {unfit} unfit time steps in a row, the last: {each}") from each
                    continue
                unfit = 0
                going &= _learned_from(worker, each, work, callbacks)
        if not going or work.done >= work.steps or stop():
            return
        said = job.step(np.stack([_action(worker, job, guard) for worker in workers]))


def _learned_from(worker: Worker, step: TimeStep, work: Work, callbacks: Sequence[Callback]) -> bool:
    """Learn from a time step and tell of it; whether all who heard of it want to go on."""
    decision = worker.take(step)
    if step.first:
        return True
    work.logbook.steps += 1
    if work.clock is None:
        work.clock = work.done, time.perf_counter()
    going = [callback.on_step(work, step, decision) for callback in callbacks]
    if worker.ended is not None:
        episode = dataclasses.replace(worker.ended, step=work.logbook.steps)
        work.logbook.episodes.append(episode)
        for callback in callbacks:
            callback.on_episode(work, episode)
    return not any(isinstance(answer, bool | np.bool_) and not answer for answer in going)


def _leave_out(worker: Worker, fault: UnfitTimeStep, work: Work, callbacks: Sequence[Callback]) -> None:
    worker.skip(fault.last)
    work.logbook.unfit += 1
    for callback in callbacks:
        callback.on_unfit(work, fault)


def _action(worker: Worker, job: VectorJob, guard: Guard | None) -> np.ndarray:
    if worker.decision is None or worker.newest is None:
        # Nothing fit has been said yet: any action.
        return np.zeros(len(job.spec.signature.choices), np.float32)
    return guarded(worker, guard)
