"""The writer: one thread that writes whatever waits in one transaction, so that one sync of the disk does for all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from trainee.errors import RecordError, RecordFull, RecordUnavailable
from trainee.record.events import Draft, Event, check_group
from trainee.record.log import EventLog

# Groups that are written together, and the characters of their bodies after which no other is taken with them.
MOST_AT_ONCE = 500
MOST_CHARACTERS = 16_000_000
# Events that are read together, and how long to wait before reading is tried again.
PAGE = 1000
RETRY_S = 1.0

Written = list[Event] | Event
Waiting = tuple[Sequence[Draft], Future[Written]]


class Writer:
    """Appends to a log from any number of threads.

    Args:
      log: the log; nobody else may append to it.
      on_commit: given, on the writer's thread, every event that is written from now on: in order, once, and before the
        future of its group has its result. Also those whose commit seemed to have failed. It must not raise, nor call
        the writer.
      most_waiting: how many groups may wait.

    Raises:
      RecordUnavailable, DamagedPart: the log cannot be read.
    """

    def __init__(self, log: EventLog, on_commit: Callable[[list[Event]], None], most_waiting: int = 2000):
        self._log = log
        self._on_commit = on_commit
        self._most_waiting = most_waiting
        self._queue: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._problem: str | None = None
        # The last event that was handed on, and whether there may be others after it.
        self._seen = log.last()
        self._behind = False
        self._thread = threading.Thread(target=self._run, name="trainee-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Groups that wait to be written; not those that are being written now."""
        return len(self._queue)

    @property
    def problem(self) -> str | None:
        """What was wrong when the database was last to write; None where nothing was.

        After a failure it is asked each second whether it takes a transaction again. That a disk is still full shows
        only in writing.
        """
        return self._problem

    @property
    def healthy(self) -> bool:
        """Whether there is no problem."""
        return self._problem is None

    def submit(self, drafts: Sequence[Draft]) -> Future[Written]:
        """Have a group of events written, all or none.

        Returns:
          Its events, once they are on the disk; or the event that has one of their keys already, and then none of the
          group was written. In place of both, RecordUnavailable or DamagedPart: see `EventLog.append`. A group whose
          future is cancelled while it waits is not written.
        Raises:
          RecordFull: too many wait.
          RecordUnavailable: the writer was closed.
          InvalidArgument: two events have the same key.
        """
        check_group(drafts)
        future: Future[Written] = Future()
        with self._changed:
            if self._closing:
                raise RecordUnavailable(
                    "nothing is recorded any more, as the record was closed: nothing was acknowledged"
                )
            if len(self._queue) >= self._most_waiting:
                raise RecordFull(
                    f"{len(self._queue):,} groups of events wait to be recorded, and no more may: nothing was "
                    f"acknowledged. Try again in a moment."
                )
            self._queue.append((tuple(drafts), future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Write what waits, and end. The log stays open."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            self._write(batch)

    def _next(self) -> list[Waiting] | None:
        """What to write next: nothing where it is time to see how the database is, and None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing, RETRY_S if self._behind else None)
            if self._closing and not self._queue:
                return None
            batch: list[Waiting] = []
            size = 0
            while self._queue and len(batch) < MOST_AT_ONCE and size < MOST_CHARACTERS:
                batch.append(self._queue.popleft())
                size += sum(len(draft.text) for draft in batch[-1][0])
        return [(drafts, future) for drafts, future in batch if future.set_running_or_notify_cancel()]

    def _write(self, batch: list[Waiting]) -> None:
        try:
            if self._behind:
                self._catch_up()
            results = self._log.append([drafts for drafts, _ in batch])
            self._hand_on(results)
        except Exception as error:
            self._behind = True
            self._problem = str(error) or repr(error)
            for _, future in batch:
                # One each: those who wait raise them in threads of their own.
                future.set_exception(type(error)(*error.args) if isinstance(error, RecordError) else error)
        else:
            self._problem = None
            for (_, future), result in zip(batch, results, strict=True):
                future.set_result(result)

    def _hand_on(self, results: list[Written]) -> None:
        """Hand on what was written; and what was before it, if anything was that had not been."""
        written = [event for result in results if isinstance(result, list) for event in result]
        known = max((result.seq for result in results if isinstance(result, Event)), default=0)
        if written and written[0].seq == self._seen + 1:
            self._seen = written[-1].seq
            self._on_commit(written)
        elif written or known > self._seen:
            self._catch_up()

    def _catch_up(self) -> None:
        """Hand on all that the log has beyond what was."""
        while events := self._log.after(self._seen, PAGE):
            self._seen = events[-1].seq
            self._on_commit(events)
        self._behind = False
