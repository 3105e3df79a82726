"""A stretch of work, from opening the job to what it came to: at one environment, or at the streams of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import gymnasium

from trainee.errors import InvalidArgument
from trainee.jobs import DmEnv, JaxJob, Job, VectorJob, make
from trainee.life.callbacks import Callback, Work
from trainee.life.host import Guard, work_at
from trainee.life.interrupt import deferred_interrupt
from trainee.life.logbook import joined
from trainee.life.mind import checked_name
from trainee.life.stint import Stint, stint
from trainee.life.streams import work_at_streams
from trainee.life.worker import Worker

if TYPE_CHECKING:
    from trainee.life.agent import Agent

JobLike: TypeAlias = (
    str | gymnasium.Env | gymnasium.vector.VectorEnv | DmEnv | Job | JaxJob | VectorJob | Callable[[], Any]
)


def worked(
    agent: Agent,
    job: JobLike,
    steps: int,
    name: str | None,
    listeners: Sequence[Callback],
    guard: Guard | None,
    restartable: bool | None = None,
) -> Stint:
    """Work at a job for so many steps; see `Agent.learn`."""
    if isinstance(job, gymnasium.vector.VectorEnv | VectorJob):
        if restartable:
            raise InvalidArgument(
                "the episodes of a vector environment cannot be ended one by one: leave restartable out"
            )
        return _worked_at_streams(agent, job, steps, name, listeners, guard)
    return _worked_at_one(agent, job, steps, name, listeners, guard, restartable)


def _worked_at_one(agent, job, steps, name, listeners, guard, restartable) -> Stint:
    # A job that cannot be put where it stood begins anew, and not with the episodes that it began with before.
    opened = make(job, seed=_next_seed(agent))
    try:
        worker = _deployed(agent, opened, name_of(job, opened, name), restartable)
        work = Work(worker.name, worker.logbook, worker.logbook.steps, steps)
        with _heard(work, listeners) as (result, interrupted):
            try:
                _resume(worker, opened)
                _tell_start(work, listeners)
                work_at(worker, opened, work, listeners, guard, interrupted)
                worker.job_state = opened.saved()
            except InvalidArgument:
                # As of a guard's answer: the job was not stepped by it.
                worker.job_state = opened.saved()
                raise
            finally:
                worker.job = None
    finally:
        close(opened, job)
    return result()


def _worked_at_streams(agent, job, steps, name, listeners, guard) -> Stint:
    opened = job if isinstance(job, VectorJob) else VectorJob(job, seed=_next_seed(agent))
    name = name_of(job, opened, name)
    workers = [_deployed(agent, opened, f"{name}/{stream}") for stream in range(opened.streams)]
    log = joined([worker.logbook for worker in workers])
    work = Work(name, log, log.steps, steps)
    with _heard(work, listeners) as (result, interrupted):
        for worker in workers:
            # Vector environments cannot be put back to where they stood.
            worker.episode_over, worker.job_state = True, None
        _tell_start(work, listeners)
        work_at_streams(workers, opened, work, listeners, guard, interrupted)
    return result()


@contextmanager
def _heard(work: Work, listeners: Sequence[Callback]) -> Iterator[tuple[Callable[[], Stint], Callable[[], bool]]]:
    """Listeners hear of the end however it comes; Ctrl-C is raised once the step under way is done."""
    unfit = work.logbook.unfit
    with deferred_interrupt() as interrupted:
        try:
            yield (lambda: stint(work, unfit)), interrupted
        finally:
            for listener in listeners:
                listener.on_end(work)
        if interrupted():
            raise KeyboardInterrupt


def _tell_start(work: Work, listeners: Sequence[Callback]) -> None:
    for listener in listeners:
        listener.on_start(work)


def _deployed(agent: Agent, opened: Job | VectorJob, name: str, restartable: bool | None = None) -> Worker:
    spaces, masked = (opened.codec.observation_space, opened.codec.action_space), opened.spec.masked
    return agent.deploy(*spaces, name=name, masked=masked, restartable=restartable)


def _next_seed(agent: Agent) -> int:
    return agent.seed + sum(worker.logbook.steps for worker in agent.workers.values())


def _resume(worker: Worker, job: Job) -> None:
    """Put the job where the worker left it; where that cannot be, the worker begins an episode."""
    resumed = worker.job_state is not None and job.restore(worker.job_state)
    worker.episode_over = worker.episode_over or not resumed
    # Known again once the job is saved: should it fail, it begins anew and does not fail in the same way for ever.
    worker.job, worker.job_state = job, None


def name_of(job: JobLike, opened: Job | VectorJob, name: str | None = None) -> str:
    """What a worker at a job is called: by default as the job is.

    Raises:
      InvalidArgument: it is no name.
    """
    by_default = job if isinstance(job, str) else opened.name
    return by_default if name is None else checked_name(name)


def close(opened: Job, job: Any) -> None:
    """Close a job that was made here; one that was passed, or the environment in it, is the caller's."""
    if opened is not job and getattr(opened, "env", None) is not job:
        opened.close()
