"""The search: an evolution strategy over a table of constants, by what new agents earn with each table.

In a generation every table meets the same worlds with the same luck; the next one meets others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from trainee.errors import InvalidArgument, NothingSaved
from trainee.evolution.fitness import fitness, gains
from trainee.evolution.journal import Comparison, Generation, Journal, read
from trainee.evolution.lives import by_chance, lived
from trainee.evolution.plan import Plan
from trainee.evolution.strategy import asked, centre
from trainee.life import interval


def opened(home: Path, plan: Plan | None) -> Journal:
    """The journal of a home, or a new one with a plan; without a plan there has to be one.

    Raises:
      NothingSaved: there is none, and no plan.
      InvalidArgument: there is one of another plan.
    """
    try:
        journal = read(home)
    except NothingSaved:
        if plan is None:
            raise
        return Journal(plan)
    # It goes on from the table that it began with, also where another one is shipped by now.
    if plan is not None and replace(plan, base=journal.plan.base) != journal.plan:
        kept, asked = journal.plan.told(), plan.told()
        differ = [
            f"{name} {kept[name]}, not {asked[name]}" for name in kept if name != "base" and kept[name] != asked[name]
        ]
        raise InvalidArgument(f"the search in {home} has {'; '.join(differ)}: ask for the same, or choose another home")
    return journal


def evolved(home: Path, journal: Journal, generations: int) -> Iterator[Journal]:
    """Search until there were so many generations; the journal after each, once it is kept.

    Raises:
      MissingExtra: the library is not installed.
      SaveFailed: a generation could not be kept.
    """
    while len(journal.generations) < generations:
        began_s, plan, number = time.perf_counter(), journal.plan, len(journal.generations) + 1
        places = asked(journal)
        gained = np.concatenate(list(_gained(plan, places, number, plan.worlds).values()), axis=1)
        earned = fitness(gained).tolist()
        journal = journal.grown(Generation(number, places.tolist(), earned, time.perf_counter() - began_s))
        journal.write(home)
        yield journal


def compared(home: Path, journal: Journal, worlds: int) -> Journal:
    """With the table found beside the one it began with, in so many new worlds of each family.

    The table found is the centre of what would be tried next: the best of a generation was lucky too.

    Raises:
      NothingSaved: there was no generation.
      InvalidArgument: it is to be compared in less than one world.
      MissingExtra: the library is not installed.
    """
    made, kept = len(journal.generations), journal.comparison
    if not made:
        raise NothingSaved(f"the search in {home} has no generation yet: ask for 1 or more")
    if worlds < 1:
        raise InvalidArgument(f"a comparison needs 1 world of each family or more, not {worlds}")
    if kept and kept.generations == made and {len(of) for of in kept.gains.values()} == {worlds}:
        return journal
    plan, found = journal.plan, centre(journal)
    gained = {family: of[0].tolist() for family, of in _gained(plan, found[None], 0, worlds).items()}
    every = [gain for of in gained.values() for gain in of]
    table = dict(zip(plan.names, plan.values(found).tolist(), strict=True))
    comparison = Comparison(made, table, gained, float(np.mean(every)), *interval(every))
    journal = Journal(plan, journal.generations, comparison)
    journal.write(home)
    return journal


def _gained(plan: Plan, places: np.ndarray, draw: int, worlds: int) -> dict[str, np.ndarray]:
    """By family, what tables at some places gain in so many of its worlds, `[tables, worlds]`."""
    values = np.concatenate([plan.values(plan.start())[None], plan.values(places)])
    found = {}
    for family in plan.families:
        keys = plan.keys(draw, family, worlds)
        # Every table in the same worlds, with the same luck.
        each = np.tile(np.arange(worlds), len(values))
        earned = lived(family, plan.setting, np.repeat(values, worlds, axis=0), keys[each])
        shipped, *online = earned.reshape(len(values), worlds)
        found[family] = gains(np.array(online), shipped, by_chance(family, plan.steps, keys))
    return found
