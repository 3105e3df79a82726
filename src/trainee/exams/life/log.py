"""The log of a life: a line of JSON for each turn, written when what it tells of is on the disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trainee.errors import SaveFailed

LIFE, PLAY = "life.jsonl", "play.jsonl"


@dataclass(frozen=True)
class Row:
    """What came of a turn.

    Attributes:
      job: at which it was.
      worker: whose stream it went into: jobs with the same spaces share one.
      steps: made in it.
      episodes: for each that ended in it, the steps since the turn began, and its return.
      examined: returns of the jobs that were played frozen after it.
      timed_steps: of the steps, those that are timed: after a kill, what was made since.
      learning_s: what they took, sleep included.
      asleep_s: of that, what went into sleep and all that belongs to it.
      examining_s: what the frozen play took.
      health: of the brain, after it; see `trainee.exams.life.health`.
    """

    job: str
    worker: str
    steps: int
    episodes: Sequence[tuple[int, float]]
    examined: Mapping[str, Sequence[float]] = field(default_factory=dict)
    timed_steps: int = 0
    learning_s: float = 0.0
    asleep_s: float = 0.0
    examining_s: float = 0.0
    health: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Played:
    """Returns of a job played at the end: by an agent that was merged, or at random.

    Attributes:
      job: its name.
      returns: of each episode.
      why: it was left out of a merge, if so.
      seconds: that it all took until then.
      size, largest: numbers that learn in the agent that was merged, and in the largest of those that it was merged of;
        0 where that is not counted.
    """

    job: str
    returns: Sequence[float]
    why: str = ""
    seconds: float = 0.0
    size: int = 0
    largest: int = 0


def rows(folder: Path) -> list[Row]:
    """The turns of a life that are done."""
    lines = _read(folder / LIFE)
    return [Row(**{**line, "episodes": [(int(step), total) for step, total in line["episodes"]]}) for line in lines]


def played(folder: Path) -> dict[str, Played]:
    """What was played, by job."""
    return {line["job"]: Played(**line) for line in _read(folder / PLAY)}


def write_rows(folder: Path, more: Sequence[Row]) -> None:
    """Add turns to the log of a life.

    Raises:
      SaveFailed: there is no room, or the disk does not answer.
    """
    _append(folder / LIFE, [asdict(row) for row in more])


def write_played(folder: Path, one: Played) -> None:
    """Add a job to what was played; raises as `write_rows`."""
    _append(folder / PLAY, [asdict(one)])


def _read(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file; one that was cut short by a kill is none."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line[-1] == "\n"]


def _append(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SaveFailed(f"{path} could not be written: {error}. Make room, and begin it again") from error
