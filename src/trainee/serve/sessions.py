"""Sessions: what deciding remembers of an episode under way. Not in the record: it is worked out from it again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from trainee.record.events import Event
from trainee.record.log import EventLog
from trainee.serve.board import EpisodeEntry
from trainee.workshop import Place, Reply

if TYPE_CHECKING:
    from trainee.serve.service import Service

# After a restart an episode is remembered from so many decisions back.
REMEMBERED = 4_096
PAGE = 1_000


class Session(NamedTuple):
    """Of one episode.

    Attributes:
      sequence: of the decision that is to come.
      underway: as `Place.ask` returned it for the one before; None where there is none.
      late: in its place, an answer that came after its deadline, or comes yet: deciding goes on from it.
    """

    sequence: int
    underway: str | None
    late: asyncio.Future[Reply] | None = None


def words(episode: str, sequence: int) -> tuple[int, int]:
    """What all chance at a decision follows from; the same again where it is asked again."""
    found = hashlib.blake2b(f"{episode}.{sequence}".encode(), digest_size=8).digest()
    return int.from_bytes(found[:4], "big"), int.from_bytes(found[4:], "big")


async def session_of(service: Service, place: Place, entry: EpisodeEntry) -> Session:
    """What is remembered of an episode. Where this process has not decided all of it, the record tells.

    Raises:
      WorkshopGone: it cannot be worked out now.
    """
    session = service.sessions.get(entry.id)
    if session is not None and session.sequence == entry.next_sequence:
        return session
    if not entry.next_sequence:
        return Session(0, None)
    known = Session(0, None) if session is None or session.late is not None else session
    async with service.recalling:
        events, instead = await asyncio.to_thread(_told, service.log, place.about["job"], entry, known.sequence)
        underway = await _recalled(place, entry.version, known, events, instead)
    return Session(entry.next_sequence, underway)


async def in_turn(service: Service, place: Place, entry: EpisodeEntry, *told: Any) -> Reply:
    """Decide in an episode, after all that is still to be decided in it before.

    Args:
      service, place, entry: where.
      told: as to `Place.ask`, from `before` on.
    Raises:
      WorkshopGone: that cannot be done now.
    """
    session = await session_of(service, place, entry)
    recalled = session.underway if session.late is None else (await session.late).underway
    return await place.ask(entry.version, recalled, *told)


def follow(
    service: Service, entry: EpisodeEntry, sequence: int, reply: Reply | None, late: asyncio.Future[Reply] | None
) -> None:
    """The decision of this number is recorded. Where nobody knows what is to be remembered, the record will tell."""
    if reply is not None or late is not None:
        service.sessions[entry.id] = Session(sequence + 1, None if reply is None else reply.underway, late)


async def _recalled(
    place: Place, version: str, known: Session, events: Sequence[Event], instead: Mapping[str, Sequence[Event]]
) -> str | None:
    """What would be remembered of an episode, had this process decided in it.

    Args:
      place: of its job.
      version: that decides in it.
      known: what is remembered from before some decision.
      events: `decided` events in order, from the decision before that one on, if there is one.
      instead: the `overridden` events of a decision, by its id, in order.
    """
    # Of a very long one only the newest decisions are gone over.
    forgotten = bool(events) and events[0].body["sequence"] > known.sequence
    before, underway = None, None if forgotten else known.underway
    for event in events:
        body = event.body
        if body["sequence"] >= known.sequence or before is not None:
            told = body["observation"], body.get("reward_known", 0.0), before is None, False, False, body["action_mask"]
            done = None
            if before is not None:
                # What a person did instead counts from when it was said.
                said = [over.body["action"] for over in instead.get(before["decision"], ()) if over.seq < event.seq]
                done = said[-1] if said else before["action"]
            drawn = words(body["episode"], body["sequence"])
            underway = (await place.ask(version, underway, done, told, drawn)).underway
        before = body
    return underway


def _told(log: EventLog, job: str, entry: EpisodeEntry, since: int) -> tuple[list[Event], dict[str, list[Event]]]:
    """The decisions of an episode from the one before a number on, the newest ones, and what was done instead."""
    upto = entry.next_sequence
    first = max(since - 1, upto - REMEMBERED, 0)
    events = log.found([f"d:{entry.id}.{sequence}" for sequence in range(first, upto)])
    instead: dict[str, list[Event]] = {}
    after = events[0].seq if events else 0
    while page := log.after(after, PAGE, job, ("overridden",)):
        after = page[-1].seq
        for event in page:
            instead.setdefault(event.body["decision"], []).append(event)
        if len(page) < PAGE or after > events[-1].seq:
            break
    return events, instead
