"""Server-sent events as they come."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx


class Watch:
    """Server-sent events as they come."""

    def __init__(self, answer: httpx.Response):
        self._lines = answer.iter_lines()

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> dict[str, Any]:
        """The next event: `event`, `id` where it has one, and `data`."""
        told: dict[str, Any] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "data":
                told["data"] = json.loads(value)
            elif name in ("event", "id"):
                told[name] = value
            elif not line and told:
                return told
        raise StopIteration

    def until(self, kind: str, patience_s: float = 20) -> dict[str, Any]:
        """The next event of a kind."""
        deadline = time.monotonic() + patience_s
        for told in self:
            if told["event"] == kind:
                return told
            assert time.monotonic() < deadline, f"no {kind} came"
        raise AssertionError(f"the stream ended before {kind} came")
