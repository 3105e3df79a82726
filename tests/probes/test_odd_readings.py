"""Rewards and observations of any size, rare, changing or broken: it learns all the same, and never ends in NaN."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import gymnasium
import jax
import numpy as np
import pytest
from gymnasium import spaces

import trainee

pytestmark = pytest.mark.long

STEPS = 3_000


class Doors(gymnasium.Env):
    """Left or right, as one of three numbers says; five times an episode.

    Args:
      pays: what the right door is worth at a step, of all there were; the wrong one brings as much less than nothing.
      seen: what is seen of the side, 1 or −1, at that step.
    """

    observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, pays: Callable[[int], float], seen: Callable[[float, int], list[float]]):
        self.pays, self.seen, self.steps, self.right = pays, seen, 0, list[bool]()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._turned(), {}

    def step(self, action):
        right = bool(action == (self.side > 0))
        self.right.append(right)
        reward = self.pays(self.steps) * (1.0 if right else -1.0)
        self.steps += 1
        return self._turned(), reward, self.steps % 5 == 0, False, {}

    def _turned(self) -> np.ndarray:
        self.side = 1.0 if self.np_random.random() < 0.5 else -1.0
        return np.array(self.seen(self.side, self.steps), np.float32)


class Same(Doors):
    """Always the same door."""

    def _turned(self) -> np.ndarray:
        self.side = 1.0
        return np.array(self.seen(self.side, self.steps), np.float32)


def blind(side, step):
    return [0.0, 0.0, 0.0]


def plain(side, step):
    return [side, 7.0, 0.0]


def leaps(first, second):
    """Two of the numbers leap once, the one that matters among them."""
    return lambda side, step: [1e6 if step == first else side, 7.0, -1e6 if step == second else 0.0]


def late(side, step):
    """The number that matters is not there for a while, and leaps as it comes."""
    return [0.0 if step < 502 else 1e6 if step == 502 else side, 7.0, 0.0]


CASES = {
    "tiny": (lambda step: 1e-6, plain),
    "huge": (lambda step: 1e6, plain),
    "a thousand times as much from half of it on": (lambda step: 1.0 if step < STEPS / 2 else 1e3, plain),
    "a thousandth from half of it on": (lambda step: 1.0 if step < STEPS / 2 else 1e-3, plain),
    "a thousand zeros first": (lambda step: float(step >= 1_000), plain),
    "leaps": (lambda step: 1.0, leaps(1_500, 1_700)),
    "leaps at once": (lambda step: 1.0, leaps(7, 52)),
    "comes with a leap": (lambda step: 1.0, late),
    "nothing but what matters, which is tiny": (lambda step: 1.0, lambda side, step: [1e-6 * side, 1e6, 1e6]),
}


JOBS = {name: Doors(*case) for name, case in CASES.items()} | {"nothing is seen": Same(lambda step: 1.0, blind)}


@pytest.mark.parametrize("env", JOBS.values(), ids=JOBS)
def test_it_learns_all_the_same(env):
    agent = trainee.Agent(0)
    agent.learn(env, STEPS, name="doors")
    agent.gather()
    mind = agent.brain, agent.interfaces, agent.streams
    numbers = jax.tree.leaves(eqx.filter(mind, eqx.is_inexact_array))
    assert all(np.all(np.isfinite(leaf)) for leaf in numbers)
    # By chance 300 of 600 would be right, and once in a billion more than 375.
    assert np.mean(env.right[-600:]) > 0.85
