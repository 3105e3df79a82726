"""`trainee exam`: measured examinations, each a command of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.outcome import say
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.exams.bars import Bar
    from trainee.exams.runs import Progress

app = typer.Typer(help="Measured examinations, with published numbers to beat.", no_args_is_help=True)


@app.callback()
def exam() -> None:
    """Measured examinations, with published numbers to beat."""


@app.command()
def bsuite(
    quick: Annotated[bool, typer.Option("--quick", help="A fixed few settings, in about 20 minutes.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All settings that can run.")] = False,
    home: Annotated[Path, typer.Option(help="Where records are kept; a rerun goes on from there.")] = Path("bsuite"),
    processes: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """DeepMind's behaviour suite, by its own recorder and its own scoring."""
    from trainee.exams import bsuite as room  # noqa: PLC0415 kept out of --help
    from trainee.exams.drawing import require_matplotlib  # noqa: PLC0415 kept out of --help
    from trainee.exams.origin import claimed  # noqa: PLC0415 kept out of --help
    from trainee.exams.runs import runs  # noqa: PLC0415 kept out of --help
    from trainee.life.runtime import cores  # noqa: PLC0415 kept out of --help
    from trainee.record import lock  # noqa: PLC0415 kept out of --help

    if quick and full:
        raise InvalidArgument("--quick and --full exclude each other: give one of them, or neither")
    if processes < 0:
        raise InvalidArgument(f"--processes must be 0 or more, not {processes}")
    require_matplotlib()
    selection = "quick" if quick else "full" if full else "default"
    results = claimed(home / selection, *room.WORK)
    with lock(results):
        waiting = room.unfinished(room.selected(selection), results)
        if waiting:
            for progress in runs(room.runs_of, room.groups(waiting), room.steps, processes or cores(), results):
                _tell_progress(progress, as_json)
        scores = room.scored(results)
        page = room.write_page(home / f"{selection}.html", scores, selection)
        bars = [bar._asdict() for bar in room.verdicts(scores)] if not quick else []
        told = {"mean": scores.mean, "tags": scores.tags, "experiments": scores.experiments, "of": room.ALL}
        told |= {"left_out": room.LEFT_OUT, "bars": bars, "page": str(page)}
        say(as_json, told, "\n".join([*room.lines(scores, selection), "", str(page)]))


