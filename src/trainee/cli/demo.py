"""`trainee demo`: a fleet of three workers at three jobs, the merge with its gate, and the merged agent examined."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.fleet import GIVEN_UP
from trainee.cli.merge import NOT_RELEASED
from trainee.cli.outcome import INTERRUPTED, print_json, say
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.exams import JobResult
    from trainee.fleet import Assignment, Reunion, Source

PROGRAMME = (("CartPole-v1", 40_000), ("MountainCar-v0", 60_000), ("Acrobot-v1", 60_000))
WIDTH = 64
# Twice and three times what is usual in a merge, so that the verdict does not hang on the luck of a few episodes: with
# what is usual MountainCar's lower bound was 0.927 once, where this found 0.968 of the same workers.
EFFORT_STEPS, GATE_EPISODES = 12_000, 300
# Of the exam, apart from those of the gate, and of work.
EXAM_EPISODES, EXAM_SEED = 30, 2**29


def demo(
    home: Annotated[Path, typer.Option(help="Where the workers, the merged agent and the report are put.")] = Path(
        "demo"
    ),
    seed: Annotated[int, typer.Option(help="Seed of the agent that the workers are copies of.")] = 0,
    share: Annotated[float, typer.Option(help="Share of the usual steps, for a shorter or longer demo.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end, for programs.")] = False,
) -> None:
    """Put three copies of an agent to work at three jobs, live; merge them, examine that agent, write a report."""
    from trainee import record  # noqa: PLC0415 kept out of --help
    from trainee.exams import require_matplotlib, write_report  # noqa: PLC0415 kept out of --help
    from trainee.fleet import Assignment, Charter, begun  # noqa: PLC0415 kept out of --help

    _refused(home, share)
    require_matplotlib()
    started = time.perf_counter()
    given = [
        Assignment(home / f"worker-{number}", (job,), max(1, round(steps * share)), seed, WIDTH)
        for number, (job, steps) in enumerate(PROGRAMME, 1)
    ]
    anew = not (home / "fleet.json").exists()
    # First, so that a folder that cannot be written to is found before the work and not after.
    begun(home, Charter(tuple(job for job, _ in PROGRAMME), len(given), seed, WIDTH))
    try:
        with record.lock(home / "merged"):
            speeds = _at_work(given, as_json)
            results, reunion = _merged(given, speeds, min(share, 1.0), as_json)
            seconds = time.perf_counter() - started
            path = write_report(home / "report.html", results, seconds if anew else float("nan"))
            passed = all(result.passed for result in results)
            if reunion is not None and passed:
                # Last: where it is, the demo is over.
                reunion.put(home / "merged")
    except KeyboardInterrupt:
        text = f"interrupted: saved in {home}; the same command goes on from there"
        say(as_json, {"interrupted": True, "home": str(home)}, text)
        raise typer.Exit(INTERRUPTED) from None
    _tell(results, home / "merged" if passed else None, path, seconds, as_json)
    if not passed:
        raise typer.Exit(NOT_RELEASED)


def _refused(home: Path, share: float) -> None:
    if not 0 < share < 1000:
        raise InvalidArgument(f"--share must lie between 0 and 1000, not {share}")
    if (home / "agent" / "manifest.json").exists():
        raise InvalidArgument(f"an agent is kept in {home}, and the demo begins with a new one: choose another --home")
    if (home / "merged" / "agent" / "manifest.json").exists():
        raise InvalidArgument(
            f"the demo in {home} is over: its page is {home / 'report.html'}, and its merged agent is kept in "
            f"{home / 'merged'}. For another demo choose another --home"
        )


def _at_work(given: Sequence[Assignment], as_json: bool) -> list[float]:
    """Have the workers work; steps per second of each, as last heard."""
    from trainee.cli.fleet_live import shown  # noqa: PLC0415 kept out of --help
    from trainee.fleet import crew  # noqa: PLC0415 kept out of --help

    speeds = [float("nan")] * len(given)
    with shown(given, as_json) as tells, closing(crew(given)) as heard:
        for news in heard:
            if news.kind == "going":
                speeds[news.worker] = news.about["speed"]
            tells.tell(news)
    if tells.given_up:
        raise typer.Exit(GIVEN_UP)
    return speeds


def _merged(
    given: Sequence[Assignment], speeds: Sequence[float], share: float, as_json: bool
) -> tuple[list[JobResult], Reunion | None]:
    """Merge what the workers learned, and examine everyone frozen; None where there was nothing to merge."""
    from trainee.cli.fleet_live import stages  # noqa: PLC0415 kept out of --help
    from trainee.errors import UnfitLessons  # noqa: PLC0415 kept out of --help
    from trainee.fleet import FEWEST, USUAL, Source, reunited  # noqa: PLC0415 kept out of --help
    from trainee.life import Agent  # noqa: PLC0415 kept out of --help

    found = [Source(each.home, Agent.load(each.home)) for each in given]
    effort = USUAL._replace(steps=max(1, round(EFFORT_STEPS * share)))
    reunion, why = None, ""
    with stages(as_json) as stage:
        try:
            gated = max(FEWEST, round(GATE_EPISODES * share))
            reunion = reunited(found, effort=effort, episodes=gated, stage=stage)
        except UnfitLessons as error:
            why = str(error)
        stage("the exam: all of them at their jobs, frozen")
        episodes = max(2, round(EXAM_EPISODES * share))
        results = [
            _examined(source, job, speed, reunion, why, episodes)
            for source, (job, _), speed in zip(found, PROGRAMME, speeds, strict=True)
        ]
    return results, reunion


def _examined(source: Source, job: str, speed: float, reunion: Reunion | None, why: str, episodes: int) -> JobResult:
    """What came of a job: the specialist and the merged agent at the same episodes, and what the gate said."""
    from trainee.exams import JobResult  # noqa: PLC0415 kept out of --help

    logbook, specialist = source.agent.workers[job].logbook, source.agent.evaluate(job, episodes, seed=EXAM_SEED)
    gates = {gate.job: gate for gate in reunion.retentions} if reunion else {}
    if reunion is not None and job in gates:
        merged = reunion.agent.evaluate(job, episodes, seed=EXAM_SEED)
        return JobResult(job, logbook, speed, specialist, merged, gates[job])
    told = [each.why for each in reunion.refusals if each.home == str(source.home)] if reunion else [why]
    return JobResult(job, logbook, speed, specialist, None, None, " ".join(told))


def _tell(results: Sequence[JobResult], merged: Path | None, report: Path, seconds: float, as_json: bool) -> None:
    if as_json:
        rows = [
            {**{k: v for k, v in asdict(each).items() if k != "logbook"}, "verdict": each.verdict} for each in results
        ]
        about = {"passed": merged is not None, "merged": merged and str(merged), "report": str(report.resolve())}
        print_json({"jobs": rows, **about, "seconds": seconds})
        return
    _print_table(results)
    if merged is None:
        print(
            f"\nnot released: {sum(not each.passed for each in results)} of {len(results)} jobs did not pass the gate"
        )
    else:
        print(f"\npassed: one agent does all {len(results)} jobs, and is kept in {merged}")
    print(f"report: {report.resolve()}\n{seconds:.0f} s altogether")


def _print_table(results: Sequence[JobResult]) -> None:
    from rich.console import Console  # noqa: PLC0415 kept out of --help
    from rich.table import Table  # noqa: PLC0415 kept out of --help
    from rich.text import Text  # noqa: PLC0415 kept out of --help

    from trainee.cli.live import number  # noqa: PLC0415 kept out of --help
    from trainee.fleet import BAR  # noqa: PLC0415 kept out of --help

    table = Table(title="Merged into one agent", title_justify="left")
    table.add_column("job", no_wrap=True)
    for heading in ("online\nreturn", "specialist", "merged", "retained", "at least"):
        table.add_column(heading, justify="right")
    table.add_column("gate")
    for each in results:
        gate = each.gate
        shares = ("–", "–") if gate is None else (number(gate.retained, 3), number(gate.low, 3))
        frozen = (number(one.mean) if one else "–" for one in (each.specialist, each.merged))
        table.add_row(each.job, number(each.logbook.online_return()), *frozen, *shares, each.verdict)
    console = Console()
    console.print(table)
    console.print(
        f"Specialist, merged: mean return of {len(results[0].specialist.returns)} new episodes, frozen. Retained: of "
        f"what the specialist earns above random play, as the gate measures it for itself; a job passes where that is "
        f"{BAR:g} at least, by the lower end of its 95% interval.",
        highlight=False,
    )
    for each in results:
        if each.why:
            # Not as markup, which would take what stands in brackets for a colour.
            console.print(Text(each.why, style="yellow"))
