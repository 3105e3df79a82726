"""`trainee learn`, `evaluate` and `check`: one agent, some jobs, a home to keep it in."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainee.cli.outcome import INTERRUPTED, print_json
from trainee.errors import InvalidArgument, JobError, TraineeError

if TYPE_CHECKING:
    from trainee.life import Agent, Callback

SAVE_EVERY_S = 60.0

Jobs = Annotated[list[str], typer.Argument(metavar="JOB...", help="Gymnasium ids; `module:Name-v0` imports the module.")]
OneJob = Annotated[str, typer.Argument(metavar="JOB", help="A Gymnasium id; `module:Name-v0` imports the module.")]
Home = Annotated[Path, typer.Option(help="Where the agent is kept. A rerun with the same home goes on from there.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
LastGood = Annotated[bool, typer.Option("--last-good", help="Go back to the checkpoint before the newest one.")]


def learn(
    jobs: Jobs,
    steps: Annotated[int, typer.Option(help="Steps at each job, those of earlier runs in this home included.")],
    home: Home = Path("home"),
    seed: Annotated[int, typer.Option(help="Seed of a new agent.")] = 0,
    width: Annotated[int, typer.Option(help="Units in each layer of a new agent.")] = 64,
    tensorboard: Annotated[Path | None, typer.Option(help="Folder to write TensorBoard curves to.")] = None,
    last_good: LastGood = False,
    as_json: AsJson = False,
) -> None:
    """Put an agent to work at one job after another, learning each while doing it."""
    from trainee import record  # noqa: PLC0415 kept out of --help

    if steps < 1:
        raise InvalidArgument(f"--steps must be 1 or more, not {steps}")
    with record.lock(home):
        if last_good:
            record.revert(home)
        agent = opened(home, seed, width)
        listeners = _listeners(agent, home, as_json)
        for job in jobs:
            _learn_one(agent, home, job, steps, listeners, tensorboard, as_json)


def opened(home: Path, seed: int, width: int) -> Agent:
    """The agent kept in a home, or a new one."""
    from trainee.errors import NothingSaved  # noqa: PLC0415 kept out of --help
    from trainee.life import Agent  # noqa: PLC0415 kept out of --help

    try:
        return Agent.load(home)
    except NothingSaved:
        return Agent(seed, width=width)


def _learn_one(
    agent: Agent, home: Path, job: str, steps: int, listeners: list[Callback], tensorboard: Path | None, as_json: bool
) -> None:
    worker = agent.workers.get(job)
    done = worker.logbook.steps if worker else 0
    if done >= steps:
        _say(as_json, {"job": job, "steps": done}, f"{job}: {done:,} steps done; ask for more than that to go on")
        return
    try:
        stint = agent.learn(job, steps - done, callbacks=listeners, tensorboard=tensorboard)
    except (KeyboardInterrupt, JobError) as stop:
        if job not in agent.workers:
            raise
        agent.save_locked(home)
        made = agent.workers[job].logbook.steps
        if isinstance(stop, JobError):
            raise type(stop)(f"{stop}. The agent is saved in {home}, with {made:,} steps at {job}") from stop
        text = f"interrupted: saved in {home} after {made:,} steps at {job}; the same command goes on from there"
        _say(as_json, {"job": job, "steps": made, "interrupted": True, "home": str(home)}, text)
        raise typer.Exit(INTERRUPTED) from None
    agent.save_locked(home)
    text = f"{job}: online return {stint.online_return:.1f}, last episodes {stint.recent_return:.1f}; saved in {home}"
    _say(as_json, {"job": job, **asdict(stint), "home": str(home)}, text)


def _listeners(agent: Agent, home: Path, as_json: bool) -> list[Callback]:
    from trainee.life import Callback, Decision, TimeStep, Work  # noqa: PLC0415 kept out of --help

    class Saves(Callback):
        """Saves now and then, so that a crash costs a minute at most."""

        next_s = time.monotonic() + SAVE_EVERY_S

        def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
            if time.monotonic() >= self.next_s:
                agent.save_locked(home)
                self.next_s = time.monotonic() + SAVE_EVERY_S

    if as_json:
        return [Saves()]
    from rich.console import Console  # noqa: PLC0415 kept out of --help

    from trainee.cli.live import LiveTable  # noqa: PLC0415 kept out of --help

    return [Saves(), LiveTable(Console())]


def evaluate(
    job: OneJob,
    home: Home = Path("home"),
    episodes: Annotated[int, typer.Option(help="Episodes to play.")] = 20,
    video: Annotated[Path | None, typer.Option(help="Film the first episode into this .mp4 or .gif.")] = None,
    as_json: AsJson = False,
) -> None:
    """How well the agent, frozen as it is, does a job."""
    from trainee.life import Agent  # noqa: PLC0415 kept out of --help

    agent = Agent.load(home)
    if job not in agent.workers:
        known = ", ".join(agent.workers) or "none"
        raise InvalidArgument(f"the agent in {home} has not worked at {job!r}; it has at: {known}")
    evaluation = agent.evaluate(job, episodes, video=video)
    _say(as_json, asdict(evaluation), str(evaluation) + (f"\nfilmed in {video}" if video else ""))


def check(job: OneJob, as_json: AsJson = False) -> None:
    """Is this environment fit to learn from, and why not."""
    from trainee.jobs import check as checked  # noqa: PLC0415 kept out of --help

    report = checked(job)
    _say(as_json, {"job": job, "fit": report.fit, "findings": [asdict(f) for f in report.findings]}, str(report))
    if not report.fit:
        raise typer.Exit(3)


def _say(as_json: bool, data: dict[str, Any], text: str) -> None:
    if as_json:
        print_json(data)
    else:
        print(text, flush=True)
