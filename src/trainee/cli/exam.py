"""`trainee exam`: measured examinations, each a command of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainee.cli.outcome import say
from trainee.errors import InvalidArgument

app = typer.Typer(help="Measured examinations, with published numbers to beat.", no_args_is_help=True)


@app.callback()
def exam() -> None:
    """Measured examinations, with published numbers to beat."""


@app.command()
def bsuite(
    quick: Annotated[bool, typer.Option("--quick", help="A fixed few settings, in 20 minutes on 2 cores.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All settings that can run.")] = False,
    home: Annotated[Path, typer.Option(help="Where records are kept; a rerun goes on from there.")] = Path("bsuite"),
    processes: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """DeepMind's behaviour suite, by its own recorder and its own scoring."""
    from trainee.exams import bsuite as room  # noqa: PLC0415 kept out of --help
    from trainee.exams.drawing import require_matplotlib  # noqa: PLC0415 kept out of --help
    from trainee.exams.runs import runs  # noqa: PLC0415 kept out of --help
    from trainee.life.runtime import cores  # noqa: PLC0415 kept out of --help

    if quick and full:
        raise InvalidArgument("--quick and --full exclude each other: give one of them, or neither")
    if processes < 0:
        raise InvalidArgument(f"--processes must be 0 or more, not {processes}")
    require_matplotlib()
    selection = "quick" if quick else "full" if full else "default"
    results = home / selection
    waiting = room.unfinished(room.selected(selection), results)
    if waiting:
        results.mkdir(parents=True, exist_ok=True)
        for progress in runs(room.runs_of, room.groups(waiting), room.steps, processes or cores(), results):
            text = (
                f"[{progress.done}/{progress.count}] {progress.name}: {progress.result:,.0f} steps/s"
                f" (about {progress.seconds_left / 60:.0f} min left)"
            )
            say(as_json, {"run": progress.name, "steps_per_second": progress.result, "done": progress.done}, text)
    scores = room.scored(results)
    page = room.write_page(home / f"{selection}.html", scores, selection)
    lines = [f"{name:24} {score:.2f}" for name, score in scores.experiments.items()]
    lines += ["", *(f"{tag:24} {score:.2f}" for tag, score in scores.tags.items()), f"{'mean':24} {scores.mean:.2f}"]
    told = {"mean": scores.mean, "tags": scores.tags, "experiments": scores.experiments, "page": str(page)}
    say(as_json, told, "\n".join([*lines, "", str(page)]))
