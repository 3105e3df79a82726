"""Sessions: what deciding remembers of an episode under way. Not in the record: it is worked out from it again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from trainee.life import Answer
from trainee.record.events import Event
from trainee.record.log import EventLog
from trainee.serve.board import EpisodeEntry
from trainee.serve.place import Place
from trainee.types import TimeStep

if TYPE_CHECKING:
    from trainee.serve.service import Service

Deciding = Callable[[Any, Any, TimeStep, tuple[int, int]], Answer]
# After a restart an episode is remembered from so many decisions back.
REMEMBERED = 4_096
PAGE = 1_000


@dataclass
class Session:
    """Of one episode.

    Attributes:
      sequence: of the decision that is to come.
      underway: as `Desk.ask` returned it for the one before.
      late: in its place, an answer that came after its deadline, or comes yet: deciding goes on from it.
    """

    sequence: int
    underway: Any
    late: Future[Answer] | None = None

    def follow(self, sequence: int, underway: Any, late: Future[Answer] | None) -> None:
        """The decision of this number is recorded."""
        self.sequence, self.underway, self.late = sequence + 1, underway, late


def words(episode: str, sequence: int) -> tuple[int, int]:
    """What all chance at a decision follows from; the same again where it is asked again."""
    found = hashlib.blake2b(f"{episode}.{sequence}".encode(), digest_size=8).digest()
    return int.from_bytes(found[:4], "big"), int.from_bytes(found[4:], "big")


async def session_of(service: Service, place: Place, entry: EpisodeEntry) -> Session:
    """What is remembered of an episode. Where this process has not decided all of it, the record tells."""
    session = service.sessions.get(entry.id)
    if session is None or session.sequence != entry.next_sequence:
        blank = service.releases.blank(entry.version, place)
        session = Session(entry.next_sequence, blank)
        if entry.next_sequence:
            told = await asyncio.to_thread(_told, service.log, place.about["job"], entry.id, entry.next_sequence)
            deciding = service.releases.deciding(entry.version, place)
            loop = asyncio.get_running_loop()
            session.underway = await loop.run_in_executor(place.asking, recalled, place, deciding, blank, *told)
        service.sessions[entry.id] = session
    return session


def in_turn(
    deciding: Deciding, underway: Any, late: Future[Answer] | None, before: Any, step: TimeStep, drawn: tuple[int, int]
) -> Answer:
    """Decide, in the one thread that does, after all that was to be decided before; arguments as in `Session`."""
    return deciding(underway if late is None else late.result().underway, before, step, drawn)


def sound(answer: Answer) -> bool:
    """Whether all of it is numbers: an agent whose weights are not any more cannot be believed."""
    decision = answer.decision
    told = decision.value, decision.spread, decision.propensity, decision.discount
    return all(map(isfinite, told)) and bool(
        np.isfinite(answer.coordinates).all() and np.isfinite(decision.interval).all()
    )


def recalled(
    place: Place, deciding: Deciding, underway: Any, events: Sequence[Event], instead: Mapping[str, Sequence[Event]]
) -> Any:
    """What would be remembered of an episode, had this process decided in it.

    Args:
      place: of its job.
      deciding: as the episode's version does.
      underway: where it begins.
      events: its newest `decided` events, in order.
      instead: the `overridden` events of a decision, by its id, in order.
    """
    before = None
    for event in events:
        body = event.body
        reward = body.get("reward_known", 0.0)
        step = place.desk.time_step(body["observation"], reward, before is None, False, False, body["action_mask"])
        done = None
        if before is not None:
            # What a person did instead counts from when it was said.
            said = [over.body["action"] for over in instead.get(before["decision"], ()) if over.seq < event.seq]
            done = said[-1] if said else before["action"]
        underway = deciding(underway, done, step, words(body["episode"], body["sequence"])).underway
        before = body
    return underway


def _told(log: EventLog, job: str, episode: str, upto: int) -> tuple[list[Event], dict[str, list[Event]]]:
    """The newest decisions of an episode, and what was done instead."""
    first = max(upto - REMEMBERED, 0)
    events = log.found([f"d:{episode}.{sequence}" for sequence in range(first, upto)])
    instead: dict[str, list[Event]] = {}
    after = events[0].seq if events else 0
    while page := log.after(after, PAGE, job, ("overridden",)):
        after = page[-1].seq
        for event in page:
            instead.setdefault(event.body["decision"], []).append(event)
        if len(page) < PAGE or after > events[-1].seq:
            break
    return events, instead
