"""The jobs of a service that runs, live on the terminal. Needs httpx, which `trainee[serve]` brings."""

from __future__ import annotations

import os
import time
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from trainee.cli.outcome import print_json
from trainee.errors import InvalidArgument

REFRESH_S, PLAIN_EVERY_S, CALL_S = 1.0, 10.0, 5.0
WHO = {"agent": "agent", "paused": "baseline", "person": "person"}
HEADINGS = ("decisions", "a second", "episodes", "return lately", "to be learned")


class JobsLive:
    """A row for each job: rewritten in place on a terminal, a line now and then where there is none, or as JSON."""

    def __init__(self, url: str, as_json: bool):
        key = os.environ.get("TRAINEE_KEY")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # Not by way of a proxy: the service is on this machine.
        self._http = httpx.Client(base_url=url, headers=headers, timeout=CALL_S, trust_env=False)
        self._as_json, self._console = as_json, Console()
        self._live: Live | None = None
        self._next = 0.0

    def ready(self) -> bool:
        """Whether the service is.

        Raises:
          InvalidArgument: it wants a key, and there is none that it knows.
        """
        try:
            if not self._http.get("/readyz").is_success:
                return False
            answer = self._http.get("/v1/jobs")
        except httpx.TransportError:
            return False
        if answer.status_code in (401, 403):
            raise InvalidArgument(
                "keys were made for this service, and there is none of them in TRAINEE_KEY: put one there that has the "
                "scopes decide, reward, watch and control"
            )
        return answer.is_success

    def __enter__(self) -> JobsLive:
        if self._console.is_terminal and not self._as_json:
            self._live = Live(_table([]), console=self._console, auto_refresh=False)
            self._live.start()
        self._next = time.monotonic() + (0 if self._live else PLAIN_EVERY_S)
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def look(self) -> None:
        """Show how it goes, if it is time."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (REFRESH_S if self._live else PLAIN_EVERY_S)
        try:
            jobs = self._http.get("/v1/jobs").raise_for_status().json()["jobs"]
        except httpx.HTTPError:
            return
        if self._live:
            self._live.update(_table([_row(job) for job in jobs]), refresh=True)
            return
        for job in jobs:
            if self._as_json:
                told = ("job", "decisions_per_s", "recent_return", "counts", "learned")
                print_json({**{name: job[name] for name in told}, "mode": job["control"]["mode"]})
            else:
                name, who, *figures = _row(job)
                said = ", ".join(f"{heading} {figure}" for heading, figure in zip(HEADINGS, figures, strict=True))
                self._console.print(Text(f"{name}: {who}; {said}"), soft_wrap=True)

    def report(self, name: str, words: str) -> None:
        """Say that a job ended, above the table."""
        if self._as_json:
            print_json({"job": name, "ended": words})
        else:
            # Not as markup, which would take what stands in brackets for a colour.
            self._console.print(Text(words, style="yellow"), soft_wrap=True)


def _row(job: dict[str, Any]) -> tuple[str, ...]:
    lately, counts, learned = job["recent_return"], job["counts"], job["learned"]
    return (
        job["job"],
        WHO[job["control"]["mode"]] if job["ready"] else "being made ready",
        f"{counts['decisions']:,}",
        f"{job['decisions_per_s']:.0f}",
        f"{counts['episodes']:,}",
        "–" if lately is None else f"{lately:,.1f}",
        f"{learned['behind']:,}",
    )


def _table(rows: list[tuple[str, ...]]) -> Table:
    table = Table()
    table.add_column("job")
    table.add_column("decides")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*row)
    return table
