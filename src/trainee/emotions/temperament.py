"""Temperament: the numbers in the equations of the emotions, the same for every agent and every job."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import ClassVar

from trainee.errors import InvalidArgument


@dataclass(frozen=True)
class Temperament:
    """How strongly each emotion speaks, and for how long; `docs/emotions.md` says where each number comes from.

    Attributes:
      fear_stays: ρ, the share of fear that is left a time step later.
      fear_usual: of which nothing is made: fear is heard where it is more.
      fear_weight: of fear in alarm.
      concern_weight: how fast the far future stops counting where what is thought of it is disputed.
      security_steps: τ, steps of calm in which insecurity falls to a third.
      security_weight: what insecurity makes heads differ by, in mean surprises.
      shaken_weight: steps of calm that a surprise of one mean square costs.
      mood_rate: η, at which mood follows how things go.
      mood_weight: of mood in what a reward is felt as, in mean surprises.
      satiety_rate: η, at which satiety follows how rewarding things are.
      satiety_weight: of satiety in the chance to turn to something else.
      curiosity: the largest share of episodes that is given to it.
      curiosity_thrift: its share is divided by 1 plus so many times what it has cost of late, in lines of work.
      urgency_rate: by what the bar of sureness falls with each head that is heard.
      sureness: the bar before any was heard, in standard deviations of the lead.
      myopic_horizon: how far is looked ahead, in time steps, where the far future does not count.
      wary_share: τ, the share of what may come that is worse than what fear looks at.

    Raises:
      InvalidArgument: a number is out of its range.
    """

    fear_stays: float = 0.5
    fear_usual: float = 0.5
    fear_weight: float = 30.0
    concern_weight: float = 17.0
    security_steps: float = 300.0
    security_weight: float = 1.8
    shaken_weight: float = 0.02
    mood_rate: float = 0.1
    mood_weight: float = 0.03
    satiety_rate: float = 0.6
    satiety_weight: float = 0.65
    curiosity: float = 0.5
    curiosity_thrift: float = 30.0
    urgency_rate: float = 0.4
    sureness: float = 2.4
    myopic_horizon: float = 3.0
    wary_share: float = 0.1

    RANGES: ClassVar[dict[str, tuple[float, float]]] = {
        "fear_stays": (0.0, 0.999),
        "fear_usual": (0.0, 10.0),
        "fear_weight": (0.0, 100.0),
        "concern_weight": (0.0, 1000.0),
        "security_steps": (1.0, 1e6),
        "security_weight": (0.0, 1000.0),
        "shaken_weight": (0.0, 100.0),
        "mood_rate": (0.0, 1.0),
        "mood_weight": (0.0, 10.0),
        "satiety_rate": (0.0, 1.0),
        "satiety_weight": (0.0, 10.0),
        "curiosity": (0.0, 1.0),
        "curiosity_thrift": (0.0, 1000.0),
        "urgency_rate": (0.0, 10.0),
        "sureness": (0.0, 100.0),
        "myopic_horizon": (1.0, 1e4),
        "wary_share": (0.001, 0.5),
    }

    def __post_init__(self) -> None:
        for field in fields(Temperament):
            value = getattr(self, field.name)
            # What is being searched for is known to the compiler only.
            if not isinstance(value, int | float):
                continue
            low, high = self.RANGES[field.name]
            if not (math.isfinite(value) and low <= value <= high):
                raise InvalidArgument(f"{field.name} is {value}: give a number from {low:g} to {high:g}")

    @property
    def myopic_discount(self) -> float:
        """Of values where the far future does not count, a time step."""
        return 1 - 1 / self.myopic_horizon
