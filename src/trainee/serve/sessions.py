"""Sessions: what deciding remembers of an episode under way. Not in the record: it is worked out from it again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trainee.life import Answer
from trainee.record.events import Event
from trainee.serve.place import Place
from trainee.types import TimeStep

Deciding = Callable[[Any, Any, TimeStep, tuple[int, int]], Answer]
# After a restart an episode is remembered from so many decisions back.
REMEMBERED = 4_096


@dataclass
class Session:
    """Of one episode.

    Attributes:
      underway: as `Desk.ask` returned it for the newest decision that is recorded.
      late: an answer that came after its deadline, or comes yet: deciding goes on from it.
      busy: a decision is being made.
    """

    underway: Any
    late: asyncio.Future[Answer] | None = None
    busy: bool = False


def words(episode: str, sequence: int) -> tuple[int, int]:
    """What all chance at a decision follows from; the same again where it is asked again."""
    found = hashlib.blake2b(f"{episode}.{sequence}".encode(), digest_size=8).digest()
    return int.from_bytes(found[:4], "big"), int.from_bytes(found[4:], "big")


def recalled(place: Place, deciding: Deciding, underway: Any, events: Sequence[Event]) -> Any:
    """What would be remembered of an episode, had this process decided in it.

    Args:
      place: of its job.
      deciding: as the episode's version does.
      underway: where it begins.
      events: its newest `decided` events, in order.
    """
    before = None
    for event in events:
        body = event.body
        step = place.desk.time_step(body["observation"], 0.0, before is None, False, False, body["action_mask"])
        underway = deciding(underway, before, step, words(body["episode"], body["sequence"])).underway
        before = body["action"]
    return underway
