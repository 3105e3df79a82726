"""Rhythm: what sleep goes by from step to step, which is saved with the agent, so that a kill changes nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from trainee.life import Agent

logger = logging.getLogger("trainee.fleet")

NOTE = "sleep"


@dataclass
class Rhythm:
    """What sleep goes by.

    Attributes:
      key: data of the random key that the next burst's is split from.
      look_at, pause: the step of the next look, and the steps from the look before.
      steps: at work, of all workers.
      credit: lessons that may be learned from.
      best: the most that a worker's last episodes ever brought, by its name.
      take_at: a worker's step at which lessons are taken next, by its name.
      order: who was at work, the newest last.
    """

    key: list[int]
    look_at: int
    pause: int
    steps: int = 0
    credit: float = 0.0
    best: dict[str, float] = field(default_factory=dict)
    take_at: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


def rhythm_of(agent: Agent, born: Rhythm) -> Rhythm:
    """What an agent's sleep goes by: as it was when the agent was saved, or as it begins. From now on it is saved with
    the agent, as it is then.
    """
    found = born
    if NOTE in agent.notes:
        try:
            found = Rhythm(**agent.notes[NOTE])
        except TypeError as error:
            logger.warning("what sleep went by was written by another version, and it begins anew: %s", error)
    agent.notes[NOTE] = vars(found)
    return found
