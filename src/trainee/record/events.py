"""Events: what is known to have happened, each with its number in the log and a checksum of all that it says."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trainee.errors import DamagedPart, InvalidArgument

# PostgreSQL keeps no NUL in a text, and no database keeps half of a surrogate pair.
UNFIT = re.compile(r"[\x00\ud800-\udfff]")
# PostgreSQL has no place in an index for longer texts.
MOST_BYTES = 1000
# So many levels a body may be deep at least, whoever reads it.
SPARE_LEVELS = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is yet to be written. One that could be made can be written: what is unfit is refused here.

    Attributes:
      kind: what happened.
      job: the job that it happened in, if in one.
      body: what JSON can hold; keys are strings, numbers are finite. Changing it later changes nothing.
      key: is in the log once at most; what comes again under the same key is not written again.
      digest: of what was asked, so that the same key with other contents can be told.
      text: the body as JSON.
      plain: the body as it comes back from JSON.

    Raises:
      InvalidArgument: the body is not JSON, or another text holds what a database cannot or is over 1,000 bytes long.
    """

    kind: str
    job: str | None
    body: dict[str, Any]
    key: str | None = None
    digest: str | None = None
    text: str = field(init=False, repr=False, compare=False)
    plain: dict[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        for name in ("kind", "job", "key", "digest"):
            value = getattr(self, name)
            if value is not None and UNFIT.search(value):
                raise InvalidArgument(f"{name} {value!r} of an event cannot be kept: leave out NUL and lone surrogates")
            if value is not None and len(value.encode()) > MOST_BYTES:
                raise InvalidArgument(
                    f"{name} {value[:20]!r}… of an event is {len(value.encode()):,} bytes long: at most {MOST_BYTES:,} "
                    f"can be kept"
                )
        text, plain = _through_json(self.kind, self.body)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "plain", plain)


@dataclass(frozen=True, slots=True)
class Event:
    """An event in the log.

    Attributes:
      seq: its number: 1, 2, 3 … without a gap.
      at: when it was written, in seconds since 1970 by the clock of this machine. Only `seq` tells the order.
      kind, job, body, key, digest: as drafted; the body as it comes back from JSON, so tuples are lists.
    """

    seq: int
    at: float
    kind: str
    job: str | None
    body: dict[str, Any]
    key: str | None
    digest: str | None


Row = tuple[Any, ...]
COLUMNS = ("seq", "at", "kind", "job", "key", "digest", "body", "crc")


def numbered(draft: Draft, seq: int, at: float) -> tuple[Event, Row]:
    """A draft as the event of this number, and as its row, in the order of `COLUMNS`."""
    event = Event(seq, at, draft.kind, draft.job, draft.plain, draft.key, draft.digest)
    row = (seq, at, draft.kind, draft.job, draft.key, draft.digest, draft.text)
    return event, (*row, _checksum(row))


def from_row(row: Sequence[Any], place: str) -> Event:
    """The event that a row holds.

    Args:
      row: its columns, in the order of `COLUMNS`.
      place: which database, for the message.
    Raises:
      DamagedPart: the row is not as it was written.
    """
    *told, crc = row
    seq, at, kind, job, key, digest, text = told
    try:
        if crc == _checksum(told):
            return Event(seq, at, kind, job, json.loads(text), key, digest)
        wrong = "its checksum is not the one it was written with"
    except (TypeError, ValueError, AttributeError) as error:
        wrong = str(error)
    raise DamagedPart(f"event {seq} in {place} was altered: {wrong}. Restore the database from a backup.")


def check_group(drafts: Sequence[Draft]) -> None:
    """Whether drafts can be written together.

    Raises:
      InvalidArgument: two of them have the same key.
    """
    keys = [draft.key for draft in drafts if draft.key is not None]
    if len(keys) != len(set(keys)):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidArgument(f"two events of one group have the key {twice!r}: each needs a key of its own, or none")


def _checksum(told: Sequence[Any]) -> int:
    """CRC-32 of a row's other columns. As JSON, so that no two rows are the same bytes."""
    *short, text = told
    return zlib.crc32(text.encode(), zlib.crc32(json.dumps(short).encode()))


def _through_json(kind: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A body as JSON, and what that reads as."""
    try:
        # Escaping all but ASCII keeps NUL and surrogates out of the database, and is the fastest.
        text = json.dumps(body, allow_nan=False, separators=(",", ":"))
        if text.count("[") + text.count("{") > SPARE_LEVELS:
            # Python reads fewer levels the deeper it is called: what only just passes here could stop the next start.
            json.loads("[" * SPARE_LEVELS + text + "]" * SPARE_LEVELS)
        return text, json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(
            f"the body of an event {kind!r} cannot be written as JSON: {error}. Use str, int, finite float, bool, "
            f"None, and lists and dicts of them"
        ) from None
