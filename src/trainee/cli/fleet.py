"""`trainee fleet`: copies of one agent at different jobs at the same time, each in a process of its own."""

from __future__ import annotations

import shlex
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.outcome import INTERRUPTED, say
from trainee.cli.work import AsJson, Jobs, Steps
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.fleet import News

TOLD_EVERY_S = 10.0
GIVEN_UP = 3


def fleet(
    jobs: Jobs,
    steps: Steps,
    workers: Annotated[int, typer.Option(metavar="N", help="How many at a time; 0 is one for each job.")] = 0,
    home: Annotated[
        Path, typer.Option(help="Where they are kept, each in a folder. A rerun with the same home goes on from there.")
    ] = Path("fleet"),
    seed: Annotated[int, typer.Option(help="Seed of the agent that they all descend from.")] = 0,
    width: Annotated[int, typer.Option(help="Units in each layer of that agent.")] = 64,
    as_json: AsJson = False,
) -> None:
    """Put copies of one agent to work at several jobs at the same time; each hands in its lessons, to be merged."""
    from trainee.fleet import Charter, assignments, begun, crew  # noqa: PLC0415 kept out of --help
    from trainee.life import MOST_STEPS  # noqa: PLC0415 kept out of --help

    if not 1 <= steps <= MOST_STEPS:
        raise InvalidArgument(f"--steps must be a whole number from 1 to {MOST_STEPS:,}, not {steps}")
    given = assignments(jobs, workers or len(jobs), steps, home, seed, width)
    begun(home, Charter(tuple(jobs), len(given), seed, width))
    telling = _Telling(as_json)
    try:
        with closing(crew(given)) as heard:
            for news in heard:
                telling.tell(news)
    except KeyboardInterrupt:
        text = f"interrupted: saved in {home}; the same command goes on from there"
        say(as_json, {"interrupted": True, "home": str(home)}, text)
        raise typer.Exit(INTERRUPTED) from None
    if telling.given_up:
        raise typer.Exit(GIVEN_UP)
    homes = [str(each.home) for each in given]
    words = shlex.join(["trainee", "merge", *homes, "--out", str(home / "merged")])
    say(as_json, {"done": True, "homes": homes}, f"merge them: {words}")


class _Telling:
    """Says what is heard of workers: how it goes now and then, everything else at once."""

    def __init__(self, as_json: bool):
        self.given_up = False
        self._as_json, self._next_s = as_json, dict[int, float]()

    def tell(self, news: News) -> None:
        """Say it, if it is time."""
        who, about = f"worker {news.worker + 1}", news.about
        data = {"worker": news.worker + 1, "kind": news.kind, **about}
        if news.kind == "going":
            now = time.monotonic()
            if now >= self._next_s.get(news.worker, 0.0):
                self._next_s[news.worker] = now + TOLD_EVERY_S
                text = f"{who}: {about['job']}, step {about['steps']:,}, last episodes {about['recent']:.1f}"
                say(self._as_json, data, f"{text}, {about['speed']:,.0f} steps/s")
        elif news.kind == "done with a job":
            kept = f"lessons in {about['lessons']}" if about["lessons"] else f"no lessons: {about['why']}"
            say(self._as_json, data, f"{who}: {about['job']} done after {about['steps']:,} steps; {kept}")
        elif news.kind == "restarted":
            say(self._as_json, data, f"{who}: begun again from {about['steps']:,} steps, as {about['why']}")
        elif news.kind == "given up":
            self.given_up = True
            say(self._as_json, data, f"{who}: given up: {about['why']}")
        elif "warning" in about:
            say(self._as_json, data, f"{who}: {about['warning']}")
