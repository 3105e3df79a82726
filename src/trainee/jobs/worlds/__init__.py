"""Generated worlds: small jobs without end, each drawn from a number, in a few families.

None of them is a job or an exam by which the agent is measured elsewhere. So constants can be searched for on them, and
then be examined on what they never saw. `worlds:forage-7` is the world of number 7 of the family `forage`.
"""

from __future__ import annotations

import re

import jax

from trainee.errors import UnknownJob
from trainee.jobs.nearness import near_matches
from trainee.jobs.worlds.delay import Delay
from trainee.jobs.worlds.drift import Drift
from trainee.jobs.worlds.family import Family, World
from trainee.jobs.worlds.forage import Forage
from trainee.jobs.worlds.hazard import Hazard
from trainee.jobs.worlds.prey import Prey
from trainee.jobs.worlds.rooms import Rooms
from trainee.jobs.worlds.seasons import Seasons
from trainee.jobs.worlds.steer import Steer

PREFIX = "worlds:"
# Keys are made of 32 bits.
WORLDS = 2**31
FAMILIES: dict[str, Family] = {
    "delay": Delay(),
    "drift": Drift(),
    "forage": Forage(),
    "hazard": Hazard(),
    "prey": Prey(),
    "rooms": Rooms(),
    "seasons": Seasons(),
    "steer": Steer(),
}

__all__ = ["FAMILIES", "PREFIX", "WORLDS", "Family", "World", "world"]


def world(name: str) -> World:
    """The world of a name such as `worlds:forage-7`: always the same one.

    Raises:
      UnknownJob: there is no such family, with near ones; or it has no number.
    """
    family, _, number = name.removeprefix(PREFIX).partition("-")
    if family not in FAMILIES:
        known = near_matches(family, FAMILIES) or f": there are {', '.join(FAMILIES)}"
        raise UnknownJob(f"there is no family of worlds {family!r}{known}")
    if not re.fullmatch("[0-9]{1,10}", number) or int(number) >= WORLDS:
        raise UnknownJob(
            f"{name!r} names no world: a family is followed by a number from 0 to {WORLDS - 1:,}, as in "
            f"{PREFIX}{family}-7"
        )
    return World(FAMILIES[family], jax.jit(FAMILIES[family].draw)(jax.random.key(int(number))), name)
