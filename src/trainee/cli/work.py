"""`trainee learn`, `evaluate` and `check`: one agent, some jobs, a home to keep it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.outcome import INTERRUPTED, say
from trainee.errors import InvalidArgument, JobError, NothingSaved

if TYPE_CHECKING:
    from trainee.life import Agent, Callback, Stint


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no whole number") from None


Jobs = Annotated[
    list[str],
    typer.Argument(
        metavar="JOB...", help="Gymnasium ids; `module:Name-v0` imports the module, `worlds:forage-7` is generated."
    ),
]
OneJob = Annotated[str, typer.Argument(metavar="JOB", help="A Gymnasium id; `module:Name-v0` imports the module.")]
Steps = Annotated[
    int,
    typer.Option(parser=_whole, metavar="N", help="Steps at each job, those of earlier runs in this home included."),
]
Home = Annotated[Path, typer.Option(help="Where the agent is kept. A rerun with the same home goes on from there.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
Restartable = Annotated[
    bool | None,
    typer.Option(
        "--restartable/--not-restartable",
        help="Whether the agent may give up episodes of new jobs that are not worth finishing. By default not.",
        show_default=False,
    ),
]
Sleeps = Annotated[
    bool,
    typer.Option(
        "--sleep/--awake",
        help="Whether it learns from lessons of its earlier jobs now and then, so as not to lose them.",
    ),
]
LastGood = Annotated[bool, typer.Option("--last-good", help="Go back to the checkpoint before the newest one.")]
Before = Annotated[bool, typer.Option("--last-good", help="Take the checkpoint before the newest one.")]


def learn(
    jobs: Jobs,
    steps: Steps,
    home: Home = Path("home"),
    seed: Annotated[int, typer.Option(help="Seed of a new agent.")] = 0,
    width: Annotated[int, typer.Option(help="Units in each layer of a new agent.")] = 64,
    tensorboard: Annotated[Path | None, typer.Option(help="Folder to write TensorBoard curves to.")] = None,
    restartable: Restartable = None,
    sleep: Sleeps = True,
    lesion: Annotated[
        list[str] | None,
        typer.Option(metavar="EMOTION", help="Take an emotion out for good; `all` of them. May be given again."),
    ] = None,
    clamp: Annotated[
        list[str] | None,
        typer.Option(metavar="EMOTION", help="Hold one where it usually was at jobs it has had. May be given again."),
    ] = None,
    yoke: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EMOTION=FILE",
            help="Tie one to what another felt, from its first step on. May be given again.",
        ),
    ] = None,
    felt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is felt from here on to a new file, for --yoke.")
    ] = None,
    last_good: LastGood = False,
    as_json: AsJson = False,
) -> None:
    """Put an agent to work at one job after another, learning each while doing it."""
    from trainee import record  # noqa: PLC0415 kept out of --help
    from trainee.cli.levers import tied, written_down  # noqa: PLC0415 kept out of --help
    from trainee.life import MOST_STEPS  # noqa: PLC0415 kept out of --help

    if not 1 <= steps <= MOST_STEPS:
        raise InvalidArgument(f"--steps must be a whole number from 1 to {MOST_STEPS:,}, not {steps}")
    looked_up(jobs)
    if len(jobs) > 1 and (felt or yoke):
        raise InvalidArgument("what is felt at a job is a trace of its own: with --felt or --yoke give one JOB")
    with record.lock(home):
        if last_good:
            record.revert(home)
        agent = opened(home, seed, width)
        if lesion:
            agent.lesion(*lesion)
        if clamp:
            if new := [job for job in jobs if job not in agent.workers]:
                raise InvalidArgument(f"what is usual at {new[0]} is not known yet: learn it first, then --clamp")
            agent.clamp(*clamp)
        listeners = [*tied(agent, yoke or ()), *_listeners(agent, home, sleep, as_json)]
        about = {"tensorboard": tensorboard, "restartable": restartable}
        with written_down(felt) as writers:
            for job in jobs:
                learning = partial(agent.learn, job, callbacks=[*listeners, *writers], **about)
                _learn_one(agent, home, job, steps, learning, as_json)


def looked_up(jobs: Sequence[str]) -> None:
    """Find out before the first is begun that there are jobs of all these names."""
    from trainee.jobs import look_up  # noqa: PLC0415 kept out of --help

    for job in jobs:
        look_up(job)


def saved_agent(home: Path, last_good: bool) -> Agent:
    """The agent kept in a home, to be looked at."""
    from trainee.life import Agent  # noqa: PLC0415 kept out of --help

    try:
        return Agent.load(home, last_good=last_good)
    except NothingSaved as error:
        if within := sorted(path.parents[1].name for path in home.glob("*/agent/manifest.json")):
            raise NothingSaved(
                f"{home} is the home of several agents and keeps none itself: give that of one, such as --home "
                f"{home / within[0]}; there are {', '.join(within)}"
            ) from error
        raise


def opened(home: Path, seed: int, width: int) -> Agent:
    """The agent kept in a home, or a new one."""
    from trainee.life import Agent  # noqa: PLC0415 kept out of --help

    try:
        return Agent.load(home)
    except NothingSaved:
        return Agent(seed, width=width)


def _learn_one(agent: Agent, home: Path, job: str, steps: int, learning: Callable[[int], Stint], as_json: bool) -> None:
    from trainee.life import kept  # noqa: PLC0415 kept out of --help

    before = _steps_at(agent, job)
    if before >= steps:
        text = f"{job}: {before:,} steps done; ask for more than that to go on"
        say(as_json, {"job": job, "steps": 0, "total_steps": before}, text)
        return
    try:
        stint = learning(steps - before)
        interrupted = kept(agent, home)
    except KeyboardInterrupt:
        interrupted = True
        kept(agent, home)
    except JobError as error:
        if job not in agent.workers:
            raise
        kept(agent, home)
        made = _steps_at(agent, job)
        raise type(error)(f"{error}. The agent is saved in {home}, with {made:,} steps at {job}") from error
    made = _steps_at(agent, job)
    if interrupted:
        text = f"interrupted: saved in {home} after {made:,} steps at {job}; the same command goes on from there"
        about = {"job": job, "steps": made - before, "total_steps": made, "interrupted": True, "home": str(home)}
        say(as_json, about, text)
        raise typer.Exit(INTERRUPTED)
    text = f"{job}: online return {stint.online_return:.1f}, last episodes {stint.recent_return:.1f}; saved in {home}"
    say(as_json, {"job": job, **asdict(stint), "total_steps": made, "home": str(home)}, text)


def _steps_at(agent: Agent, job: str) -> int:
    return agent.workers[job].logbook.steps if job in agent.workers else 0


def _listeners(agent: Agent, home: Path, sleep: bool, as_json: bool) -> list[Callback]:
    from rich.console import Console  # noqa: PLC0415 kept out of --help

    from trainee.cli.live import LiveTable  # noqa: PLC0415 kept out of --help
    from trainee.fleet import Sleep  # noqa: PLC0415 kept out of --help
    from trainee.life import Saves  # noqa: PLC0415 kept out of --help

    sleeps = [Sleep(agent, home)] if sleep else []
    return [*sleeps, Saves(agent, home), *([] if as_json else [LiveTable(Console())])]


def evaluate(
    job: OneJob,
    home: Home = Path("home"),
    episodes: Annotated[int, typer.Option(help="Episodes to play.")] = 20,
    longest: Annotated[int, typer.Option(help="Steps after which an episode is cut.")] = 100_000,
    video: Annotated[Path | None, typer.Option(help="Film the first episode into this .mp4 or .gif.")] = None,
    last_good: Before = False,
    as_json: AsJson = False,
) -> None:
    """How well the agent, frozen as it is, does a job; of a fleet of specialists the one whose job it is."""
    from trainee.fleet import routed  # noqa: PLC0415 kept out of --help

    worker = job
    with suppress(NothingSaved):
        route = routed(home, job)
        home, worker = Path(route.home), route.worker
    agent = saved_agent(home, last_good)
    if worker not in agent.workers:
        known = ", ".join(agent.workers) or "none"
        raise InvalidArgument(f"the agent in {home} has not worked at {job!r}; it has at: {known}")
    evaluation = agent.evaluate(job, episodes, name=worker, video=video, longest=longest)
    say(as_json, asdict(evaluation), str(evaluation) + (f"\nfilmed in {video}" if video else ""))


def check(job: OneJob, as_json: AsJson = False) -> None:
    """Is this environment fit to learn from, and why not."""
    from trainee.jobs import check as checked  # noqa: PLC0415 kept out of --help

    report = checked(job)
    say(as_json, {"job": job, "fit": report.fit, "findings": [asdict(f) for f in report.findings]}, str(report))
    if not report.fit:
        raise typer.Exit(3)
