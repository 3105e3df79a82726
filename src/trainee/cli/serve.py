"""`trainee serve` and `trainee keys`: an agent at work in a running system, and who may call it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.outcome import say
from trainee.errors import InvalidArgument, NothingSaved

if TYPE_CHECKING:
    from trainee.record.keys import Keys

Home = Annotated[Path, typer.Option(help="The folder that the service works in.")]
Database = Annotated[
    str | None,
    typer.Option(help="URL of the record, such as postgresql://user@host/name; by default SQLite in the home."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]

keys = typer.Typer(help="API keys: who may call the service, and for what.", no_args_is_help=True)


def serve(
    home: Home = Path("home"),
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine only once there are keys.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8765,
    database: Database = None,
    checkpoint_s: Annotated[float, typer.Option(help="How often what was learned is saved.")] = 60.0,
    name: Annotated[
        list[str] | None, typer.Option(help="A host name by which it may be called; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve jobs over HTTP: decide, learn from what comes of it, and show people how it goes."""
    from trainee.serve import Settings, run  # noqa: PLC0415 kept out of --help

    settings = Settings(home, host, port, database, checkpoint_s, hosts=tuple(name or ()))

    def bound(port: int) -> None:
        url = f"http://{'[' + host + ']' if ':' in host else host}:{port}"
        say(as_json, {"serving": url, "home": str(home)}, f"serving {home} at {url}; Ctrl-C stops it")

    run(settings, bound)


@keys.command("make")
def make(
    name: Annotated[str, typer.Argument(help="For people: what or who the key is for.")],
    scopes: Annotated[str, typer.Option(help="Of decide, reward, watch, release, control, separated by commas.")],
    jobs: Annotated[str | None, typer.Option(help="The only jobs that it is for, separated by commas.")] = None,
    home: Home = Path("home"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown once, and kept as a hash only."""
    only = None if jobs is None else [job for job in jobs.split(",") if job]
    if jobs is not None and not only:
        raise InvalidArgument("--jobs names no job: leave it out for a key that is for all")
    with _opened(home, database, begins=True) as found:
        token = found.make(name, [scope.strip() for scope in scopes.split(",")], only)
    say(as_json, {"key": token}, token)


@keys.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="Its id: what stands between the two underscores.")],
    home: Home = Path("home"),
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key; the service refuses it within 2 seconds."""
    with _opened(home, database) as found:
        found.revoke(key)
    say(as_json, {"revoked": key}, f"{key} is revoked")


@keys.command("list")
def listed(home: Home = Path("home"), database: Database = None, as_json: AsJson = False) -> None:
    """Show the keys there are, without their secrets."""
    with _opened(home, database) as found:
        for key in found.all():
            about = {**asdict(key), "scopes": sorted(key.scopes), "jobs": sorted(key.jobs) if key.jobs else None}
            state = "revoked" if key.revoked_at else ", ".join(about["jobs"] or ["all jobs"])
            say(as_json, about, f"{key.id}  {key.name:24} {','.join(about['scopes']):36} {state}")


@contextmanager
def _opened(home: Path, database: str | None, begins: bool = False) -> Iterator[Keys]:
    """The keys of a home, also while a service works there; where the first key `begins` one it may be new."""
    from trainee.record.home import made  # noqa: PLC0415 kept out of --help
    from trainee.record.keys import Keys  # noqa: PLC0415 kept out of --help
    from trainee.record.log import EventLog  # noqa: PLC0415 kept out of --help

    if database is None:
        if begins:
            made(home)
        elif not (home / "events.db").is_file():
            raise NothingSaved(
                f"no service has worked in {home}: there is no events.db. Check --home, or make a key there first with "
                f"`trainee keys make NAME --scopes decide,reward --home {home}`"
            )
    log = EventLog(database or f"sqlite:///{home / 'events.db'}", alone=False)
    try:
        yield Keys(log)
    finally:
        log.close()
