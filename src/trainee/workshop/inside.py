"""Inside the workshop: one loop that answers whoever asks, and learns while nobody does."""

from __future__ import annotations

import functools
import logging
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from trainee.record.log import EventLog
from trainee.workshop.bench import Bench
from trainee.workshop.lines import Lines
from trainee.workshop.size import check_size
from trainee.workshop.teaching import Teaching

logger = logging.getLogger("trainee.workshop")
# How long to wait for a call where there is nothing to learn, and how often to say how far learning is.
IDLE_S, TELL_S = 0.05, 0.02
# How often to say so in any case, so that the service knows that this works.
BEAT_S = 5.0


class Inside:
    """What runs in the workshop.

    Args:
      theirs: the socket on which it is called.
      url: of the record.
      home: of the service.
      checkpoint_s: how often what was learned is saved.

    Attributes:
      benches: by job.
    """

    def __init__(self, theirs: socket.socket, url: str, home: Path, checkpoint_s: float):
        self._lines, self._home = Lines(theirs), home
        self._log = EventLog(url, alone=False)
        self._teaching = Teaching(self._log, checkpoint_s)
        # What takes long is done beside the loop, one after the other.
        self._slow = ThreadPoolExecutor(1, thread_name_prefix="trainee-slow")
        # What is to be done in the loop when something beside it is done.
        self._done: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._told: tuple[dict[str, list[int]], str | None] | None = None
        self._told_at = self._said_at = 0.0
        self.benches: dict[str, Bench] = {}

    def run(self) -> bool:
        """Work until told to stop; whether that was said, and not only nobody left to say anything."""
        busy = False
        try:
            while (calls := self._lines.read(0 if busy else self._teaching.idle_s(IDLE_S))) is not None:
                for call in calls:
                    if call["call"] == "stop":
                        self._stop(call["id"])
                        return True
                    self._answer(call)
                while not self._done.empty():
                    self._done.get()()
                busy = self._teaching.step()
                self._tell()
        except OSError:
            logger.debug("nobody is there any more", exc_info=True)
        finally:
            self._slow.shutdown(wait=False, cancel_futures=True)
            self._log.close()
        return False

    def _answer(self, call: Mapping[str, Any]) -> None:
        number = call.get("id")
        try:
            match call["call"]:
                case "ask":
                    job, *asked = call["told"]
                    self._lines.send({"id": number, "answer": self.benches[job].ask(*asked)})
                case "news":
                    self._teaching.hear(call["told"])
                case "add":
                    self._slowly(number, functools.partial(self._made, *call["told"]), self._begin)
                case "freeze":
                    job, version, source = call["told"]
                    bench = self.benches[job]
                    make = bench.frozen(version, source, self._home / "imports")
                    self._slowly(number, make, functools.partial(bench.have, version))
                case "forget":
                    job, wanted = call["told"]
                    if job in self.benches:
                        self.benches[job].forget(wanted)
                case "check":
                    self._slowly(number, functools.partial(check_size, *call["told"]), lambda _: None)
        except Exception as error:
            self._failed(number, error)

    def _slowly(self, number: int | None, work: Callable[[], Any], then: Callable[[Any], Any]) -> None:
        """Do what takes long beside the loop, then something with what came of it in the loop, and answer that."""

        def done() -> None:
            try:
                came = work()
            except Exception as error:
                self._failed(number, error)
            else:
                self._done.put(lambda: self._lines.send({"id": number, "answer": then(came)}))

        self._slow.submit(done)

    def _made(self, about: Mapping[str, Any], folder: str, versions: list[str]) -> Bench:
        return Bench(about, Path(folder), versions, self._written_at)

    def _begin(self, bench: Bench) -> list[int]:
        self.benches[bench.about["job"]] = bench
        self._teaching.add(bench)
        return [bench.cursor, bench.steps]

    def _written_at(self, seq: int) -> float | None:
        """When the event of a number was written, where there is one."""
        return next((event.at for event in self._log.after(seq - 1, 1) if event.seq == seq), None)

    def _failed(self, number: int | None, error: Exception) -> None:
        if isinstance(error, OSError) and number is None:
            raise error
        self._lines.send({"id": number, "error": [type(error).__name__, str(error) or repr(error)]})

    def _tell(self) -> None:
        """Say how far learning is, if that has changed; at first and now and then in any case."""
        now = time.monotonic()
        if now - self._told_at < TELL_S:
            return
        before, trouble = ({}, "") if self._told is None else self._told
        late = now - self._said_at >= BEAT_S
        self._told_at = now
        far = {job: [bench.cursor, bench.steps] for job, bench in self.benches.items()}
        news = {job: how for job, how in far.items() if before.get(job) != how}
        if news or late or self._teaching.problem != trouble:
            self._said_at = now
            self._told = far, self._teaching.problem
            self._lines.send({"far": news, "problem": self._teaching.problem})

    def _stop(self, number: int) -> None:
        self._teaching.close()
        self._lines.send({"id": number, "answer": None})
