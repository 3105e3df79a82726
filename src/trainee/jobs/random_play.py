"""Random play, and the same play once more."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import gymnasium
import jax
import numpy as np

from trainee.errors import UnfitTimeStep
from trainee.jobs.contract import RAISED
from trainee.jobs.play import Episode, Play, Ranges
from trainee.jobs.spaces import Codec, reward_fault
from trainee.jobs.truths import truth, truth_fault

OPENING_STEPS = 100


def play(env: gymnasium.Env, codec: Codec, steps: int, seed: int = 0) -> Play:
    """Play at random from a seeded reset, honouring action masks. Play ends where the environment raises."""
    player = _Player(env, codec, seed)
    try:
        player.run(steps)
    except RAISED as error:
        player.play.raised = f"{player.doing} raised {type(error).__name__}: {error} (step {player.play.steps + 1})"
    return player.play


def repeats(env: gymnasium.Env, played: Play, seed: int = 0) -> bool:
    """Whether the same seed and the same actions bring what they brought in the opening of that play."""
    for i, (action, came_of_it) in enumerate(played.opening):
        if action is None:
            observation, _ = env.reset(seed=seed if i == 0 else None)
            again = _outcome(played.codec, observation, 0.0, False, False)
        else:
            again = _outcome(played.codec, *env.step(action)[:4])
        before, after = jax.tree.leaves(came_of_it), jax.tree.leaves(again)
        if len(before) != len(after) or not all(map(np.array_equal, before, after)):
            return False
    return True


class _Player:
    """The loop of random play, which can say what it was doing when something was raised."""

    def __init__(self, env: gymnasium.Env, codec: Codec, seed: int):
        self.env, self.seed = env, seed
        self.play = Play(codec, Ranges(codec.signature.numeric))
        self.doing = "reset"
        self._random = np.random.default_rng(seed)

    def run(self, steps: int) -> None:
        self.env.action_space.seed(self.seed)
        mask = self._reset(self.seed)
        length, total = 0, 0.0
        while self.play.steps < steps:
            reward, terminated, truncated, mask = self._step(self._action(mask))
            length, total = length + 1, total + reward
            if terminated or truncated:
                self.play.episodes.append(Episode(length, total, terminated))
                length, total = 0, 0.0
                mask = self._reset(None)

    def _reset(self, seed: int | None) -> Any:
        self.doing = "reset"
        observation, info = self.env.reset(seed=seed)
        self.play.observe(observation)
        self._remember(None, (observation, 0.0, False, False))
        return info.get("action_mask")

    def _step(self, action: Any) -> tuple[float, bool, bool, Any]:
        self.doing = "step"
        began = time.perf_counter()
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.play.seconds += time.perf_counter() - began
        self.play.steps += 1
        self.play.observe(observation)
        finite = self.play.passes("reward", reward_fault, reward)
        if finite:
            self.play.rewards.append(float(reward))
        self._remember(action, (observation, reward, terminated, truncated))
        flags = self._flag("terminated", terminated), self._flag("truncated", truncated)
        return float(reward) if finite else 0.0, *flags, info.get("action_mask")

    def _flag(self, name: str, flag: Any) -> bool:
        return self.play.passes(name, partial(truth_fault, name), flag) and bool(truth(flag))

    def _remember(self, action: Any, outcome: tuple[Any, Any, Any, Any]) -> None:
        if len(self.play.opening) < OPENING_STEPS:
            self.play.opening.append((action, _outcome(self.play.codec, *outcome)))

    def _action(self, mask: Any) -> Any:
        codec = self.play.codec
        if mask is None or not self.play.passes("action_mask", lambda raw: _mask_fault(codec, raw), mask):
            return self.env.action_space.sample()
        rows = zip(codec.mask(mask), codec.signature.choices, codec.signature.continuous, strict=True)
        drawn = [
            self._random.uniform(0, n - 1) if continuous else self._random.choice(np.flatnonzero(allowed))
            for allowed, n, continuous in rows
        ]
        return codec.action(np.array(drawn, np.float32))


def _outcome(codec: Codec, observation: Any, reward: Any, terminated: Any, truncated: Any) -> tuple[Any, ...]:
    seen = codec.observation(observation) if codec.fault(observation) is None else None
    return seen, float(reward) if reward_fault(reward) is None else None, truth(terminated), truth(truncated)


def _mask_fault(codec: Codec, mask: Any) -> str | None:
    try:
        codec.mask(mask)
    except UnfitTimeStep as misfit:
        return str(misfit)
    return None
