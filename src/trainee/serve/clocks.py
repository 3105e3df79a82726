"""Clocks: what happens by itself as time goes by. Windows for rewards close, and episodes that nobody is heard of end.

All of it runs by the monotonic clock: that somebody sets the time of day neither closes a window nor keeps one open.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections.abc import Coroutine, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from trainee.errors import RecordError
from trainee.record.events import Draft
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.refusals import Refused

if TYPE_CHECKING:
    from trainee.serve.service import Service

logger = logging.getLogger("trainee.serve")
TICK_S, IDLE_TICK_S, RETRY_S = 0.05, 1.0, 1.0
# What is recorded at once, and windows after which those that are of no use any more are looked for.
MOST_AT_ONCE, MANY = 500, 10_000
# When it closes, a number so that no two are alike, and whose it is.
Window = tuple[float, int, JobEntry, EpisodeEntry, int]


class Clocks:
    """The clocks of a service.

    Args:
      service: whose they are.

    Attributes:
      closing: decisions whose windows are being closed: what comes for them now is recorded after that.
    """

    def __init__(self, service: Service):
        self._service = service
        self.closing: set[str] = set()
        self._windows: list[Window] = []
        self._numbers, self._look_at = count(), MANY

    def open_window(self, job: JobEntry, entry: EpisodeEntry, sequence: int, passed_s: float = 0.0) -> None:
        """From now on rewards for a decision are waited for; `passed_s` of its window are over."""
        closes = time.monotonic() + job.about["reward_window_s"] - passed_s
        heapq.heappush(self._windows, (closes, next(self._numbers), job, entry, sequence))
        if len(self._windows) > self._look_at:
            # Most are settled long before they close, and a window may be as long as one likes.
            self._windows = [window for window in self._windows if window[4] in window[3].accounts]
            heapq.heapify(self._windows)
            self._look_at = max(2 * len(self._windows), MANY)

    def reopen_windows(self) -> None:
        """Of all decisions that the board has not settled, as the record says when they were made."""
        for job in self._service.jobs.values():
            for entry in job.episodes.values():
                for sequence, (_, _, at) in entry.accounts.items():
                    # The time of day may have been set since: a window is not longer than it was, nor over before.
                    passed_s = min(max(time.time() - at, 0.0), job.about["reward_window_s"])
                    self.open_window(job, entry, sequence, passed_s)

    async def run(self) -> None:
        """Until it is cancelled."""
        idle_at = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            try:
                await self._close_windows(now)
                if now > idle_at:
                    idle_at = now + IDLE_TICK_S
                    await self._end_idle(now)
                    await self._service.snapshots.write()
            except RecordError as error:
                logger.warning("the clocks wait: %s", error)
                await asyncio.sleep(RETRY_S)
            except Exception:
                logger.exception("the clocks failed, and go on")
                await asyncio.sleep(RETRY_S)

    async def _close_windows(self, now: float) -> None:
        due: list[tuple[Window, Draft]] = []
        while self._windows and self._windows[0][0] <= now and len(due) < MOST_AT_ONCE:
            window = heapq.heappop(self._windows)
            draft = _closing(*window[2:])
            if draft is not None:
                due.append((window, draft))
        self.closing = {draft.body["decision"] for _, draft in due}
        failed = await _all(self._service.record([draft]) for _, draft in due)
        self.closing = set()
        for (window, _), failure in zip(due, failed, strict=True):
            if failure is not None:
                # It closes when the record is back.
                heapq.heappush(self._windows, window)
        _raise_first(failed)

    async def _end_idle(self, now: float) -> None:
        idle = [
            (job, entry)
            for job in self._service.jobs.values()
            for entry in job.episodes.values()
            if entry.over is None and now - entry.heard_at > job.about["idle_s"]
        ]
        _raise_first(await _all(self._end(*each) for each in idle[:MOST_AT_ONCE]))

    async def _end(self, job: JobEntry, entry: EpisodeEntry) -> None:
        try:
            with self._service.alone(entry.id):
                if entry.over is None:
                    await self._service.record([lost(job, entry)])
        except Refused:
            # Somebody is heard of just now.
            return


def lost(job: JobEntry, entry: EpisodeEntry) -> Draft:
    """An episode that nobody was heard of for too long."""
    body = {"episode": entry.id, "terminated": False, "truncated": True, "lost": True, "observation": None}
    return Draft("episode_ended", job.name, {**body, "conduct": None}, f"e:{entry.id}")


def _closing(job: JobEntry, entry: EpisodeEntry, sequence: int) -> Draft | None:
    """What is to be recorded where the window of a decision ends."""
    held = entry.accounts.get(sequence)
    if held is None or held[0].settled:
        return None
    decision = f"{entry.id}.{sequence}"
    if held[0].rewards:
        return Draft("window_closed", job.name, {"decision": decision}, f"w:{decision}")
    body = {"decision": decision, "value": job.about["default_reward"]}
    return Draft("defaulted", job.name, body, f"w:{decision}")


async def _all(work: Iterable[Coroutine[Any, Any, Any]]) -> Sequence[BaseException | None]:
    """Do all of it; what each has failed with."""
    done = await asyncio.gather(*work, return_exceptions=True)
    return [outcome if isinstance(outcome, BaseException) else None for outcome in done]


def _raise_first(failed: Sequence[BaseException | None]) -> None:
    for failure in failed:
        if failure is not None:
            raise failure
