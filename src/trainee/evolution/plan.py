"""A plan: what is searched for, and where, so that the same plan finds the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Key

from trainee.errors import InvalidArgument, NewerFormat
from trainee.evolution.fields import Field, fields
from trainee.evolution.lives import Setting
from trainee.jobs.worlds import FAMILIES
from trainee.learner import Constants
from trainee.life.fingerprint import code_hash

# An episode in a world is over after 100 steps at the latest, and each tenth of a life should have one.
LEAST_STEPS = 1000
MOST_SEED = 2**31 - 1
LEAST_POPULATION = 4


@dataclass(frozen=True)
class Plan:
    """What a search is of.

    Attributes:
      names: of the constants that are searched for.
      population: tables in a generation.
      steps: of a life.
      worlds: in which each table lives, of each family.
      seed: of everything that is drawn.
      width: units in each layer.
      families: of worlds.
      base: the table that it begins with.
      code: a short hash of the learner that lives by the tables.

    Raises:
      InvalidArgument: one of them cannot be.
    """

    names: tuple[str, ...] = ()
    population: int = 11
    steps: int = 2000
    worlds: int = 2
    seed: int = 0
    width: int = 64
    families: tuple[str, ...] = tuple(FAMILIES)
    base: Constants = field(default_factory=Constants)
    code: str = field(default_factory=code_hash)

    def __post_init__(self) -> None:
        least = {"population": LEAST_POPULATION, "steps": LEAST_STEPS, "worlds": 1, "seed": 0, "width": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if not low <= value <= MOST_SEED:
                raise InvalidArgument(f"{name} must be a whole number from {low:,} to {MOST_SEED:,}, not {value:,}")
        unknown = [family for family in self.families if family not in FAMILIES]
        if unknown or not self.families or len(set(self.families)) < len(self.families):
            told = repr(unknown[0]) if unknown else ", ".join(self.families) or "none"
            raise InvalidArgument(f"families must be some of {', '.join(FAMILIES)}, each once, not {told}")
        object.__setattr__(self, "names", tuple(one.name for one in fields(self.names, self.base)))
        self.start()

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is searched for."""
        return fields(self.names, self.base)

    @property
    def setting(self) -> Setting:
        """What all lives have in common."""
        return Setting(self.names, self.steps, self.width, self.base)

    def start(self) -> np.ndarray:
        """Where the search begins: the places of the base's numbers.

        Raises:
          InvalidArgument: one of them is out of its bounds.
        """
        return np.array([one.place(getattr(self.base, one.name)) for one in self.fields])

    def values(self, places: np.ndarray) -> np.ndarray:
        """The numbers at places, `[…, fields]`."""
        flat = np.reshape(places, (-1, len(self.fields)))
        numbers = [[one.value(place) for one, place in zip(self.fields, row, strict=True)] for row in flat.tolist()]
        return np.reshape(numbers, np.shape(places))

    def keys(self, draw: int, family: str, count: int) -> Key[Array, " worlds"]:
        """The worlds of a draw: of generation 1, 2 and so on, and of 0 for those that are held out."""
        key = jax.random.fold_in(jax.random.key(self.seed), draw)
        return jax.random.split(jax.random.fold_in(key, list(FAMILIES).index(family)), count)

    def told(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "names": list(self.names), "families": list(self.families)}


def plan_of(told: Mapping[str, Any]) -> Plan:
    """The plan that was told so.

    Raises:
      NewerFormat: its table is of another version.
      InvalidArgument: it can no longer be.
    """
    try:
        base = Constants(**told["base"])
        lists = {name: tuple(told[name]) for name in ("names", "families")}
        return Plan(**{"code": "unknown", **told, **lists, "base": base})
    except TypeError as error:
        raise NewerFormat(f"the search was begun by a version with another table of constants: {error}") from error
