"""Disturbed JAX jobs: senses that err, actions that stick, rewards in another unit; pure, and so for `vmap` too.

The spaces stay as they are, so that an agent of the job as it was can be put to work at it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.errors import InvalidArgument, UnsupportedSpace
from trainee.jobs.contract import JaxJob
from trainee.jobs.jax import TracedJob

# How far numbers usually are from their mean is measured over so many steps of random play, in so many lanes.
MEASURED_STEPS, LANES = 200, 16


class Under(NamedTuple):
    """The state of the job below, the action that it was given last, and whether it was given one in this episode."""

    state: Any
    action: Any
    acted: Bool[Array, ""]


class Disturbed:
    """A JAX job, disturbed.

    Args:
      job: the job.
      noise: the standard deviation of what is added to each real number of an observation, in units of its own under
        random play, within the bounds of the space; and the probability that a whole number or a choice in it is
        drawn anew.
      sticky: the probability that the action before is done again instead of the one asked for; none is at the first
        step of an episode (Machado et al. 2018, arXiv 1709.06009).
      scale: what rewards are multiplied by.
    Raises:
      InvalidArgument: a strength that cannot be.
      UnsupportedSpace: noise where observations hold whole numbers without bounds, or a part of another kind.
    """

    def __init__(self, job: JaxJob, noise: float = 0.0, sticky: float = 0.0, scale: float = 1.0):
        if not 0 <= noise < np.inf:
            raise InvalidArgument(f"noise is {noise}: give a number of 0 or more")
        if not 0 <= sticky <= 1:
            raise InvalidArgument(f"sticky is {sticky}: give a probability from 0 to 1")
        if not 0 < scale < np.inf:
            raise InvalidArgument(f"scale is {scale}: give a number above 0")
        self.job, self.noise, self.sticky, self.scale = job, noise, sticky, scale
        self.observation_space: gymnasium.Space = job.observation_space
        self.action_space: gymnasium.Space = job.action_space
        self.name = f"{getattr(job, 'name', type(job).__name__)}, disturbed"
        self._traced = TracedJob(job)
        self._spread = _spread(job, self._traced) if noise else None

    def reset(self, key: PRNGKeyArray) -> tuple[Under, Any]:
        """See `JaxJob.reset`."""
        job_key, noise_key = jax.random.split(key)
        state, observation = self.job.reset(job_key)
        codec = self._traced.codec
        none = codec.action(jnp.zeros(len(codec.signature.choices)), jnp)
        return Under(state, none, jnp.array(False)), self._seen(noise_key, observation)

    def step(
        self, key: PRNGKeyArray, state: Under, action: Any
    ) -> tuple[Under, Any, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]]:
        """See `JaxJob.step`."""
        job_key, noise_key, sticky_key = jax.random.split(key, 3)
        sticks = state.acted & jax.random.bernoulli(sticky_key, self.sticky)
        done = jax.tree.map(lambda old, new: jnp.where(sticks, old, new).astype(old.dtype), state.action, action)
        below, observation, reward, terminated, truncated = self.job.step(job_key, state.state, done)
        under = Under(below, done, jnp.array(True))
        return under, self._seen(noise_key, observation), reward * self.scale, terminated, truncated

    def _seen(self, key: PRNGKeyArray, observation: Any) -> Any:
        if self._spread is None:
            return observation
        return _blurred(self.observation_space, key, observation, self._spread, self.noise)


def _blurred(space: gymnasium.Space, key: PRNGKeyArray, seen: Any, spread: Any, noise: float) -> Any:
    """An observation of a space with noise in it."""
    if isinstance(space, spaces.Dict):
        keys = jax.random.split(key, len(space))
        parts = zip(space.items(), keys, strict=True)
        return {name: _blurred(part, one, seen[name], spread[name], noise) for (name, part), one in parts}
    if isinstance(space, spaces.Tuple):
        keys = jax.random.split(key, len(space.spaces))
        parts = zip(space.spaces, keys, seen, spread, strict=True)
        return tuple(_blurred(*part, noise) for part in parts)
    seen = jnp.asarray(seen)
    if isinstance(space, spaces.Box) and space.dtype.kind == "f":
        added = noise * spread * jax.random.normal(key, seen.shape)
        return jnp.clip(seen + added, space.low, space.high).astype(seen.dtype)
    low, high = _whole_bounds(space)
    low, high = (jnp.broadcast_to(jnp.asarray(bound, jnp.int32), seen.shape) for bound in (low, high))
    which_key, anew_key = jax.random.split(key)
    anew = jax.random.randint(anew_key, seen.shape, low, high + 1)
    return jnp.where(jax.random.bernoulli(which_key, min(noise, 1.0), seen.shape), anew.astype(seen.dtype), seen)


def _whole_bounds(space: gymnasium.Space) -> tuple[Any, Any]:
    """The least and the greatest whole number of each place, inclusive."""
    if isinstance(space, spaces.Discrete):
        return space.start, space.start + space.n - 1
    if isinstance(space, spaces.MultiDiscrete):
        return space.start, space.start + space.nvec - 1
    if isinstance(space, spaces.MultiBinary):
        return 0, 1
    if isinstance(space, spaces.Box) and np.abs(np.array([space.low, space.high], float)).max() < 2**30:
        return space.low.astype(np.int32), space.high.astype(np.int32)
    raise UnsupportedSpace(f"observations of {space} cannot be given noise: bound their numbers, or leave noise out")


def _spread(job: JaxJob, traced: TracedJob) -> Any:
    """The standard deviation of each number of an observation under random play; arrays shaped as an observation."""

    def first(key: PRNGKeyArray) -> Any:
        # Some jobs begin with Python's own numbers.
        return jax.tree.map(jnp.asarray, job.reset(key)[0])

    def step(carry: Any, key: PRNGKeyArray) -> tuple[Any, Any]:
        action_key, job_key, reset_key = jax.random.split(key, 3)
        action = traced.codec.action(traced.random_action(action_key), jnp)
        state, seen, _, terminated, truncated = job.step(job_key, carry, action)
        begun = first(reset_key)
        over = jnp.logical_or(terminated, truncated)
        following = jax.tree.map(lambda new, old: jnp.where(over, new, old).astype(new.dtype), begun, state)
        return following, seen

    def lane(key: PRNGKeyArray) -> Any:
        key, reset_key = jax.random.split(key)
        return jax.lax.scan(step, first(reset_key), jax.random.split(key, MEASURED_STEPS))[1]

    seen = jax.jit(jax.vmap(lane))(jax.random.split(jax.random.key(0), LANES))
    return jax.tree.map(lambda numbers: np.asarray(numbers, np.float32).std(axis=(0, 1)), seen)
