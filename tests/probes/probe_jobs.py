"""Tiny jobs, each of which isolates one way of failing. What each of them is about stands in its docstring."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces


class Probe(gymnasium.Env):
    """A job of one step an episode; subclasses say what is seen, what can be done, and what it brings."""

    observation_space: spaces.Space = spaces.Box(-2, 2, (1,), np.float32)
    action_space: spaces.Space = spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.seen = self.first()
        return self.seen, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self.seen, float(self.reward(action)), True, False, {}

    def first(self) -> Any:
        return np.zeros(1, np.float32)

    def reward(self, action: Any) -> float:
        return 1.0


class ConstantReward(Probe):
    """Always the same reward of 1. Fails where the value function learns nothing at all."""


class DelayedReward(Probe):
    """Two steps, the reward of 1 after the second. Fails where credit does not go one step back."""

    def step(self, action):
        second = self.seen[0] > 0
        self.seen = np.ones(1, np.float32)
        return self.seen, float(second), bool(second), False, {}


class TerminatedOrTruncated(Probe):
    """Three states of one step each. One is terminated with 1. One is terminated with 0. One brings 0 too, but is
    truncated in sight of the first: it is worth what would have followed. Fails where a time limit counts as an end.
    """

    def first(self):
        return np.full(1, self.np_random.integers(-1, 2), np.float32)

    def step(self, action):
        truncated = bool(self.seen[0] == 0)
        return np.ones(1, np.float32), float(self.seen[0] > 0), not truncated, truncated, {}


class ValueOfObservation(Probe):
    """The reward is what was seen. Fails where values do not depend on observations."""

    def first(self):
        return np.full(1, self.np_random.choice([-1, 1]), np.float32)

    def reward(self, action):
        return self.seen[0]


class BestAction(Probe):
    """The second action brings 1 and the first 0. Fails where decisions do not follow values."""

    def reward(self, action):
        return action


class BestActionForObservation(ValueOfObservation):
    """1 for the action that belongs to what was seen, else −1. Fails where the two are not joined."""

    def reward(self, action):
        return 1 if (action > 0) == (self.seen[0] > 0) else -1


class Categories(Probe):
    """A Discrete observation of 8; the action is right if it has the same parity."""

    observation_space = spaces.Discrete(8, start=3)

    def first(self):
        return int(self.np_random.integers(3, 11))

    def reward(self, action):
        return action == self.seen % 2


class Images(Probe):
    """An image whose left or right side is lit; the action is right if it names the side."""

    observation_space = spaces.Box(0, 255, (5, 5, 1), np.uint8)

    def first(self):
        image = np.zeros((5, 5, 1), np.uint8)
        side = self.np_random.integers(2)
        image[:, 3 * side : 3 * side + 2] = 255
        return image

    def reward(self, action):
        return self.seen[0, 3 * action, 0] > 0


class Masked(Probe):
    """Four actions, the better the higher, of which a mask allows two. Fails where masks are not honoured."""

    action_space = spaces.Discrete(4)

    def reset(self, *, seed=None, options=None):
        observation, _ = super().reset(seed=seed)
        self.mask = np.zeros(4, np.int8)
        self.mask[self.np_random.choice(4, 2, replace=False)] = 1
        return observation, {"action_mask": self.mask}

    def step(self, action):
        assert self.mask[action], f"action {action} is not allowed by {self.mask}"
        best = int(np.flatnonzero(self.mask)[-1])
        return self.seen, float(action == best), True, False, {"action_mask": self.mask}

    def first(self):
        return np.zeros(1, np.float32)


class JointBits(Probe):
    """1 if exactly one of two bits is set. No sum over the bits can say so: they have to be tried together."""

    action_space = spaces.MultiBinary(2)

    def reward(self, action):
        return action[0] != action[1]


class JointChoices(JointBits):
    """The same with a MultiDiscrete."""

    action_space = spaces.MultiDiscrete([2, 2])


class ManyChoices(Probe):
    """One choice of five for each of six parts, a sixth of the reward for each that matches its place."""

    action_space = spaces.MultiDiscrete([5] * 6)

    def reward(self, action):
        return np.mean(action == np.array([0, 1, 2, 3, 4, 0]))


class Aim(ValueOfObservation):
    """The reward falls with the square of the distance between a continuous action and a target.

    The target depends on what was seen, and lies between two of the choices on the action's line.
    """

    targets = (-0.37, 0.53)
    action_space = spaces.Box(-1, 1, (1,), np.float32)

    def reward(self, action):
        return -((action[0] - self.targets[int(self.seen[0] > 0)]) ** 2)


class AimHalfBounded(Aim):
    """The same where the action has a lower bound only."""

    targets = (0.1, 0.6)
    action_space = spaces.Box(0, np.inf, (1,), np.float32)

    def reward(self, action):
        return max(super().reward(action), -1.0)


class AimUnbounded(AimHalfBounded):
    """The same where the action has no bounds."""

    targets = (-0.6, 0.6)
    action_space = spaces.Box(-np.inf, np.inf, (1,), np.float32)
