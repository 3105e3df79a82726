"""`trainee demo-serve`: the service and three example jobs, each a program of its own that calls it over HTTP."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainee.cli.children import Child, stop, undisturbed
from trainee.cli.outcome import INTERRUPTED, say
from trainee.errors import InvalidArgument, MissingExtra, TraineeError

if TYPE_CHECKING:
    from trainee.cli.jobs_live import JobsLive

USUAL_PORT = 8765
LIBRARIES = ("httpx", "fastapi", "uvicorn", "sqlalchemy", "alembic", "prometheus_client")
JOBS = {
    "cartpole": ("cartpole.py", "a pole to be balanced: an environment of Gymnasium, with the Python client"),
    "cold-store": ("cold_store.py", "cooling when electricity is cheap, where the bill comes two seconds later"),
    "crossing": ("crossing.pl", "the traffic lights of a crossing, in Perl, with nothing but HTTP"),
}
# Some systems have a Perl without its own libraries.
PERL = ("perl", "-MHTTP::Tiny", "-MJSON::PP", "-MTime::HiRes", "-e", "1")
READY_S, LOOK_S, JOBS_STOP_S, SERVICE_STOP_S = 120.0, 0.2, 5.0, 60.0
TO_TRY = """
What to try there: look at a job, and see its returns climb. Then step in with single keys:
  t  take over: 0, 1, 2 choose an action; at cold-store choose none, and answer one by one; t again hands back
  p  pause: the job's own rule of thumb decides, and the agent learns from that; p again resumes
  r  release what was learned so far as a version, in stages; ? shows all keys
"""


def demo_serve(
    home: Annotated[Path, typer.Option(help="The folder that the service works in.")] = Path("demo-serve"),
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Where the page is; by default 8765, or one that is free.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="For how long; by default until Ctrl-C.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """Serve three example jobs, each a program of its own, with a page to watch them and to step in."""
    for library in LIBRARIES:
        if find_spec(library) is None:
            raise MissingExtra(library, "serve", "the service")
    from trainee.cli.jobs_live import JobsLive  # noqa: PLC0415 an optional library

    url = f"http://127.0.0.1:{_free(port)}"
    live = JobsLive(url, as_json)
    with _interrupted_by_any_signal():
        say(as_json, {"starting": url, "home": str(home)}, f"starting the service at {url} …")
        failed = _worked(home, url, live, seconds, as_json)
    if failed:
        raise typer.Exit(1)


def _worked(home: Path, url: str, live: JobsLive, seconds: float | None, as_json: bool) -> bool:
    """Let them work until it is over, and stop them. Returns whether a job ended by itself."""
    services, jobs = list[Child](), dict[str, Child]()
    try:
        with undisturbed():
            services.append(_service(home, url))
        (service,) = services
        _await(service, live)
        _begin(jobs, home, url, as_json)
        _tell(home, url, list(jobs), as_json)
        return _watch(service, jobs, live, seconds)
    except KeyboardInterrupt:
        say(as_json, {"interrupted": True}, "\nstopping; a second Ctrl-C does not wait")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        try:
            stop(jobs.values(), JOBS_STOP_S)
        finally:
            stop(services, SERVICE_STOP_S)
        if jobs:
            words = f"stopped; what was learned is in {home}, and the same command goes on from there"
            say(as_json, {"stopped": True, "home": str(home)}, words)


def _free(asked: int | None) -> int:
    """The port that was asked for, or the usual one, or any that is free."""
    for port in (USUAL_PORT, 0) if asked is None else (asked,):
        with socket.socket() as taken:
            # As the service does: a port that was in use a moment ago is free.
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
            return taken.getsockname()[1]
    raise InvalidArgument(f"port {asked} of 127.0.0.1 is in use: choose another, or leave --port out for a free one")


def _service(home: Path, url: str) -> Child:
    words = ("serve", "--home", str(home), "--port", url.rpartition(":")[2])
    try:
        (home / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidArgument(f"{home} cannot be worked in: {error.strerror}; choose another --home") from error
    return Child("the service", (sys.executable, "-m", "trainee.cli", *words), home / "logs" / "service.log")


def _await(service: Child, live: JobsLive) -> None:
    """Wait until the service is ready."""
    ends = time.monotonic() + READY_S
    while not live.ready():
        if service.exit_code is not None:
            raise TraineeError(service.last_words())
        if time.monotonic() > ends:
            raise TraineeError(f"the service is not ready after {READY_S:.0f} s; see {service.said}")
        time.sleep(LOOK_S)


def _begin(jobs: dict[str, Child], home: Path, url: str, as_json: bool) -> None:
    """Put the example jobs to work; one whose language is not there is left out, and that is said."""
    for name, (file, _) in JOBS.items():
        if file.endswith(".pl") and not _has_perl():
            words = f"{name} is left out: there is no perl with HTTP::Tiny, JSON::PP and Time::HiRes"
            say(as_json, {"job": name, "left_out": words}, words)
            continue
        program = sys.executable if file.endswith(".py") else "perl"
        with undisturbed():
            jobs[name] = Child(name, (program, str(_examples() / file), url), home / "logs" / f"{name}.log")


def _examples() -> Path:
    """Where the programs of the jobs are: beside this package where it is installed, else in the repository."""
    package = Path(__file__).parents[1]
    return next(folder for folder in (package / "examples", package.parents[1] / "examples") if folder.is_dir())


def _has_perl() -> bool:
    return bool(shutil.which("perl")) and not subprocess.run(PERL, capture_output=True, check=False).returncode


def _tell(home: Path, url: str, names: list[str], as_json: bool) -> None:
    """Where the page is, what runs there, and what may be done about it."""
    lines = [f"The page is at {url}/", "", "At work there, each a program of its own:"]
    lines += [f"  {name:10}  {JOBS[name][1]}\n{'':14}{_examples() / JOBS[name][0]}" for name in names]
    data = {"page": f"{url}/", "home": str(home), "jobs": {name: str(_examples() / JOBS[name][0]) for name in names}}
    say(as_json, data, "\n".join([*lines, TO_TRY, "Ctrl-C stops everything."]))


def _watch(service: Child, jobs: dict[str, Child], live: JobsLive, seconds: float | None) -> bool:
    """Show how it goes until it is over. Returns whether a job ended by itself."""
    ends = None if seconds is None else time.monotonic() + seconds
    over: set[str] = set()
    with live:
        while ends is None or time.monotonic() < ends:
            time.sleep(LOOK_S)
            if service.exit_code is not None:
                raise TraineeError(service.last_words())
            for name, job in jobs.items():
                if job.exit_code is not None and name not in over:
                    over.add(name)
                    live.report(name, f"{job.last_words()}\nThe others go on.")
            live.look()
    return bool(over)


@contextmanager
def _interrupted_by_any_signal() -> Iterator[None]:
    """Being told to end, or losing the terminal, is a Ctrl-C: the other programs are not left behind."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    # A script starts what it puts into the background with Ctrl-C ignored; under nohup the terminal is not missed.
    heard = [signal.SIGINT, signal.SIGTERM]
    heard += [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN else []
    before = {each: signal.signal(each, interrupt) for each in heard}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
