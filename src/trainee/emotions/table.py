"""The table: every emotion as a person reads it, its equation, what it changes, and the numbers in it."""

from __future__ import annotations

from typing import NamedTuple

from trainee.types import EMOTIONS


class Entry(NamedTuple):
    """One emotion.

    Attributes:
      name: as in `EMOTIONS`.
      equation: from signals to its level.
      changes: what the level changes.
      numbers: the fields of `Temperament` that are in either.
      reading: what a high level means, in a few words.
    """

    name: str
    equation: str
    changes: str
    numbers: tuple[str, ...]
    reading: str


TABLE = (
    Entry(
        "fear",
        "f ← ρ·f + (1 − ρ)·[−z]₊",
        "alarm min(k·[f − f₀]₊², 1): the chance that the mind is changed, and the weight of the worst to come soon",
        ("fear_stays", "fear_usual", "fear_weight", "wary_share"),
        "things went worse than expected",
    ),
    Entry(
        "concern",
        "c = 1 / (1 + (w·d)²)",
        "the far future counts c, what comes soon 1 − c",
        ("concern_weight", "myopic_horizon"),
        "it is agreed what the far future holds",
    ),
    Entry(
        "security",
        "s = 1 − exp(−calm/τ), calm ← [calm + 1 − k·(z² − 2)]₊",
        "doubt k·(1 − s): by how much heads differ beyond what they know, in mean surprises",
        ("security_steps", "shaken_weight", "security_weight"),
        "it has long gone as expected",
    ),
    Entry(
        "mood",
        "h ← h + η·(z − h)",
        "k·h is added to the newest reward as it is learned from, in mean surprises",
        ("mood_rate", "mood_weight"),
        "things are looking up; below 0, down",
    ),
    Entry(
        "satiety",
        "s ← s + η·([y]₊ − s)",
        "the chance k·s to turn to something else",
        ("satiety_rate", "satiety_weight"),
        "more came of late than usual",
    ),
    Entry(
        "curiosity",
        "the share of episodes in which it finds what work does not, while there is hope for more and it costs little",
        "the chance that an episode is given to it",
        ("curiosity", "curiosity_thrift"),
        "there is more to be found",
    ),
    Entry(
        "urgency",
        "u = k·(1 + r̄ / E|r|)",
        "the bar of sureness falls by e^−u with each member of the ensemble that is heard",
        ("urgency_rate", "sureness"),
        "time is worth much",
    ),
)
assert tuple(entry.name for entry in TABLE) == EMOTIONS

SYMBOLS = (
    "z: the surprise r + γ·v' − v, in units of its mean size. y: how far the reward is above the usual one, in units "
    "of how far rewards usually are. d: what the ensemble differs by, in units of value. r̄, E|r|: the mean reward, "
    "and the mean size of rewards."
)
