"""What was learned, to be compared to the bit."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainee.life.saving import checkpoint
from trainee.record.events import Event
from trainee.workshop.bench import Bench


def mind(bench: Bench) -> dict[str, bytes]:
    """All that was learned at a bench, and what is still to be, to the bit."""
    parts = checkpoint(bench.desk.gathered()).parts
    found = {f"{part}/{name}": np.asarray(array).tobytes() for part in parts for name, array in parts[part].items()}
    return {**found, "feed": json.dumps(bench.feed.to_json(), sort_keys=True).encode()}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """What two minds do not have in common."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def replayed(about: dict[str, Any], events: Sequence[Event], folder: Path) -> Bench:
    """A bench that begins with nothing, and takes up events of its job one after the other, without an interruption."""
    bench = Bench(about, folder, (), written_at(events))
    for event in events:
        if event.job == about["job"]:
            bench.take(event)
    return bench


def written_at(events: Sequence[Event]) -> Callable[[int], float | None]:
    """When the event of a number was written."""
    return {event.seq: event.at for event in events}.get