@app.command()
def life(
    quick: Annotated[bool, typer.Option("--quick", help="Four small jobs, a twentieth of the steps.")] = False,
    scale: Annotated[float, typer.Option(metavar="X", help="Of the usual steps at each job.")] = 1.0,
    arms: Annotated[str, typer.Option(metavar="ARM,…", help="Which of the arms; all by default.")] = "",
    seeds: Annotated[str, typer.Option(metavar="N,…", help="Seeds of the agents.")] = "0,1,2",
    parts: Annotated[
        str, typer.Option(metavar="PART,…", help="life: one agent; fleet: several, merged.")
    ] = "life,fleet",
    plasticity: Annotated[bool, typer.Option("--plasticity", help="And many small jobs in a row.")] = False,
    home: Annotated[Path, typer.Option(help="Where lives are kept; a rerun goes on from there.")] = Path("life"),
    processes: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """A life of many jobs, unannounced: what is kept of them, and what a fleet's merge retains."""
    from trainee.exams import life as room  # noqa: PLC0415 kept out of --help
    from trainee.exams.drawing import require_matplotlib  # noqa: PLC0415 kept out of --help
    from trainee.exams.origin import claimed  # noqa: PLC0415 kept out of --help
    from trainee.exams.runs import runs  # noqa: PLC0415 kept out of --help
    from trainee.life.runtime import cores  # noqa: PLC0415 kept out of --help
    from trainee.record import lock  # noqa: PLC0415 kept out of --help

    if not 0 < scale <= 1:
        raise InvalidArgument(f"--scale must be above 0 and at most 1, not {scale:g}")
    if processes < 0:
        raise InvalidArgument(f"--processes must be 0 or more, not {processes}")
    require_matplotlib()
    room.require_jobs()
    chosen = {part for part in parts.split(",") if part} | ({room.SMALL} if plasticity else set())
    asked = room.Selection(
        room.scaled(quick, scale),
        _named(arms) or room.ARMS,
        _seeds(seeds),
        tuple(sorted(chosen)),
    )
    kept = claimed(home / f"{'quick' if quick else 'whole'}-{scale:g}", *room.WORK)
    with lock(kept):
        for names in (room.lives(asked), room.unions(asked)):
            waiting = room.unfinished(asked, names, kept)
            if not waiting:
                continue
            size = partial(room.steps, asked.exam)
            for progress in runs(room.runs_of, waiting, size, processes or cores(), asked, kept):
                _tell_progress(progress, as_json)
        scores = room.scored(asked, kept)
        page = room.write_page(kept / "page.html", scores, asked)
        verdicts = [bar._asdict() for bar in room.verdicts(scores)]
        told = "\n".join([*room.lines(scores), "", str(page)])
        say(as_json, {**asdict(scores), "bars": verdicts, "page": str(page)}, told)


@app.command()
def iowa(
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the agents.")] = False,
    home: Annotated[Path, typer.Option(help="Where sessions are kept; a rerun goes on from there.")] = Path("iowa"),
    processes: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each core.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """The Iowa Gambling Task: whether agents choose as people do, with their emotions and without."""
    from trainee.exams import iowa as room  # noqa: PLC0415 kept out of --help
    from trainee.exams.drawing import require_matplotlib  # noqa: PLC0415 kept out of --help
    from trainee.exams.origin import claimed  # noqa: PLC0415 kept out of --help
    from trainee.exams.runs import runs  # noqa: PLC0415 kept out of --help
    from trainee.life.runtime import cores  # noqa: PLC0415 kept out of --help
    from trainee.record import lock  # noqa: PLC0415 kept out of --help

    if processes < 0:
        raise InvalidArgument(f"--processes must be 0 or more, not {processes}")
    require_matplotlib()
    kept = claimed(home / ("quick" if quick else "whole"), *room.WORK)
    with lock(kept):
        plan = room.planned(room.QUICK if quick else room.USUAL)
        waiting = room.unfinished(plan, kept)
        if waiting:
            size = {group.name: float(group.steps) for group in waiting}
            # The longest first; a process that does several of one size compiles once for them.
            each = [[name] for name in sorted(size, key=size.__getitem__, reverse=True)]
            for progress in runs(room.runs_of, each, size.__getitem__, processes or cores(), waiting, kept):
                _tell_group(progress, as_json)
        found = room.found(plan, kept)
        page = room.write_page(kept / "page.html", found.conditions, found.schemes, found.bars, found.agents)
        _tell_bars(found.bars, page, as_json)


@app.command()
def discounting(
    quick: Annotated[bool, typer.Option("--quick", help="A fifth of the agents, half of the steps.")] = False,
    home: Annotated[Path, typer.Option(help="Where choices are kept; a rerun goes on from there.")] = Path(
        "discounting"
    ),
    processes: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each core.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """How steeply delays and odds are discounted, with emotions and without."""
    from trainee.exams import discounting as room  # noqa: PLC0415 kept out of --help
    from trainee.exams.drawing import require_matplotlib  # noqa: PLC0415 kept out of --help
    from trainee.exams.origin import claimed  # noqa: PLC0415 kept out of --help
    from trainee.exams.runs import runs  # noqa: PLC0415 kept out of --help
    from trainee.life.runtime import cores  # noqa: PLC0415 kept out of --help
    from trainee.record import lock  # noqa: PLC0415 kept out of --help

    if processes < 0:
        raise InvalidArgument(f"--processes must be 0 or more, not {processes}")
    require_matplotlib()
    kept = claimed(home / ("quick" if quick else "whole"), *room.WORK)
    with lock(kept):
        size = room.QUICK if quick else room.USUAL
        waiting = [[condition] for condition in room.unfinished(kept)]
        if waiting:
            for progress in runs(room.runs_of, waiting, lambda _: 1.0, processes or cores(), size, kept):
                _tell_group(progress, as_json)
        found = room.recalled(kept)
        bars = room.predictions(found)
        _tell_bars(bars, room.write_page(kept / "page.html", found, bars), as_json)


@app.command()
def emotions(
    quick: Annotated[
        bool, typer.Option("--quick", help="Twelve environments, a fifth of the steps, four seeds.")
    ] = False,
    seeds: Annotated[int, typer.Option(metavar="N", help="Agents in each arm; 0 is ten, or four with --quick.")] = 0,
    steps_scale: Annotated[
        float, typer.Option(metavar="X", help="Of the usual steps; 0 is all, or a fifth with --quick.")
    ] = 0.0,
    jobs: Annotated[
        str, typer.Option(metavar="JOB,…", help="JAX jobs to do it at; by default those of the exam.")
    ] = "",
    arms: Annotated[
        str, typer.Option(metavar="ARM,…", help="Such as lesion-fear, or lesions, clamps, yoked, tuned, disturbed.")
    ] = "",
    home: Annotated[Path, typer.Option(help="Where lives are kept; a rerun goes on from there.")] = Path("emotions"),
    processes: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each core.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """What each emotion is worth: agents without it, with it held, or with another's, at many environments."""
    from trainee.exams import emotions as room  # noqa: PLC0415 kept out of --help
    from trainee.exams.drawing import require_matplotlib  # noqa: PLC0415 kept out of --help
    from trainee.exams.runs import runs  # noqa: PLC0415 kept out of --help
    from trainee.life.runtime import cores  # noqa: PLC0415 kept out of --help
    from trainee.record import lock  # noqa: PLC0415 kept out of --help

    for option, number in (("--seeds", seeds), ("--steps-scale", steps_scale), ("--processes", processes)):
        if not 0 <= number < math.inf:
            raise InvalidArgument(f"{option} must be 0 or more, not {number}")
    require_matplotlib()
    scale = steps_scale or (0.2 if quick else 1.0)
    asked = room.Selection(
        room.scaled(_named(jobs) or (room.QUICK if quick else ()), scale),
        room.chosen(_named(arms) or (room.QUICK_ARMS if quick else ())),
        room.Workplace(seeds or (4 if quick else 10)),
    )
    kept = asked.home(home, scale)
    with lock(kept):
        for phase in room.phases(asked):
            waiting = room.unfinished(asked, phase, kept)
            if waiting:
                for progress in runs(
                    room.runs_of, waiting, partial(room.steps, asked), processes or cores(), asked, kept
                ):
                    _tell_progress(progress, as_json)
        scores = room.scored(asked, kept)
        page = room.write_page(kept / "page.html", scores)
        verdicts = [bar._asdict() for bar in room.bars(scores)]
        told = "\n".join([*room.lines(scores), "", str(page)])
        say(as_json, {**asdict(scores), "bars": verdicts, "page": str(page)}, told)


def _named(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _tell_group(progress: Progress, as_json: bool) -> None:
    text = f"[{progress.done}/{progress.count}] {progress.name} (about {progress.seconds_left / 60:.0f} min left)"
    say(as_json, {"group": progress.name, "done": progress.done}, text)


def _tell_bars(bars: Sequence[Bar], page: Path, as_json: bool) -> None:
    from trainee.exams.bars import bar_lines  # noqa: PLC0415 kept out of --help

    told = "\n".join([*bar_lines(bars), "", str(page)])
    say(as_json, {"bars": [bar._asdict() for bar in bars], "page": str(page)}, told)


def _tell_progress(progress: Progress, as_json: bool) -> None:
    from trainee.exams.runs import Part  # noqa: PLC0415 kept out of --help

    if isinstance(progress.result, Part):
        share, left = progress.result.share, progress.seconds_left / 60
        text = f"[{progress.done}/{progress.count}] {progress.name}: {share:.0%} done (about {left:.0f} min left)"
        say(as_json, {"run": progress.name, "share": share, "done": progress.done}, text)
        return
    speed = "" if math.isnan(progress.result) else f": {progress.result:,.0f} steps/s"
    text = (
        f"[{progress.done}/{progress.count}] {progress.name}{speed} (about {progress.seconds_left / 60:.0f} min left)"
    )
    say(as_json, {"run": progress.name, "steps_per_second": progress.result, "done": progress.done}, text)


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(seed) for seed in text.split(",") if seed.strip())
    except ValueError:
        raise InvalidArgument(f"--seeds must be whole numbers with commas between them, not {text!r}") from None
