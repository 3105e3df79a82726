"""Tiny jobs, each of which isolates one way of failing. What each of them is about stands in its docstring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces


def box(size: int, bound: float = 2.0) -> spaces.Box:
    return spaces.Box(-bound, bound, (size,), np.float32)


@dataclass(frozen=True)
class Probe:
    """A job whose state is one number and whose episodes have a step or two; subclasses say what differs."""

    @property
    def observation_space(self) -> spaces.Space:
        return box(1)

    @property
    def action_space(self) -> spaces.Space:
        return spaces.Discrete(2)

    def reset(self, key: jax.Array) -> tuple[Any, Any]:
        return jnp.zeros(()), jnp.zeros(1)

    def step(self, key: jax.Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        return self.ended(state, jnp.zeros(1), jnp.ones(()))

    @staticmethod
    def ended(state: Any, observation: Any, reward: Any) -> tuple[Any, Any, Any, Any, Any]:
        return state, observation, reward, jnp.array(True), jnp.array(False)


class ConstantReward(Probe):
    """One step, always the same reward of 1. Fails where the value function learns nothing at all."""


class DelayedReward(Probe):
    """Two steps, the reward of 1 after the second. Fails where credit does not go one step back."""

    def step(self, key, state, action):
        second = state > 0
        return state + 1, (state + 1)[None], second.astype(jnp.float32), second, jnp.array(False)


class TerminatedOrTruncated(Probe):
    """Three states of one step each: one is terminated with 1, one brings 0 and is truncated before it, one brings 0 and
    is terminated.

    The truncated one is worth what would have followed; fails where a time limit counts as an end.
    """

    def reset(self, key):
        state = jax.random.randint(key, (), -1, 2).astype(jnp.float32)
        return state, state[None]

    def step(self, key, state, action):
        truncated = state == 0
        return state, jnp.ones(1), (state > 0).astype(jnp.float32), ~truncated, truncated


class ValueOfObservation(Probe):
    """One step, the reward is what was seen. Fails where values do not depend on observations."""

    def reset(self, key):
        sign = 2.0 * jax.random.bernoulli(key) - 1
        return sign, sign[None]

    def step(self, key, state, action):
        return self.ended(state, state[None], state)


class BestAction(Probe):
    """One step, the second action brings 1 and the first 0. Fails where decisions do not follow values."""

    def step(self, key, state, action):
        return self.ended(state, jnp.zeros(1), action.astype(jnp.float32))


class BestActionForObservation(ValueOfObservation):
    """One step, 1 for the action that belongs to what was seen, else −1. Fails where the two are not joined."""

    def step(self, key, state, action):
        return self.ended(state, state[None], jnp.where((action > 0) == (state > 0), 1.0, -1.0))


class Categories(Probe):
    """One step with a Discrete observation of 8; the action is right if it has the same parity."""

    @property
    def observation_space(self):
        return spaces.Discrete(8, start=3)

    def reset(self, key):
        state = jax.random.randint(key, (), 3, 11)
        return state, state

    def step(self, key, state, action):
        return self.ended(state, state, (action == state % 2).astype(jnp.float32))


class Images(Probe):
    """One step with an image whose left or right half is lit; the action is right if it names the side."""

    @property
    def observation_space(self):
        return spaces.Box(0, 255, (8, 8, 1), np.uint8)

    def reset(self, key):
        side = jax.random.bernoulli(key).astype(jnp.int32)
        return side, self.seen(side)

    def seen(self, side):
        return jnp.where((jnp.arange(8) >= 4)[None, :, None] == (side > 0), 255, 0).astype(jnp.uint8) * jnp.ones(
            (8, 1, 1), jnp.uint8
        )

    def step(self, key, state, action):
        return self.ended(state, self.seen(state), (action == state).astype(jnp.float32))


@dataclass(frozen=True)
class JointChoice(Probe):
    """One step, 1 if exactly one of two bits is set. No sum over the bits can say so: they have to be tried together."""

    kind: str = "binary"

    @property
    def action_space(self):
        return spaces.MultiBinary(2) if self.kind == "binary" else spaces.MultiDiscrete([2, 2])

    def step(self, key, state, action):
        return self.ended(state, jnp.zeros(1), (action[0] != action[1]).astype(jnp.float32))


class ManyChoices(Probe):
    """One step, one choice of five for each of six parts, a sixth of the reward for each that matches its place."""

    @property
    def action_space(self):
        return spaces.MultiDiscrete([5] * 6)

    def step(self, key, state, action):
        return self.ended(state, jnp.zeros(1), jnp.mean(action == jnp.array([0, 1, 2, 3, 4, 0])))


@dataclass(frozen=True)
class Aim(ValueOfObservation):
    """One step, the reward falls with the square of the distance between a continuous action and a target.

    The target depends on what was seen, and lies between two of the choices on the action's line.
    """

    low: float = -1.0
    high: float = 1.0
    targets: tuple[float, float] = (-0.37, 0.53)

    @property
    def action_space(self):
        return spaces.Box(self.low, self.high, (1,), np.float32)

    def step(self, key, state, action):
        target = jnp.where(state > 0, self.targets[1], self.targets[0])
        return self.ended(state, state[None], -jnp.square(action[0] - target))
