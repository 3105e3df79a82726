"""An inbox: events of one job that are to be taken up, at hand while they are not too many."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from trainee.record.events import Event

# Events at hand, at most; the others are read when it is their turn.
MOST = 20_000


class Inbox:
    """Events of a job in their order.

    Args:
      upto: the newest event that was taken up already.

    Attributes:
      events: at hand.
      whole: none that was read from the record is missing.
    """

    def __init__(self, upto: int):
        self.events: deque[Event] = deque()
        self.upto, self.whole = upto, False

    def put(self, event: Event) -> None:
        """One that was read along with those of other jobs."""
        if not self.whole or event.seq <= self.upto:
            return
        if len(self.events) >= MOST:
            self.whole = False
            return
        self.events.append(event)
        self.upto = event.seq

    def fill(self, page: Sequence[Event], whole: bool) -> None:
        """The next ones of this job alone; `whole` where there are no more of it."""
        self.events.extend(page)
        self.upto = page[-1].seq if page else self.upto
        self.whole = whole
