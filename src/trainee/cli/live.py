"""What is going on at work, live on the terminal."""

from __future__ import annotations

import math
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from trainee.errors import UnfitTimeStep
from trainee.life import Callback, Decision, TimeStep, Work

REFRESH_S = 0.25
PLAIN_EVERY_S = 10.0
UNFIT_SHOWN = 5


class LiveTable(Callback):
    """A row for each job: rewritten in place on a terminal, a line now and then where there is none."""

    def __init__(self, console: Console):
        self._console = console
        self._rows: dict[str, tuple[str, ...]] = {}
        self._live: Live | None = None
        self._next, self._unfit = 0.0, 0

    def on_start(self, work: Work) -> None:
        if self._console.is_terminal:
            self._live = Live(self._table(), console=self._console, auto_refresh=False)
            self._live.start()

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + (REFRESH_S if self._live else PLAIN_EVERY_S)
            self._show(work)

    def on_unfit(self, work: Work, fault: UnfitTimeStep) -> None:
        self._unfit += 1
        if self._unfit <= UNFIT_SHOWN:
            # Not as markup, which would take `observation['lidar'][3]` for a colour.
            self._console.print(Text(f"{work.name}: {fault}", style="yellow"))
        if self._unfit == UNFIT_SHOWN:
            self._console.print(Text("Further ones are left out in the same way, without a word.", style="yellow"))

    def on_end(self, work: Work) -> None:
        self._show(work)
        if self._live:
            self._live.stop()
            self._live = None
        # The next stretch begins a table of its own below this one.
        self._rows.clear()
        self._next, self._unfit = 0.0, 0

    def _show(self, work: Work) -> None:
        log = work.logbook
        newest = log.episodes[-1] if log.episodes else None
        row = (
            work.name,
            f"{work.done:,} of {work.steps:,}",
            number(log.online_return(work.begin)),
            number(log.recent()),
            number(newest.predicted) if newest else "–",
            number(newest.realised) if newest else "–",
            f"{work.steps_per_second:,.0f}",
            f"{number(work.seconds_left, 0)} s",
        )
        self._rows[work.name] = row
        if self._live:
            self._live.update(self._table(), refresh=True)
        else:
            name, step, online, recent, predicted, realised, speed, left = row
            self._console.print(
                f"{name}: step {step}, online return {online}, last episodes {recent}, "
                f"value {predicted} of {realised}, {speed} steps/s, {left} left",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )

    def _table(self) -> Table:
        table = Table(title_justify="left", expand=False)
        table.add_column("job")
        for heading in (
            "step",
            "online return",
            "last 10 episodes",
            "value predicted",
            "came true",
            "steps/s",
            "time left",
        ):
            table.add_column(heading, justify="right")
        for row in self._rows.values():
            table.add_row(*row)
        return table


def number(value: float | None, digits: int = 1) -> str:
    """A quantity for a table; a dash where it is not known."""
    return "–" if value is None or not math.isfinite(value) else f"{value:,.{digits}f}"
