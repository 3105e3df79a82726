"""`trainee evolve`: search for constants in generated worlds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.outcome import INTERRUPTED, say
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.evolution import Comparison, Journal


def evolve(
    generations: Annotated[
        int, typer.Option(metavar="N", help="In all, those of earlier runs in this home included; 0 only compares.")
    ],
    home: Annotated[Path, typer.Option(help="Where the search is kept. A rerun with the same home goes on.")] = Path(
        "evolution"
    ),
    population: Annotated[int, typer.Option(metavar="P", help="Tables in a generation.")] = 11,
    steps: Annotated[int, typer.Option(metavar="S", help="Of each life.")] = 2000,
    worlds: Annotated[int, typer.Option(metavar="W", help="Of each family in each generation.")] = 2,
    held_out: Annotated[int, typer.Option(metavar="W", help="Of each family in the comparison at the end.")] = 16,
    seed: Annotated[int, typer.Option(metavar="K", help="Of everything that is drawn.")] = 0,
    width: Annotated[int, typer.Option(help="Units in each layer.")] = 64,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A constant to search for, two or more; by default all."),
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A family of worlds to search in; by default all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """Search for better constants in generated worlds, and compare what was found with what is shipped in others."""
    from trainee import evolution as room  # noqa: PLC0415 kept out of --help
    from trainee import record  # noqa: PLC0415 kept out of --help
    from trainee.jobs.worlds import FAMILIES  # noqa: PLC0415 kept out of --help

    if generations < 0:
        raise InvalidArgument(f"--generations must be 0 or more, not {generations}")
    if held_out < 1:
        raise InvalidArgument(f"--held-out must be 1 or more, not {held_out}")
    plan = None
    if generations:
        numbers = population, steps, worlds, seed, width
        plan = room.Plan(tuple(field or ()), *numbers, tuple(family or FAMILIES))
    elif not home.is_dir():
        room.opened(home, None)
    with record.lock(home):
        journal = room.opened(home, plan)
        try:
            began = len(journal.generations)
            for grown in room.evolved(home, journal, generations):
                journal = grown
                _tell_generation(journal, began, generations, as_json)
            journal = room.compared(home, journal, held_out)
        except KeyboardInterrupt:
            made = len(journal.generations)
            text = f"interrupted: {made} generations are kept in {home}; the same command goes on from there"
            say(as_json, {"generations": made, "interrupted": True, "home": str(home)}, text)
            raise typer.Exit(INTERRUPTED) from None
    assert journal.comparison is not None
    told = {**asdict(journal.comparison), "verdict": journal.comparison.verdict, "home": str(home)}
    say(as_json, told, "\n".join(_lines(journal, journal.comparison)))


def _tell_generation(journal: Journal, began: int, wanted: int, as_json: bool) -> None:
    newest = journal.generations[-1]
    spent_s = [generation.seconds for generation in journal.generations[began:]]
    # The first one of a run compiles.
    spent_s = spent_s[1:] or spent_s
    left_s = sum(spent_s) / len(spent_s) * (wanted - newest.number)
    mean, best = sum(newest.fitness) / len(newest.fitness), max(newest.fitness)
    text = (
        f"[{newest.number}/{wanted}] fitness {mean:.3f} on the mean, {best:.3f} the best; shipped 1 "
        f"(about {left_s / 60:.0f} min left)"
    )
    told = {"generation": newest.number, "mean": mean, "best": best, "seconds": newest.seconds, "seconds_left": left_s}
    say(as_json, told, text)


def _lines(journal: Journal, comparison: Comparison) -> list[str]:
    lines = [f"{'constant':20} {'shipped':>12} {'found':>12}"]
    for name, found in comparison.table.items():
        lines.append(f"{name:20} {getattr(journal.plan.base, name):12.6g} {found:12.6g}")
    lines += ["", "gain in worlds held out, in units of what both tables earn beyond chance on the mean"]
    for family, gained in comparison.gains.items():
        lines.append(f"{family:20} {sum(gained) / len(gained):12.3f}  in {len(gained)}")
    told = f"{comparison.mean:12.3f}  [{comparison.low:.3f}, {comparison.high:.3f}]: {comparison.verdict}"
    return [*lines, f"{'all':20} {told}"]
