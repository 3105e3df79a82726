"""A service in a process of its own, a job at work there, and a browser that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from gymnasium import spaces

import trainee

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SCREENSHOTS = Path(os.environ.get("TRAINEE_SCREENSHOTS", Path(__file__).parents[2] / "build" / "screenshots"))
LAST_ROOM, MOST_STEPS, STEP_S = 5, 20, 0.02


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """`trainee serve` in a home; yields its address."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "trainee.cli", "serve", "--home", str(home), "--port", str(port)]
    with (home.parent / f"{home.name}.log").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not _ready(url):
            assert process.poll() is None, Path(said.name).read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False


class Corridor(threading.Thread):
    """A job at work through the client: six rooms in a row, pay in the last. Action 1 leads on, 0 leads back."""

    def __init__(self, client: trainee.Client):
        super().__init__()
        self._job = client.job("corridor", spaces.Discrete(LAST_ROOM + 1), spaces.Discrete(2), reward_window_s=5.0)
        self._over = threading.Event()
        self.trouble: Exception | None = None

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._episode()
        except Exception as trouble:
            self.trouble = trouble

    def _episode(self) -> None:
        room, step = 0, 0
        with self._job.episode() as episode:
            while room < LAST_ROOM and step < MOST_STEPS and not self._over.is_set():
                action = episode.decide(room, baseline_action=1, deadline_ms=3000.0)
                room, step = max(room + (1 if action else -1), 0), step + 1
                episode.reward(1.0 if room == LAST_ROOM else -0.1)
                self._over.wait(STEP_S)
            episode.end(room, terminated=room == LAST_ROOM, truncated=room != LAST_ROOM)

    def stop(self) -> None:
        self._over.set()
        self.join(30)


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium that is installed; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(_starts, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} is on the PATH")
    playwright.expect.set_options(timeout=20_000)
    # Chromium's own sandbox does not work for root, nor in most containers.
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


def _starts(path: str | None) -> bool:
    """Whether there is a browser; some systems have a program of its name that only says where to get it."""
    return path is not None and not subprocess.run([path, "--version"], capture_output=True, check=False).returncode


@contextmanager
def looking(started: Any, url: str, wanted: tuple[int, ...] = (), **about: Any) -> Iterator[Any]:
    """A page of its own; afterwards nothing may have gone wrong in it, but for calls refused with a status that is
    wanted.
    """
    context = started.new_context(base_url=url, reduced_motion="reduce", **about)
    page = context.new_page()
    page.set_default_timeout(20_000)
    wrong: list[str] = []
    refused = tuple(f"the server responded with a status of {status} " for status in wanted)

    def said(message: Any) -> None:
        if message.type in ("error", "warning") and not any(words in message.text for words in refused):
            wrong.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: _is_cut(request) or wrong.append(f"{request.url} {request.failure}"))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))"
    )
    try:
        yield page
        assert wrong == []
    finally:
        context.close()


def _is_cut(request: Any) -> bool:
    """Whether a stream was cut off since another job is looked at: that is no failure."""
    return "/v1/events" in request.url and request.failure == "net::ERR_ABORTED"


def photograph(page: Any, name: str) -> None:
    """Keep how the page looks, for people."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    # What sticks to the top of the window is to be there, and not in the middle.
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def too_wide(page: Any) -> float:
    """By how many pixels it goes over the side."""
    return page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
