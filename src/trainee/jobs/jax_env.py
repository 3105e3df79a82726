"""A JAX job as a Gymnasium environment: what programs that know only these can play, and `check` check."""

from __future__ import annotations

from typing import Any

import gymnasium
import jax
import numpy as np
from gymnasium import spaces

from trainee.jobs.contract import JaxJob


class JaxEnv(gymnasium.Env):
    """A JAX job, one compiled call a step. All that is random is drawn from `np_random`.

    Args:
      job: the job.
    """

    def __init__(self, job: JaxJob):
        self.job = job
        self.observation_space, self.action_space = job.observation_space, job.action_space
        self._reset, self._step = jax.jit(job.reset), jax.jit(job.step)
        self._state: Any = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed, options=options)
        self._state, observation = self._reset(self._key())
        return _on_host(self.observation_space, observation), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        following = self._step(self._key(), self._state, action)
        self._state, observation, reward, terminated, truncated = following
        return _on_host(self.observation_space, observation), float(reward), bool(terminated), bool(truncated), {}

    def _key(self) -> Any:
        return jax.random.key(int(self.np_random.integers(2**31)))


def _on_host(space: gymnasium.Space, observation: Any) -> Any:
    """An observation as Gymnasium's rules want it: arrays of numpy, and of a Discrete space a number."""
    if isinstance(space, spaces.Dict):
        return {name: _on_host(part, observation[name]) for name, part in space.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(map(_on_host, space, observation))
    if isinstance(space, spaces.Discrete):
        return np.int64(observation)
    return np.asarray(observation, space.dtype)
