"""The journal of a search: its plan and every generation, in one file that is whole after any crash.

The state of the search itself is not kept: told the same generations again, it is what it was.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from trainee.errors import DamagedPart, NewerFormat, NothingSaved, SaveFailed
from trainee.evolution.plan import Plan, plan_of
from trainee.record import durable

NAME = "evolution.json"
FORMAT = 1


@dataclass(frozen=True)
class Generation:
    """One generation.

    Attributes:
      number: 1 for the first.
      places: of each table, where each of its numbers is between its bounds.
      fitness: of each table; see `fitness`.
      seconds: that it took.
    """

    number: int
    places: list[list[float]]
    fitness: list[float]
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """The table found beside the one that the search began with, in worlds that the search did not see.

    Attributes:
      generations: after how many it was found.
      table: its numbers.
      gains: in each world, by family; see `gains`.
      mean, low, high: of them all, and its 95% bootstrap interval.
    """

    generations: int
    table: dict[str, float]
    gains: dict[str, list[float]]
    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """In words."""
        if self.low <= 0 <= self.high:
            return "no difference that could be told from chance"
        return "significantly better" if self.low > 0 else "significantly worse"


@dataclass(frozen=True)
class Journal:
    """What is known of a search."""

    plan: Plan
    generations: list[Generation] = field(default_factory=list)
    comparison: Comparison | None = None

    def grown(self, generation: Generation) -> Journal:
        """With one generation more."""
        return replace(self, generations=[*self.generations, generation])

    def write(self, home: Path) -> None:
        """Keep it.

        Raises:
          SaveFailed: it could not be written; what was kept before stands.
        """
        told: dict[str, Any] = {"format": FORMAT, "plan": self.plan.told()}
        told["generations"] = [asdict(generation) for generation in self.generations]
        told["comparison"] = self.comparison and asdict(self.comparison)
        try:
            durable.write(home / NAME, json.dumps(told).encode())
        except OSError as error:
            raise SaveFailed(f"{home / NAME} could not be written: {error}. What was kept before stands.") from error


def read(home: Path) -> Journal:
    """The journal kept in a home.

    Raises:
      NothingSaved: there is none.
      DamagedPart: it is not what was written.
      NewerFormat: a later version wrote it, or one with another table.
    """
    path = home / NAME
    try:
        told = json.loads(path.read_bytes())
        if told["format"] > FORMAT:
            raise NewerFormat(f"{path} was written by a later version of trainee: use that one, or another home")
        comparison = told["comparison"]
        return Journal(
            plan_of(told["plan"]),
            [Generation(**generation) for generation in told["generations"]],
            comparison and Comparison(**comparison),
        )
    except FileNotFoundError:
        raise NothingSaved(f"no search is kept in {home}: begin one there with 1 generation or more") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedPart(f"{path} cannot be read: {error!r}. Remove it to begin anew.") from error
