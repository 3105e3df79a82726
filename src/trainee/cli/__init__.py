"""The command line. `trainee --help` imports no JAX: each command imports what it needs when it runs."""

from __future__ import annotations

import sys

import typer

from trainee.cli import control, demo, demo_serve, emotions, evolve, exam, fleet, merge, serve, show, work
from trainee.cli.outcome import for_programs, reported

app = typer.Typer(
    help="An agent that learns a job by doing it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("learn")(work.learn)
app.command("evaluate")(work.evaluate)
app.command("check")(work.check)
app.command("show")(show.show)
app.command("emotions")(emotions.emotions)
app.command("fleet")(fleet.fleet)
app.command("merge")(merge.merge)
app.command("demo")(demo.demo)
app.command("demo-serve")(demo_serve.demo_serve)
app.command("serve")(serve.serve)
app.add_typer(serve.keys, name="keys")
app.command("control")(control.control)
app.add_typer(control.release, name="release")
app.add_typer(exam.app, name="exam")
app.command("evolve")(evolve.evolve)


def main() -> None:
    """Run the command line; errors become one line and an exit code. To people typer itself says what is no command."""
    with reported():
        sys.exit(app(standalone_mode=not for_programs()))
