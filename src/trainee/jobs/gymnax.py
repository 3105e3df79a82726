"""Gymnax's environments as JAX jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.errors import MissingExtra, UnknownJob, UnsupportedSpace
from trainee.jobs.nearness import near_matches


@dataclass(frozen=True, eq=False)
class GymnaxJob:
    """A gymnax environment with its parameters, as a `JaxJob`. It does not reset itself, and its time limit truncates.

    Attributes:
      env: the environment.
      params: its parameters.
    """

    env: Any
    params: Any

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.env.name

    @property
    def observation_space(self) -> gymnasium.Space:
        """What observations are of."""
        return gymnasium_space(self.env.observation_space(self.params))

    @property
    def action_space(self) -> gymnasium.Space:
        """What actions are of."""
        return gymnasium_space(self.env.action_space(self.params))

    def reset(self, key: PRNGKeyArray) -> tuple[Any, Any]:
        """See `JaxJob.reset`."""
        observation, state = self.env.reset_env(key, self.params)
        return state, observation

    def step(
        self, key: PRNGKeyArray, state: Any, action: Any
    ) -> tuple[Any, Any, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]]:
        """See `JaxJob.step`."""
        observation, following, reward, terminated, _ = self.env.step_env(key, state, action, self.params)
        # Some environments count or round in other types than they began with; a loop needs them the same.
        following = jax.tree.map(lambda new, old: jnp.asarray(new, jnp.result_type(old)), following, state)
        truncated = self.env.is_truncated(following, self.params)
        reward = jnp.asarray(reward, jnp.float32)
        return following, observation, reward, jnp.asarray(terminated), jnp.asarray(truncated)


def gymnax_job(job: Any, params: Any = None) -> GymnaxJob:
    """A gymnax environment as a JAX job.

    Args:
      job: the name of an environment, such as `CartPole-v1`, or an environment.
      params: its parameters; by default its own.

    Raises:
      MissingExtra: gymnax is not installed.
      UnknownJob: gymnax has no environment of this name.
    """
    if isinstance(job, str):
        try:
            import gymnax  # noqa: PLC0415 an optional library
        except ImportError as error:
            raise MissingExtra("gymnax", "jax-jobs", f"the job {job!r}") from error
        if job not in gymnax.registered_envs:
            raise UnknownJob(f"gymnax has no environment {job!r}{near_matches(job, gymnax.registered_envs)}")
        job, _ = gymnax.make(job)
    return GymnaxJob(job, job.default_params if params is None else params)


def gymnasium_space(space: Any) -> gymnasium.Space:
    """A gymnax space as a Gymnasium one.

    Raises:
      UnsupportedSpace: it is of no kind that gymnax itself has.
    """
    kind = type(space).__name__
    if kind == "Discrete":
        return spaces.Discrete(int(space.n))
    if kind == "Box":
        dtype = np.dtype(space.dtype)
        low, high = (np.broadcast_to(np.asarray(bound), space.shape) for bound in (space.low, space.high))
        return spaces.Box(_castable(low, dtype), _castable(high, dtype), dtype=dtype.type)
    if kind == "Dict":
        return spaces.Dict({key: gymnasium_space(part) for key, part in space.spaces.items()})
    if kind == "Tuple":
        return spaces.Tuple([gymnasium_space(part) for part in space.spaces])
    raise UnsupportedSpace(
        f"{space!r} is a {kind}, where gymnax has Discrete, Box, Dict and Tuple: make it one of them"
    )


def _castable(bound: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Bounds in the space's type; where it has no infinity, its own limits."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return np.clip(bound, limits.min, limits.max).astype(dtype)
    return bound.astype(dtype)
