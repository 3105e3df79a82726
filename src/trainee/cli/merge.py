"""`trainee merge`: agents that descend from one become one agent, if it can do what each of them could."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.outcome import say
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.fleet import Retention, Reunion

NOT_RELEASED = 1


def merge(
    homes: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Homes of agents that descend from one.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the merged agent is put, if it passes its gate.")],
    episodes: Annotated[
        int, typer.Option(metavar="N", help="Episodes of each job that its gate plays, by each of those it compares.")
    ] = 100,
    turns: Annotated[
        int, typer.Option(metavar="N", help="How often it is corrected at each job; 0 learns from lessons alone.")
    ] = 3,
    width: Annotated[
        int | None, typer.Option(metavar="N", help="Units in each layer of the merged agent; by default as they have.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """Merge agents that descend from one into one that can do all their jobs."""
    from trainee import record  # noqa: PLC0415 kept out of --help
    from trainee.fleet import reunited, sources  # noqa: PLC0415 kept out of --help

    if episodes < 2:
        raise InvalidArgument(f"--episodes must be 2 or more, not {episodes}: how sure it is cannot be told from fewer")
    if turns < 0:
        raise InvalidArgument(f"--turns must be 0 or more, not {turns}")
    if (out / "agent" / "manifest.json").exists():
        raise InvalidArgument(f"an agent is kept in {out}, and a merge makes another one: choose another --out")
    # First, so that a folder that cannot be written to is found before the work and not after.
    with record.lock(out):
        found = reunited(*sources(homes), turns=turns, episodes=episodes, width=width)
        if found.passed:
            found.put(out)
    tell_reunion(found, as_json)
    verdict = f"merged in {found.seconds:.0f} s, and put in {out}"
    if not found.passed:
        verdict = f"not released: {out} holds no agent"
    told = {"passed": found.passed, "seconds": found.seconds, "size": found.size, "largest": found.largest}
    times = (
        f"{found.size:,} numbers learn in it, {found.size / found.largest:.2f} times those of the largest agent merged"
    )
    say(as_json, {**told, "out": str(out)}, f"{times}\n{verdict}")
    if not found.passed:
        raise typer.Exit(NOT_RELEASED)


def tell_reunion(found: Reunion, as_json: bool) -> None:
    """Say who was left out of a merge, and what was retained of each job."""
    for refusal in found.refusals:
        who = f"{refusal.home}, {refusal.job}" if refusal.job else refusal.home
        say(as_json, {"left_out": asdict(refusal)}, f"left out: {who}: {refusal.why}")
    if not as_json:
        print(f"{'job':24} {'specialist':>10} {'merged':>10} {'random':>10}  retained")
    for each in found.retentions:
        distances = {"before": found.before.get(each.job), "after": found.after.get(each.job)}
        say(as_json, {**asdict(each), **distances, "lessons": found.lessons[each.job]}, _row(each))
    for each in found.retentions:
        if not as_json and each.why:
            print(each.why)


def _row(each: Retention) -> str:
    means = f"{each.job:24} {each.specialist:>10.1f} {each.merged:>10.1f} {each.random:>10.1f}"
    told = "–" if math.isnan(each.retained) else f"{each.retained:.3f} [{each.low:.3f}, {each.high:.3f}]"
    return f"{means}  {told} {each.verdict}"
