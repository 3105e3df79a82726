"""News: whoever watches is told that there is something new, and looks for what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class News:
    """Those who watch."""

    def __init__(self) -> None:
        self._heard: set[asyncio.Event] = set()

    def __len__(self) -> int:
        """How many watch."""
        return len(self._heard)

    def tell(self) -> None:
        """There is something new."""
        for heard in self._heard:
            heard.set()

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """What is set whenever there is something new, for as long as one watches."""
        event = asyncio.Event()
        self._heard.add(event)
        try:
            yield event
        finally:
            self._heard.discard(event)
