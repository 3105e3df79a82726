"""A desk at work without a service around it: what is decided and heard become events, and these lessons."""

from __future__ import annotations

import zlib
from typing import Any

from job_events import begun, decided, ended, rewarded
from trainee.life import Desk, Feed


class Work:
    """Episodes at a desk.

    Attributes:
      events: all that was heard so far.
      answers: all that was decided.
    """

    def __init__(self, desk: Desk, feed: Feed | None = None):
        self.desk, self.feed = desk, Feed("sum", 0.0) if feed is None else feed
        self.events: list[Any] = []
        self.answers: list[Any] = []
        self._open: dict[str, tuple[Any, Any, int]] = {}

    def hear(self, event: Any) -> None:
        """An event, and what can be learned because of it."""
        self.events.append(event)
        for lesson in self.feed.take(*event):
            self.desk.teach(lesson)

    def begin(self, episode: str) -> None:
        self._open[episode] = self.desk.blank, None, 0
        self.hear(begun(episode))

    def decide(self, episode: str, seen: Any, mask: Any = None, reward: float = 0.0, **conduct: Any) -> Any:
        """What is done, as JSON; `conduct` says otherwise than it was how it was decided."""
        underway, before, n = self._open[episode]
        step = self.desk.codec.heard(seen, reward, n == 0, False, False, mask)
        answer = self.desk.ask(underway, before, step, words(episode, n))
        self._open[episode] = answer.underway, answer.action, n + 1
        self.answers.append(answer)
        self.hear(decided(episode, n, answer.action, seen, mask, **{**answer.conduct, **conduct}))
        return answer.action

    def reward(self, episode: str, value: float, sequence: int | None = None) -> None:
        """Of the newest decision, or of another one."""
        newest = self._open[episode][2] - 1
        self.hear(rewarded(episode, newest if sequence is None else sequence, value))

    def end(self, episode: str, terminated: bool = False, seen: Any = None, lost: bool = False) -> None:
        del self._open[episode]
        self.hear(ended(episode, terminated, seen, lost))


def words(episode: str, sequence: int) -> tuple[int, int]:
    """What all chance at a decision follows from."""
    return zlib.crc32(episode.encode()), sequence
