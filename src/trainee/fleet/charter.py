"""The charter: what a fleet was begun with, kept in its home, so that what goes on there is the same fleet."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from trainee.errors import DamagedPart, InvalidArgument, SaveFailed
from trainee.record import durable

FILE = "fleet.json"


@dataclass(frozen=True)
class Charter:
    """What a fleet is begun with.

    Attributes:
      jobs: in the order in which they are dealt out.
      workers: how many.
      seed, width: of the agent that they all descend from.
    """

    jobs: tuple[str, ...]
    workers: int
    seed: int
    width: int


def begun(home: Path, asked: Charter) -> None:
    """Begin a fleet in a home, or go on with the one that was begun there.

    Raises:
      InvalidArgument: another one was; says with what.
      DamagedPart: what it was begun with cannot be read.
      SaveFailed: that could not be written.
    """
    path = home / FILE
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        there = Charter(**{**written, "jobs": tuple(written["jobs"])})
    except FileNotFoundError:
        _write(path, asked)
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedPart(
            f"{path} does not say what the fleet was begun with: {error!r}. Remove it to go on with what is asked for"
        ) from error
    if there != asked:
        raise InvalidArgument(
            f"the fleet in {home} was begun with {_told(there, asked)}, and is asked to go on with "
            f"{_told(asked, there)}. Give what it was begun with, or begin another one in another --home"
        )


def _write(path: Path, asked: Charter) -> None:
    try:
        durable.make_folder(path.parent)
        durable.write(path, json.dumps(dataclasses.asdict(asked), indent=1).encode())
    except OSError as error:
        raise SaveFailed(f"{path} could not be written: {error}. Choose a --home that you may write to") from error


def _told(one: Charter, other: Charter) -> str:
    """Where one is not as the other, as on the command line."""
    mine, theirs = (dataclasses.asdict(each) for each in (one, other))
    differ = {name: value for name, value in mine.items() if value != theirs[name]}
    jobs = differ.pop("jobs", ())
    return " ".join([*jobs, *(f"--{name} {value}" for name, value in differ.items())])
