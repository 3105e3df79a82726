"""`trainee fleet`: copies of one agent at different jobs at the same time, each in a process of its own."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainee.cli.merge import tell_reunion
from trainee.cli.outcome import INTERRUPTED, say
from trainee.cli.work import AsJson, Jobs, Steps, looked_up
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.fleet import News

TOLD_EVERY_S = 10.0
GIVEN_UP = 3
MOST_ROUNDS = 10_000


def fleet(
    jobs: Jobs,
    steps: Steps,
    workers: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each job.")] = 0,
    home: Annotated[
        Path, typer.Option(help="Where they are kept, each in a folder. A rerun with the same home goes on from there.")
    ] = Path("fleet"),
    seed: Annotated[int, typer.Option(help="Seed of the agent that they all descend from.")] = 0,
    width: Annotated[int, typer.Option(help="Units in each layer of that agent.")] = 64,
    rounds: Annotated[
        int,
        typer.Option(
            metavar="R",
            help="So many rounds of --steps each. After each but the last what they learned is merged, and who would "
            "do its own jobs as well with that goes on with it.",
        ),
    ] = 1,
    specialise: Annotated[
        bool,
        typer.Option(
            "--specialise", help="At the end find out which agent does which job best, and compare one merged agent."
        ),
    ] = False,
    episodes: Annotated[
        int, typer.Option(metavar="N", help="Episodes of each job that are played where agents are compared.")
    ] = 100,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="HOST:PORT of a Ray cluster, or `auto`: workers are on its nodes, which all have --home on one disk.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put copies of one agent to work at several jobs at the same time; each hands in its lessons, to be merged."""
    from trainee import record  # noqa: PLC0415 kept out of --help
    from trainee.fleet import Charter, across, assignments, begun, crew, in_rounds  # noqa: PLC0415 kept out of --help
    from trainee.life import MOST_STEPS  # noqa: PLC0415 kept out of --help

    if not 1 <= steps <= MOST_STEPS:
        raise InvalidArgument(f"--steps must be a whole number from 1 to {MOST_STEPS:,}, not {steps}")
    if not 1 <= rounds <= MOST_ROUNDS:
        raise InvalidArgument(f"--rounds must be a whole number from 1 to {MOST_ROUNDS:,}, not {rounds}")
    if episodes < 2:
        raise InvalidArgument(f"--episodes must be 2 or more, not {episodes}: how sure it is cannot be told from fewer")
    if ray is None:
        looked_up(jobs)
    given = assignments(jobs, workers or len(jobs), steps, home, seed, width)
    # Two at once in one home would each count the rounds, and merge what the other's workers learn.
    with record.lock(home):
        begun(home, Charter(tuple(jobs), len(given), seed, width))
        telling = Telling(as_json)
        try:
            with (
                nullcontext(crew) if ray is None else across(ray, home) as work,
                closing(in_rounds(home, given, rounds, work, episodes)) as heard,
            ):
                for news in heard:
                    telling.tell(news)
            if specialise and not telling.given_up:
                _specialised(home, [each.home for each in given], episodes, as_json)
        except KeyboardInterrupt:
            text = f"interrupted: saved in {home}; the same command goes on from there"
            say(as_json, {"interrupted": True, "home": str(home)}, text)
            raise typer.Exit(INTERRUPTED) from None
    if telling.given_up:
        raise typer.Exit(GIVEN_UP)
    homes = [str(each.home) for each in given]
    words = shlex.join(["trainee", "merge", *homes, "--out", str(home / "merged")])
    say(as_json, {"done": True, "homes": homes}, f"merge them: {words}")


def _specialised(home: Path, homes: Sequence[Path], episodes: int, as_json: bool) -> None:
    """Say who does which job best, keep that, and say how one merged agent compares."""
    from trainee.fleet import keep_routes, reunited, routes, sources  # noqa: PLC0415 kept out of --help

    found, refusals = sources(homes)
    chosen = routes(found, episodes)
    keep_routes(home, chosen)
    for route in chosen:
        others = "".join(f"; {mean:.1f} by {other}" for other, mean in route.others.items())
        measured = f"{route.mean:.1f} [{route.low:.1f}, {route.high:.1f}]" if route.mean == route.mean else "–"
        how = "" if route.played else ", of its last episodes"
        say(as_json, {"route": asdict(route)}, f"{route.job} is done by {route.home}: {measured}{how}{others}")
    tell_reunion(reunited(found, refusals, episodes=episodes), as_json)
    kept = f"who does which job is kept in {home}; `trainee evaluate` asks there"
    say(as_json, {"specialised": True, "home": str(home)}, kept)


class Telling:
    """Says what is heard of workers: how it goes now and then, everything else at once."""

    def __init__(self, as_json: bool):
        self.given_up = False
        self._as_json, self._next_s = as_json, dict[int, float]()

    def tell(self, news: News) -> None:
        """Say it, if it is time."""
        if news.kind == "done" or "error" in news.about:
            return
        if news.kind == "going":
            now = time.monotonic()
            if now < self._next_s.get(news.worker, 0.0):
                return
            self._next_s[news.worker] = now + TOLD_EVERY_S
        self.given_up |= news.kind == "given up"
        data = {"worker": news.worker + 1, "kind": news.kind, **news.about}
        say(self._as_json, data, f"worker {news.worker + 1}: {words(news.kind, news.about)}")


def words(kind: str, about: dict[str, Any]) -> str:
    """What a piece of news says to people."""
    if kind == "going":
        # Not a number before the first has ended.
        recent = f", last episodes {about['recent']:.1f}" if about["recent"] == about["recent"] else ""
        going = f"{about['job']}, step {about['steps']:,}{recent}"
        return f"{going}, {about['speed']:,.0f} steps/s"
    if kind == "done with a job":
        kept = f"lessons in {about['lessons']}" if about["lessons"] else f"no lessons: {about['why']}"
        return f"{about['job']} done after {about['steps']:,} steps; {kept}"
    if kind == "restarted":
        return f"begun again from {about['steps']:,} steps, as {about['why']}"
    if kind in ("takes the merged agent", "goes on with its own"):
        retained = ", ".join(f"{job} {share:.3f}" for job, share in about.get("retained", {}).items())
        why = f": {about['why']}" if "why" in about else f"; retained: {retained}"
        return f"{kind} after round {about['round']}{why}"
    return f"given up: {about['why']}" if kind == "given up" else about["warning"]
