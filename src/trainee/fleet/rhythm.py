"""Rhythm: what sleep goes by from step to step, which outlives the process in the home of the lessons."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from trainee.errors import DamagedPart, SaveFailed
from trainee.record import durable

FILE = "rhythm.json"


@dataclass
class Rhythm:
    """What sleep goes by.

    Attributes:
      ancestor: id of the agent, as it was born.
      key: data of the random key that the next burst's is split from.
      look_at, pause: the step of the next look, and the steps from the look before.
      steps: at work, of all workers.
      credit: lessons that may be learned from.
      best: the most that a worker's last episodes ever brought, by its name.
      take_at: a worker's step at which lessons are taken next, by its name.
      order: who was at work, the newest last.
    """

    ancestor: str
    key: list[int]
    look_at: int
    pause: int
    steps: int = 0
    credit: float = 0.0
    best: dict[str, float] = field(default_factory=dict)
    take_at: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def kept(self, home: Path) -> None:
        """Write it to a home.

        Raises:
          SaveFailed: there is no room, or the disk does not answer; the old one stands.
        """
        path = home / FILE
        try:
            durable.make_folder(path.parent)
            durable.write(path, json.dumps(dataclasses.asdict(self)).encode())
        except OSError as error:
            raise SaveFailed(f"{path} could not be written: {error}. Make room") from error


def resumed(born: Rhythm, home: Path) -> Rhythm:
    """What an earlier process kept in a home; as it begins where there is none, or one of another agent.

    Raises:
      DamagedPart: it cannot be read.
    """
    path = home / FILE
    try:
        found = Rhythm(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return born
    except (OSError, ValueError, TypeError) as error:
        raise DamagedPart(f"{path} cannot be read: {error}. Sleep begins anew") from error
    return found if found.ancestor == born.ancestor else born
