"""Altered environments: the same job with its actions permuted, its reward's sign turned, its numbers mixed.

The spaces stay as they are, so that nothing but what comes of an action tells such a job from the one it was made of.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from jaxtyping import Float, Int

from trainee.errors import UnsupportedSpace

# Numbers are multiplied by at most this, and by at least one over it.
MOST_SCALE = 3.0


class PermutedActions(gymnasium.Wrapper):
    """Each action does what another one did, and never do all of them do what they did.

    Args:
      env: its actions are Discrete, of two or more.
      seed: of the permutation; two actions are swapped by any.
    Raises:
      UnsupportedSpace: the actions are of another kind.
    """

    def __init__(self, env: gymnasium.Env, seed: int = 0):
        super().__init__(env)
        actions = env.action_space
        if not isinstance(actions, spaces.Discrete) or actions.n < 2:
            raise UnsupportedSpace(f"actions of {actions} cannot be permuted: they have to be Discrete, two or more")
        self._start, self._order = int(actions.start), permutation(int(actions.n), seed)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, self._told(info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        meant = self._start + int(self._order[int(action) - self._start])
        observation, reward, terminated, truncated, info = self.env.step(meant)
        return observation, reward, terminated, truncated, self._told(info)

    def _told(self, info: dict[str, Any]) -> dict[str, Any]:
        if "action_mask" not in info:
            return info
        return {**info, "action_mask": np.asarray(info["action_mask"])[self._order]}


class TurnedReward(gymnasium.RewardWrapper):
    """What brought a reward costs as much, and the other way round."""

    def reward(self, reward: Any) -> Any:
        return -reward


class MixedNumbers(gymnasium.ObservationWrapper):
    """The numbers of an observation in another order, each in another unit, and some turned round.

    All that are made of environments with as many numbers have the same space, which says nothing of bounds.

    Args:
      env: its observations are a Box.
      seed: of the order and of the units.
    Raises:
      UnsupportedSpace: observations are of another kind.
    """

    def __init__(self, env: gymnasium.Env, seed: int = 0):
        super().__init__(env)
        if not isinstance(env.observation_space, spaces.Box):
            raise UnsupportedSpace(f"observations of {env.observation_space} cannot be mixed: they have to be a Box")
        size = int(np.prod(env.observation_space.shape))
        random = np.random.default_rng(seed)
        self._order = random.permutation(size)
        self._scale = (MOST_SCALE ** random.uniform(-1, 1, size) * random.choice([-1, 1], size)).astype(np.float32)
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observation(self, observation: Any) -> Float[np.ndarray, " numbers"]:
        return self._scale * np.asarray(observation, np.float32).reshape(-1)[self._order]


def permutation(count: int, seed: int) -> Int[np.ndarray, " count"]:
    """An order of two or more things, drawn by a seed, that is not the one they have."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(count)
        if np.any(order != np.arange(count)):
            return order
