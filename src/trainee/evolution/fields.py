"""What of the table of constants can be searched for, and between which bounds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trainee.errors import InvalidArgument
from trainee.learner.constants import DEFAULTS, Constants

# A number of an emotion is looked for from its own divided by this to its own times it, as far as it may be that.
SPAN = 5.0


@dataclass(frozen=True)
class Field:
    """One number of the table.

    Attributes:
      name: of the constant.
      low, high: its bounds.
      scale: on which steps are even: its own, its logarithm's, or that of what it lacks to 1.
    """

    name: str
    low: float
    high: float
    scale: Literal["even", "log", "rest"] = "log"

    def value(self, place: float) -> float:
        """The number at a place from 0, at one bound, to 1, at the other."""
        ends = self._even(self.low), self._even(self.high)
        even = ends[0] + min(max(place, 0.0), 1.0) * (ends[1] - ends[0])
        number = {"even": lambda: even, "log": lambda: math.exp(even), "rest": lambda: 1 - math.exp(even)}[self.scale]()
        return min(max(number, self.low), self.high)

    def place(self, value: float) -> float:
        """Where a number is: 0 at one bound, 1 at the other.

        Raises:
          InvalidArgument: it is not between them.
        """
        if not self.low <= value <= self.high:
            raise InvalidArgument(f"{self.name} is {value:g}, which is not between {self.low:g} and {self.high:g}")
        ends = self._even(self.low), self._even(self.high)
        return (self._even(value) - ends[0]) / (ends[1] - ends[0])

    def _even(self, value: float) -> float:
        if self.scale == "even":
            return value
        return math.log(value if self.scale == "log" else 1 - value)


# None of these decides a shape or what Python does, so that a compiled program can be told them as it runs.
OF_THE_LEARNER = (
    Field("shortest_horizon", 10.0, 100.0),
    Field("dense_horizon", 30.0, 2000.0),
    Field("whole_horizon", 30.0, 500.0),
    Field("memory_lines", 5.0, 200.0),
    Field("trace", 0.7, 0.995, "rest"),
    Field("trace_tolerance", 0.05, 1.5),
    Field("prior_scale", 0.004, 0.2),
    Field("learning_rate", 5e-5, 3e-3),
    Field("whole_learning_rate", 1e-4, 5e-3),
    Field("square_decay", 0.9, 0.9995, "rest"),
    Field("target_rate", 0.003, 0.15),
    Field("continuous_noise", 0.01, 0.5),
    Field("any_action", 0.001, 0.1),
    Field("sure", 0.2, 5.0),
    Field("memory_gain", 0.02, 0.5),
    Field("novelty_scale", 1.0, 100.0),
    Field("novelty_discount", 0.9, 0.999, "rest"),
    Field("curiosity", 0.05, 1.0),
)


def fields(names: Sequence[str] = (), base: Constants = DEFAULTS) -> tuple[Field, ...]:
    """The fields of these names, or all that there are.

    Args:
      names: of constants.
      base: the table around whose numbers emotions' are looked for.

    Raises:
      InvalidArgument: one is no constant, or none that can be searched for; one is named twice; or it is only one.
    """
    every = (*OF_THE_LEARNER, *_of_the_emotions(base))
    known = {field.name: field for field in every if hasattr(Constants, field.name)}
    for name in names:
        if name not in known:
            there = name in {field.name for field in dataclasses.fields(Constants)}
            why = "cannot be searched for, as it decides what is compiled" if there else "is no constant"
            raise InvalidArgument(f"{name!r} {why}: choose of {', '.join(known)}")
    if len(set(names)) < len(names):
        raise InvalidArgument(f"a field is named twice in {', '.join(names)}: name each once")
    if len(names) == 1:
        raise InvalidArgument(f"a search needs two fields or more, not {names[0]} alone: name another one too")
    return tuple(known[name] for name in names) if names else tuple(known.values())


def _of_the_emotions(base: Constants) -> list[Field]:
    """Those for which the table says what they may be."""
    told, own = getattr(Constants, "RANGES", {}), {field.name for field in OF_THE_LEARNER}
    found = []
    for name, (low, high) in told.items():
        usual = getattr(base, name)
        if name not in own and usual > 0:
            found.append(Field(name, max(low, usual / SPAN), min(high, usual * SPAN)))
    return found
