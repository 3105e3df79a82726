"""The scan loop: learner and pure JAX job in one compiled program, and a fleet of seeds by vmap."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key, PRNGKeyArray

from trainee.emotions import FREE
from trainee.errors import InvalidArgument
from trainee.jobs import JaxJob, TracedJob
from trainee.learner import Learner, State
from trainee.life.logbook import Logbook
from trainee.life.runtime import cores, prepare
from trainee.types import Decision, TimeStep


class Scene(eqx.Module):
    """A learner at work in a JAX job: everything that the next step depends on."""

    state: State
    job_state: Any
    time_step: TimeStep
    key: PRNGKeyArray


class Trace(eqx.Module):
    """What happened, one entry for each time step that was learned from; leading axes as the caller mapped.

    Attributes:
      decision: the whole of what was decided, where it was asked for.
    """

    reward: Float[Array, "*steps"]
    discount: Float[Array, "*steps"]
    first: Bool[Array, "*steps"]
    last: Bool[Array, "*steps"]
    value: Float[Array, "*steps"]
    value_discount: Float[Array, "*steps"]
    decision: Decision | None = None


def begun(job: TracedJob, state: State, key: PRNGKeyArray) -> Scene:
    """A learner at the first time step of a job."""
    key, reset_key = jax.random.split(key)
    return Scene(state, *job.reset(reset_key), key)


def scanned(
    learner: Learner,
    job: TracedJob,
    scene: Scene,
    steps: int,
    held: Float[Array, "steps emotions"] | None = None,
    whole: bool = False,
) -> tuple[Scene, Trace]:
    """Learn from `steps` time steps, the first ones of episodes included. Pure; `jax.jit` and `jax.vmap` it.

    Args:
      learner: of the job's kind.
      job: what it works at.
      scene: where it stands.
      steps: how many.
      held: the levels at which emotions are held at each of them, `emotions.FREE` or NaN where they are free; None
        where no lever is touched.
      whole: whether the trace tells of decisions as a whole.
    """

    def step(scene: Scene, levels: Float[Array, " emotions"] | None) -> tuple[Scene, Trace]:
        now, state = scene.time_step, scene.state
        if levels is not None:
            held = jnp.where(jnp.isnan(levels), FREE, levels)
            state = eqx.tree_at(lambda s: s.stream.feelings.held, state, held)
        state, decision = learner.step(state, now)
        key, job_key = jax.random.split(scene.key)
        over = now.last | decision.abandon
        job_state, following = job.advance(job_key, scene.job_state, over, decision.action)
        return Scene(state, job_state, following, key), Trace(
            now.reward,
            now.discount,
            now.first,
            over,
            decision.value,
            decision.discount,
            decision if whole else None,
        )

    return jax.lax.scan(step, scene, held, length=steps)


@dataclass(frozen=True)
class FleetWork:
    """What a fleet did; leading axis, the seeds.

    Attributes:
      logbooks: one for each seed.
      trace: every time step, `[seeds, steps]`, on the host.
      scene: the learners as they are now, and their jobs.
    """

    logbooks: list[Logbook]
    trace: Trace
    scene: Scene


def fleet_at(
    job: JaxJob,
    steps: int,
    seeds: Sequence[int],
    restartable: bool = False,
    held: Float[np.ndarray, "seeds steps emotions"] | None = None,
    whole: bool = False,
    **settings: Any,
) -> FleetWork:
    """Put one learner for each seed to work at a JAX job, in one compiled program that runs once on each core.

    Args:
      job: a pure JAX job; hashable, since the compiled program is kept by it.
      steps: time steps each, the first ones of episodes included.
      seeds: one learner each.
      restartable: whether they may give episodes up.
      held: the levels at which emotions are held, as in `scanned`.
      whole: whether the trace tells of decisions as a whole.
      settings: of `Learner`: `width`, `depth`, `constants`.
    Returns:
      what they did.
    Raises:
      InvalidArgument: there are no seeds.
    """
    if not len(seeds):
        raise InvalidArgument("a fleet of no seeds: pass at least one, such as seeds=[0]")
    prepare()
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds))
    traced = _traced(job)
    learner = Learner(dataclasses.replace(traced.spec, restartable=restartable), **settings)
    parts = np.array_split(np.arange(len(seeds)), min(cores(), len(seeds)))
    shares = [(keys[part], None if held is None else jnp.asarray(held[part])) for part in parts]
    # XLA runs a program in the thread that calls it, without Python's lock.
    with ThreadPoolExecutor(len(shares)) as threads:
        work = lambda share: jax.block_until_ready(_fleet(learner, traced, *share, steps, whole))  # noqa: E731
        done = list(threads.map(work, shares))
    scene, trace = jax.tree.map(lambda *parts: jnp.concatenate(parts), *done)
    host = jax.tree.map(np.asarray, trace)
    logbooks = [logbook(jax.tree.map(lambda leaf, i=i: leaf[i], host)) for i in range(len(seeds))]
    return FleetWork(logbooks, host, scene)


@functools.cache
def _traced(job: JaxJob) -> TracedJob:
    return TracedJob(job)


@functools.partial(jax.jit, static_argnames=("learner", "job", "steps", "whole"))
def _fleet(
    learner: Learner,
    job: TracedJob,
    keys: Key[Array, " seeds"],
    held: Float[Array, "seeds steps emotions"] | None,
    steps: int,
    whole: bool,
) -> tuple[Scene, Trace]:
    def one(key: PRNGKeyArray, held: Float[Array, "steps emotions"] | None) -> tuple[Scene, Trace]:
        learner_key, job_key = jax.random.split(key)
        return scanned(learner, job, begun(job, learner.init(learner_key), job_key), steps, held, whole)

    return jax.vmap(one)(keys, held)


def logbook(trace: Trace) -> Logbook:
    """The logbook of one learner's trace `[steps]`."""
    log = Logbook(float(trace.value_discount[0]))
    columns = (trace.reward, trace.discount, trace.first, trace.last, trace.value, trace.value_discount)
    for entry in zip(*(column.tolist() for column in columns), strict=True):
        log.enter(*entry)
    return log
