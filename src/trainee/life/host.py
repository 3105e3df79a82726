"""The host loop: a worker at a job that runs in this process, one compiled call a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from trainee.errors import JobFailed, UnfitTimeStep
from trainee.jobs import Job
from trainee.life.callbacks import Callback, Work
from trainee.life.worker import Worker
from trainee.types import Decision, TimeStep

UNFIT_IN_A_ROW = 10


@runtime_checkable
class Guard(Protocol):
    """What stands between a decision and the job: it may let the action pass, or put another in its place."""

    def __call__(self, time_step: TimeStep, decision: Decision) -> np.ndarray:
        """The action to take, as coordinates `[components]`: one of the job's, that its mask allows."""
        ...


def work_at(
    worker: Worker,
    job: Job,
    work: Work,
    callbacks: Sequence[Callback] = (),
    guard: Guard | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Work at a job until the stretch is done, a callback or `stop` ends it, or the job fails.

    The worker goes on from its newest decision if an episode is under way, and otherwise begins one. Steps are calls to
    the job's `step`; beginning an episode is none.

    Raises:
      JobFailed: the job raised, or said ten unfit things in a row. The worker is as it was after its last fit step.
      InvalidArgument: the guard's answer is no action that can be taken. The job stands at the worker's newest step.
    """
    unfit = 0
    while work.done < work.steps and not stop():
        try:
            if worker.episode_over:
                worker.take(job.reset())
            time_step = job.step(guarded(worker, guard))
        except UnfitTimeStep as fault:
            unfit += 1
            worker.skip(fault.last)
            for callback in callbacks:
                callback.on_unfit(work, fault)
            if unfit >= UNFIT_IN_A_ROW:
                raise JobFailed(f"{worker.name}: {unfit} unfit time steps in a row, the last: {fault}") from fault
            continue
        unfit = 0
        decision = worker.take(time_step)
        if work.clock is None:
            work.clock = work.done, time.perf_counter()
        going = [callback.on_step(work, time_step, decision) for callback in callbacks]
        if worker.ended is not None:
            for callback in callbacks:
                callback.on_episode(work, worker.ended)
        if any(isinstance(answer, bool | np.bool_) and not answer for answer in going):
            return


def guarded(worker: Worker, guard: Guard | None) -> np.ndarray:
    """The action to take, as coordinates: the one decided, or the one that a guard puts in its place.

    Raises:
      InvalidArgument: what the guard puts there is no action that can be taken.
    """
    decision, newest = worker.decision, worker.newest
    assert decision is not None
    assert newest is not None
    answer = decision.action if guard is None else guard(newest, decision)
    if answer is decision.action or np.array_equal(answer, decision.action):
        return np.asarray(decision.action)
    worker.overrule_coordinates(answer)
    return np.asarray(answer, np.float32)
