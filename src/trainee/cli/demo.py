"""`trainee demo`: one agent, three jobs one after another, then what it can do and what is left of the earlier ones."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainee.cli.outcome import INTERRUPTED, print_json, say
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.exams import JobResult

PROGRAMME = (("CartPole-v1", 40_000), ("MountainCar-v0", 60_000), ("Acrobot-v1", 60_000))
EPISODES = 20


def demo(
    home: Annotated[Path, typer.Option(help="Where the agent and its report are put.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the agent.")] = 0,
    share: Annotated[float, typer.Option(help="Share of the usual steps, for a shorter or longer demo.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end, for programs.")] = False,
) -> None:
    """Put one new agent to work at CartPole, MountainCar and Acrobot, live, and write a report."""
    from trainee import record  # noqa: PLC0415 kept out of --help
    from trainee.exams import require_matplotlib, write_report  # noqa: PLC0415 kept out of --help

    if not 0 < share < 1000:
        raise InvalidArgument(f"--share must lie between 0 and 1000, not {share}")
    if (home / "agent" / "manifest.json").exists():
        raise InvalidArgument(f"an agent is kept in {home}, and the demo begins with a new one: choose another --home")
    require_matplotlib()
    started = time.perf_counter()
    # First, so that a folder that cannot be written to is found before the work and not after.
    with record.lock(home / "agent"):
        results = _worked(home / "agent", seed, share, as_json)
    path = write_report(home / "report.html", results, time.perf_counter() - started)
    if as_json:
        rows = [{k: v for k, v in asdict(result).items() if k != "logbook"} for result in results]
        print_json({"jobs": rows, "report": str(path.resolve()), "seconds": time.perf_counter() - started})
    else:
        _print_table(results)
        print(f"\nreport: {path.resolve()}")


def _worked(home: Path, seed: int, share: float, as_json: bool) -> list[JobResult]:
    from rich.console import Console  # noqa: PLC0415 kept out of --help

    from trainee.cli.live import LiveTable  # noqa: PLC0415 kept out of --help
    from trainee.exams import JobResult  # noqa: PLC0415 kept out of --help
    from trainee.fleet import Sleep  # noqa: PLC0415 kept out of --help
    from trainee.life import Agent, kept  # noqa: PLC0415 kept out of --help

    agent = Agent(seed)
    listeners = [Sleep(agent, home), *([] if as_json else [LiveTable(Console())])]
    learned: list[tuple[Any, Any]] = []
    try:
        for job, steps in PROGRAMME:
            stint = agent.learn(job, max(1, round(steps * share)), callbacks=listeners)
            learned.append((stint, agent.evaluate(job, EPISODES)))
    except KeyboardInterrupt:
        kept(agent, home)
        text = f"interrupted: saved in {home}; `trainee learn` goes on from there, and a demo begins anew"
        say(as_json, {"interrupted": True, "home": str(home)}, text)
        raise typer.Exit(INTERRUPTED) from None
    agent.save_locked(home)
    return [
        JobResult(stint, evaluation, agent.evaluate(stint.name, EPISODES), agent.workers[stint.name].logbook)
        for stint, evaluation in learned
    ]


def _print_table(results: list[JobResult]) -> None:
    from rich.console import Console  # noqa: PLC0415 kept out of --help
    from rich.table import Table  # noqa: PLC0415 kept out of --help

    table = Table(title="One agent, one job after another", title_justify="left")
    table.add_column("job")
    for heading in ("steps", "online return", "frozen, after the job", "frozen, at the end", "steps/s"):
        table.add_column(heading, justify="right")
    for result in results:
        stint = result.stint
        table.add_row(
            stint.name,
            f"{stint.steps:,}",
            f"{stint.online_return:.1f}",
            _with_interval(result.after),
            _with_interval(result.at_the_end),
            f"{stint.steps_per_second:,.0f}",
        )
    console = Console()
    console.print(table)
    console.print(
        f"Frozen: mean of {EPISODES} episodes without learning, with its 95% interval. What later jobs took from "
        "earlier ones is the difference between the two columns. It sleeps now and then, so as not to lose them."
    )


def _with_interval(evaluation: Any) -> str:
    return f"{evaluation.mean:.1f} [{evaluation.low:.1f}, {evaluation.high:.1f}]"
