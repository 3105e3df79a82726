"""The stream: events as they happen, for whoever watches. It goes on where it was left, from the record."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection
from typing import Any

from trainee.errors import RecordError
from trainee.record.events import Event
from trainee.serve.refusals import Refused
from trainee.serve.security import Caller
from trainee.serve.service import Service
from trainee.serve.views import job_view, plain

PAGE = 1_000
# Decisions of a job that are shown in a while of this length, where they are thinned.
THINNED, WHILE_S = 5, 0.5
# Between two looks into the record, where they are not.
PAUSE_S = 0.02
STATE_S, RETRY_MS = 1.0, 2_000
# How many may watch at once.
MOST_WATCHERS = 200
# Of a decision that waits for a person. It is not in the record, and has no number.
ASKED = "asked"


def watched(
    service: Service,
    caller: Caller,
    known: int | None,
    job: str | None,
    kinds: Collection[str] | None,
    thin: bool,
) -> AsyncIterator[bytes]:
    """Server-sent events, until whoever watches goes away or may not watch any longer.

    Args:
      service: that is watched.
      caller: of whose jobs there is word.
      known: the number of the last event that is known already; what is beyond the record, or None, means the newest.
      job: the only one to be told of.
      kinds: the only events to be told of.
      thin: tell of a few decisions and of a few rewards a second only.
    Raises:
      Refused: too many watch.
    """
    if len(service.news) >= MOST_WATCHERS:
        raise Refused("full", f"{MOST_WATCHERS} watch already, and no more may")
    after = service.last if known is None else min(known, service.last)
    return _watched(service, caller, after, job, kinds, thin)


async def _watched(
    service: Service, caller: Caller, after: int, job: str | None, kinds: Collection[str] | None, thin: bool
) -> AsyncIterator[bytes]:
    asked, state_at = set[str](), 0.0
    with service.news.heard() as news:
        yield f"retry: {RETRY_MS}\n\n".encode()
        while not service.stopping and service.doorman.still(caller):
            news.clear()
            if questions := _questions(service, caller, job, kinds, asked):
                yield b"".join(questions)
            try:
                events = await asyncio.to_thread(service.log.after, after, PAGE, job, kinds)
            except RecordError:
                # So that whoever watches sees that the connection lives.
                yield b": the record does not answer\n\n"
                await asyncio.sleep(STATE_S)
                continue
            shown = [event for event in events if event.job is None or caller.sees(event.job)]
            parts = [_told(service, event) for event in (_thinned(shown) if thin else shown)]
            after = events[-1].seq if events else after
            if time.monotonic() > state_at:
                state_at = time.monotonic() + STATE_S
                parts.append(_state(service, caller, job))
            if parts:
                yield b"".join(parts)
            if len(events) < PAGE:
                if events:
                    await asyncio.sleep(WHILE_S if thin else PAUSE_S)
                await _wait(news, state_at)


def _questions(
    service: Service, caller: Caller, job: str | None, kinds: Collection[str] | None, asked: set[str]
) -> list[bytes]:
    """What persons are asked and this one was not told of yet; `asked` has the decisions that it was."""
    if kinds is not None and ASKED not in kinds:
        return []
    asked &= service.waiting.keys()
    seen = [
        (decision, waiting)
        for decision, waiting in service.waiting.items()
        if waiting.open and decision not in asked and job in (None, waiting.job) and caller.sees(waiting.job)
    ]
    asked |= {decision for decision, _ in seen}
    return [_sent(ASKED, {**waiting.view, "kind": ASKED}, None) for _, waiting in seen]


async def _wait(news: asyncio.Event, until: float) -> None:
    try:
        await asyncio.wait_for(news.wait(), max(until - time.monotonic(), 0.01))
    except TimeoutError:
        return


def _thinned(events: list[Event]) -> list[Event]:
    """The newest few decisions of each job, and all that is no decision and comes of none."""
    left, kept = Counter[str | None](), []
    for event in reversed(events):
        if event.kind in ("rewarded", "defaulted", "window_closed", "decided"):
            left[f"{event.job} {event.kind}"] += 1
            if left[f"{event.job} {event.kind}"] > THINNED:
                continue
        kept.append(event)
    return kept[::-1]


def _told(service: Service, event: Event) -> bytes:
    data: dict[str, Any] = {"seq": event.seq, "at": event.at, "job": event.job, "kind": event.kind}
    data |= plain(event) if event.kind == "decided" else event.body
    return _sent(event.kind, data, event.seq)


def _state(service: Service, caller: Caller, only: str | None) -> bytes:
    seen = [job for job in service.jobs.values() if caller.sees(job.name) and only in (None, job.name)]
    return _sent("state", {"jobs": [job_view(service, job) for job in seen]}, None)


def _sent(kind: str, data: Any, seq: int | None) -> bytes:
    name = "" if seq is None else f"id: {seq}\n"
    return f"{name}event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
