"""What an environment says while actions are drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from trainee.jobs.spaces import Codec
from trainee.types import Observation


@dataclass(frozen=True)
class Episode:
    """An episode that ended."""

    length: int
    total: float
    terminated: bool


class Ranges:
    """How each number of the observation ranged.

    Attributes:
      least, most: `[numbers]`, so far.
    """

    def __init__(self, numbers: int):
        self.least: Float[np.ndarray, " numbers"] = np.full(numbers, np.inf)
        self.most: Float[np.ndarray, " numbers"] = np.full(numbers, -np.inf)
        self._nonzero = np.zeros(numbers)
        self._logarithms = np.zeros(numbers)

    def take(self, numeric: Float[np.ndarray, " numbers"]) -> None:
        """One more observation."""
        magnitude = np.abs(numeric.astype(np.float64))
        np.minimum(self.least, numeric, out=self.least)
        np.maximum(self.most, numeric, out=self.most)
        self._nonzero += magnitude > 0
        self._logarithms += np.log(np.where(magnitude > 0, magnitude, 1.0))

    @property
    def largest(self) -> Float[np.ndarray, " numbers"]:
        """The largest magnitude."""
        return np.maximum(np.abs(self.least), np.abs(self.most))

    @property
    def typical(self) -> Float[np.ndarray, " numbers"]:
        """The geometric mean of the magnitudes that were not 0; infinite where all were."""
        mean = np.exp(self._logarithms / np.maximum(self._nonzero, 1))
        return np.where(self._nonzero > 0, mean, np.inf)


@dataclass
class Play:
    """What random play brought to light.

    Attributes:
      codec: of the environment's spaces.
      ranges: of the observations' numbers.
      steps: how often the environment was stepped.
      seconds: how long its steps took, all together.
      fit: how many observations could be learned from.
      rewards: the finite ones, in order.
      episodes: those that ended.
      faults: for each kind of thing that was not fit, what was said of it first, and how often it occurred.
      raised: what the environment raised, and where; play ended there.
      categories_varied, images_varied: which of them were ever another than at first.
      opening: actions of the first steps and what came of them; an action of None is a reset.
    """

    codec: Codec
    ranges: Ranges
    steps: int = 0
    seconds: float = 0.0
    fit: int = 0
    rewards: list[float] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    faults: dict[str, tuple[str, int]] = field(default_factory=dict)
    raised: str | None = None
    categories_varied: Bool[np.ndarray, " parts"] = field(default_factory=lambda: np.zeros(0, bool))
    images_varied: list[bool] = field(default_factory=list)
    opening: list[tuple[Any, Any]] = field(default_factory=list)
    _first: Observation | None = None

    def passes(self, kind: str, check: Callable[[Any], str | None], raw: Any) -> bool:
        """Note the fault that a check finds; returns whether it finds none."""
        fault = check(raw)
        if fault is None:
            return True
        first, count = self.faults.get(kind, (f"{fault} (step {self.steps})", 0))
        self.faults[kind] = first, count + 1
        return False

    def observe(self, raw: Any) -> Observation | None:
        """Take in an observation; None where it is not fit."""
        if not self.passes("observation", self.codec.fault, raw):
            return None
        observation = self.codec.observation(raw)
        self.fit += 1
        self.ranges.take(np.asarray(observation.numeric))
        if self._first is None:
            self._first = observation
            self.categories_varied = np.zeros(len(observation.categories), bool)
            self.images_varied = [False for _ in observation.images]
        self.categories_varied |= observation.categories != self._first.categories
        differ = [bool(np.any(now != then)) for now, then in zip(observation.images, self._first.images, strict=True)]
        self.images_varied = [a or b for a, b in zip(self.images_varied, differ, strict=True)]
        return observation
