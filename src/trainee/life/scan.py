"""The scan loop: a worker at a pure JAX job, step function and job in one compiled program; a fleet of seeds by vmap."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.jobs import Codec, JaxJob, jax_time_step
from trainee.learner import Learner, State
from trainee.life.logbook import Logbook
from trainee.types import TimeStep


class Scene(eqx.Module):
    """A learner at work in a JAX job: everything that the next step depends on."""

    state: State
    job_state: Any
    time_step: TimeStep
    key: PRNGKeyArray


class Trace(eqx.Module):
    """What happened, one entry for each time step that was learned from; leading axes as the caller mapped."""

    reward: Float[Array, "*steps"]
    discount: Float[Array, "*steps"]
    first: Bool[Array, "*steps"]
    last: Bool[Array, "*steps"]
    value: Float[Array, "*steps"]


def begun(learner: Learner, job: JaxJob, codec: Codec, state: State, key: PRNGKeyArray) -> Scene:
    """A learner at the first time step of a job."""
    key, reset_key = jax.random.split(key)
    job_state, observation = job.reset(reset_key)
    return Scene(state, job_state, jax_time_step(codec, observation, first=True), key)


def scanned(learner: Learner, job: JaxJob, codec: Codec, scene: Scene, steps: int) -> tuple[Scene, Trace]:
    """Learn from `steps` time steps, the first ones of episodes included. Pure; `jax.jit` and `jax.vmap` it."""

    def step(scene: Scene, _: None) -> tuple[Scene, Trace]:
        now = scene.time_step
        state, decision = learner.step(scene.state, now)
        key, step_key, reset_key = jax.random.split(scene.key, 3)
        stepped, observation, reward, terminated, truncated = job.step(
            step_key, scene.job_state, codec.action(decision.action, jnp)
        )
        following = jax_time_step(codec, observation, reward, terminated, truncated)
        fresh, first_observation = job.reset(reset_key)
        begins = jax_time_step(codec, first_observation, first=True)
        # After a last time step the job is not stepped: the next one is the first of an episode.
        job_state, following = jax.tree.map(
            lambda new, old: jnp.where(now.last, new, old), (fresh, begins), (stepped, following)
        )
        trace = Trace(now.reward, now.discount, now.first, now.last, decision.value)
        return Scene(state, job_state, following, key), trace

    return jax.lax.scan(step, scene, None, length=steps)


@functools.partial(jax.jit, static_argnames=("learner", "job", "codec", "steps"))
def _fleet(learner: Learner, job: JaxJob, codec: Codec, keys: PRNGKeyArray, steps: int) -> tuple[Scene, Trace]:
    def one(key: PRNGKeyArray) -> tuple[Scene, Trace]:
        learner_key, job_key = jax.random.split(key)
        scene = begun(learner, job, codec, learner.init(learner_key), job_key)
        return scanned(learner, job, codec, scene, steps)

    return jax.vmap(one)(keys)


def fleet_at(job: JaxJob, steps: int, seeds: Sequence[int], **settings: Any) -> tuple[list[Logbook], Trace]:
    """Put one learner for each seed to work at a JAX job, all in one compiled program.

    Args:
      job: a pure JAX job, hashable, as the compiled program is kept by it.
      steps: time steps each, the first ones of episodes included.
      seeds: one learner each.
      settings: of `Learner`: `width`, `depth`, `constants`.
    Returns:
      a logbook for each seed, and the trace `[seeds, steps]` that they were read from.
    """
    codec = Codec(job.observation_space, job.action_space)
    learner = Learner(codec.spec, **settings)
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds))
    _, trace = _fleet(learner, job, codec, keys, steps)
    host = jax.tree.map(np.asarray, trace)
    return [logbook(learner.constants.discount, jax.tree.map(lambda leaf, i=i: leaf[i], host)) for i in range(len(seeds))], host


def logbook(discount: float, trace: Trace) -> Logbook:
    """The logbook of one learner's trace `[steps]`."""
    log = Logbook(discount)
    fields = [trace.reward.tolist(), trace.discount.tolist(), trace.first.tolist(), trace.last.tolist(), trace.value.tolist()]
    for reward, alive, first, last, value in zip(*fields, strict=True):
        log.enter(reward, alive, first, last, value)
    return log
