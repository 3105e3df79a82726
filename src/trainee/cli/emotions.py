"""`trainee emotions`: the table of emotions, their equations and numbers, and what an agent feels just now."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.outcome import say

if TYPE_CHECKING:
    from trainee.life import Agent

WIDE, BAR = 100, 20


def emotions(
    home: Annotated[Path | None, typer.Option(help="Where an agent is kept, to show what it feels.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """The emotions: what each is, what it changes, and with --home what an agent feels at each of its jobs."""
    from trainee.emotions import TABLE  # noqa: PLC0415 kept out of --help
    from trainee.emotions.table import SYMBOLS  # noqa: PLC0415 kept out of --help
    from trainee.learner import Constants  # noqa: PLC0415 kept out of --help
    from trainee.life import Agent  # noqa: PLC0415 kept out of --help

    agent = None if home is None else Agent.load(home)
    constants = Constants() if agent is None else agent.constants
    for entry in TABLE:
        numbers = {name: getattr(constants, name) for name in entry.numbers}
        told = "  ".join(f"{name} {number:g}" for name, number in numbers.items())
        lines = [f"{entry.name:10} {entry.equation}", *(f"{'':10} {line}" for line in wrap(entry.changes, WIDE))]
        say(as_json, {**entry._asdict(), "numbers": numbers}, "\n".join([*lines, f"{'':10} {told}", ""]))
    if not as_json:
        say(as_json, {}, "\n".join(wrap(SYMBOLS, WIDE)))
    if agent is not None:
        _felt(agent, as_json)


def _felt(agent: Agent, as_json: bool) -> None:
    import numpy as np  # noqa: PLC0415 kept out of --help

    from trainee.emotions import FREE, TABLE  # noqa: PLC0415 kept out of --help

    for name, stream in sorted(agent.streams.items()):
        levels, usual, held = (
            np.asarray(part).tolist() for part in (stream.feelings.levels, stream.feelings.usual, stream.feelings.held)
        )
        lines, data = ["", f"at {name}"], {}
        for entry, level, mean, lever in zip(TABLE, levels, usual, held, strict=True):
            is_held = lever < FREE
            data[entry.name] = {"level": level, "usual": mean, "held": lever if is_held else None}
            note = f"held at {lever:.2f}" if is_held else f"usually {mean:.2f}   high: {entry.reading}"
            lines.append(f"  {entry.name:10} {level:6.2f}  {_bar(level):{BAR}}  {note}")
        say(as_json, {"job": name, "feelings": data}, "\n".join(lines))


def _bar(level: float) -> str:
    """A level as a bar: full at 1; of a bad mood the dots point the other way."""
    full = round(min(abs(level), 1.0) * BAR)
    return ("█" if level >= 0 else "░") * full
