"""The workers of a fleet, live on the terminal, and the merge after that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from trainee.cli.fleet import Telling, words
from trainee.cli.live import number
from trainee.cli.outcome import print_json

if TYPE_CHECKING:
    from trainee.fleet import Assignment, News

HEADINGS = ("return so far", "last 10 episodes", "steps/s")
STATES = {"done": "done", "restarted": "begun again", "given up": "given up"}


class Tells(Protocol):
    """Who tells of the workers.

    Attributes:
      given_up: a worker was.
    """

    given_up: bool

    def tell(self, news: News) -> None:
        """Say it, or show it."""
        ...


@contextmanager
def shown(given: Sequence[Assignment], as_json: bool) -> Iterator[Tells]:
    """A live table on a terminal, lines now and then elsewhere; for programs nothing but who is given up."""
    console = Console()
    if as_json or not console.is_terminal:
        yield _Failures() if as_json else Telling(as_json=False)
        return
    with FleetLive(console, given) as live:
        yield live


@contextmanager
def stages(as_json: bool) -> Iterator[Callable[[str], None]]:
    """Says which stage a merge is at: in one line on a terminal, in lines elsewhere, and to programs not at all."""
    console = Console()
    if as_json or not console.is_terminal:
        yield (lambda words: None) if as_json else (lambda words: print(f"merge: {words}", flush=True))
        return
    with console.status("merge") as status:
        yield lambda words: status.update(f"merge: {words}")


class _Failures:
    """Tells of who is given up, and of nothing else."""

    def __init__(self) -> None:
        self.given_up = False

    def tell(self, news: News) -> None:
        if news.kind == "given up":
            self.given_up = True
            print_json({"worker": news.worker + 1, "kind": news.kind, **news.about})


class FleetLive:
    """A row for each worker, rewritten in place; what happens but seldom is said above the table.

    Args:
      console: a terminal.
      given: what each worker is to do.

    Attributes:
      given_up: a worker was.
    """

    def __init__(self, console: Console, given: Sequence[Assignment]):
        self.given_up = False
        self._console, self._given = console, given
        self._going = [dict[str, Any]() for _ in given]
        self._states = ["starting"] * len(given)
        # Drawn as it is read, so that news may come as often as it likes.
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=4)

    def __enter__(self) -> FleetLive:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def tell(self, news: News) -> None:
        """Show it."""
        about = news.about
        if news.kind == "going":
            self._going[news.worker] = about
            self._states[news.worker] = "at work"
            return
        self.given_up |= news.kind == "given up"
        self._states[news.worker] = STATES.get(news.kind, self._states[news.worker])
        if news.kind == "done with a job":
            self._going[news.worker] = {**self._going[news.worker], "job": about["job"], "steps": about["steps"]}
        elif news.kind != "done" and "error" not in about:
            # Not as markup, which would take what stands in brackets for a colour.
            self._console.print(Text(f"worker {news.worker + 1}: {words(news.kind, about)}", style="yellow"))

    def _table(self) -> Table:
        table = Table(title="A fleet: one agent, a copy of it at each job", title_justify="left")
        table.add_column("#", justify="right")
        table.add_column("job", no_wrap=True)
        table.add_column("steps", justify="right", no_wrap=True)
        for heading in HEADINGS:
            table.add_column(heading, justify="right")
        table.add_column("worker")
        for place, (given, going, state) in enumerate(zip(self._given, self._going, self._states, strict=True), 1):
            table.add_row(
                str(place),
                going.get("job", given.jobs[0]),
                f"{going.get('steps', 0):,}/{given.steps:,}",
                *(number(going.get(name)) for name in ("online", "recent")),
                number(going.get("speed"), 0),
                state,
            )
        return table
