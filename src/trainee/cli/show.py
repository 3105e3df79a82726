"""`trainee show`: who an agent is, and what it thinks of an episode that is over."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainee.cli.outcome import say
from trainee.cli.work import AsJson, Before, saved_agent

if TYPE_CHECKING:
    import numpy as np

    from trainee.life import Agent, Hindsight

RECENT_EPISODES = 20
ROWS, COLUMNS = 8, 72
FOREMOST = 5


def show(
    home: Annotated[Path, typer.Option(help="Where the agent is kept.")] = Path("home"),
    hindsight: Annotated[bool, typer.Option("--hindsight", help="Go over an episode again.")] = False,
    worker: Annotated[str | None, typer.Option(help="Whose episode; by default the only worker's.")] = None,
    episode: Annotated[
        int, typer.Option(help="Among those still in replay, the oldest being 0; -1 is the newest.")
    ] = -1,
    last_good: Before = False,
    as_json: AsJson = False,
) -> None:
    """Show an agent's workers, or with --hindsight an episode: what it changed, and the step that decided it."""
    agent = saved_agent(home, last_good)
    if not hindsight:
        _workers(agent, as_json)
        return
    found = agent.hindsight(episode, name=worker)
    data: dict[str, Any] = {
        name: getattr(value, "tolist", lambda v=value: v)() for name, value in asdict(found).items()
    }
    say(as_json, data, _drawn(found))


def _workers(agent: Agent, as_json: bool) -> None:
    if not agent.workers:
        say(as_json, {"workers": 0}, "no workers yet")
    for name, worker in sorted(agent.workers.items()):
        log = worker.logbook
        totals = [each.total for each in log.episodes[-RECENT_EPISODES:]]
        recent = sum(totals) / len(totals) if totals else None
        line = f"{name}: {log.steps:,} steps, {len(log.episodes):,} episodes"
        if recent is not None:
            line += f", the last {len(totals)} with a mean return of {recent:.6g}"
        data = {"worker": name, "steps": log.steps, "episodes": len(log.episodes), "recent_return": recent}
        say(as_json, data, line)


def _drawn(found: Hindsight) -> str:
    """The value over the episode, the fork below it, and the steps most to blame."""
    foremost = sorted(range(len(found.blames)), key=lambda step: -found.blames[step])[:FOREMOST]
    lines = [
        str(found),
        "",
        *_curve(found.values, found.fork),
        "",
        f"{'step':>6}  {'blame':>9}  {'change':>9}  surprise",
    ]
    lines += [
        f"{step:>6}  {found.blames[step]:>9.3g}  {found.changes[step]:>+9.3g}  {found.surprises[step]:.1f}"
        for step in foremost
    ]
    return "\n".join(lines)


def _curve(values: np.ndarray, fork: int) -> list[str]:
    """A line of dots for the value at each step, a few steps to a column, and a mark at the fork."""
    columns = min(COLUMNS, len(values))
    means = [values[len(values) * i // columns : len(values) * (i + 1) // columns].mean() for i in range(columns)]
    low, high = min(means), max(means)
    heights = [round((mean - low) / (high - low) * (ROWS - 1)) if high > low else 0 for mean in means]
    drawn = []
    for row in reversed(range(ROWS)):
        label = f"{high:>10.4g}" if row == ROWS - 1 else f"{low:>10.4g}" if row == 0 else " " * 10
        drawn.append(f"{label} │" + "".join("•" if height == row else " " for height in heights).rstrip())
    mark = fork * columns // len(values)
    return [
        *drawn,
        " " * 11 + "└" + "─" * mark + "┴" + "─" * (columns - mark - 1),
        " " * (12 + mark) + f"▲ step {fork}",
    ]
