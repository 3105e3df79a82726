"""The workshop as the service calls it: begun, asked, begun again where it ends, and stopped."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainee import errors
from trainee.errors import TraineeError
from trainee.workshop.inside import Inside
from trainee.workshop.lines import written
from trainee.workshop.place import Place

logger = logging.getLogger("trainee.workshop")
# A message's longest, how long news may wait for others, and how long to wait before it is begun again, at first and at
# most.
LONGEST, NEWS_S, AGAIN_S, MOST_AGAIN_S = 2**27, 0.002, 0.5, 30.0


class WorkshopGone(TraineeError):
    """The workshop has ended and is being begun again: nothing can be asked now."""


class Workshop:
    """The workshop of a service. All of it lives on one event loop.

    Args:
      url: of the record.
      home: of the service.
      checkpoint_s: how often what was learned is saved.
      apart: in a process of its own; else in a thread of this one.

    Attributes:
      inside: what runs in it, where it is in a thread of this process.
      problem: what is wrong with learning, if anything is.
      gone: it is being begun again.
    """

    def __init__(self, url: str, home: Path, checkpoint_s: float, apart: bool):
        self._told = {"url": url, "home": str(home), "checkpoint_s": checkpoint_s}
        self._begin = self._process if apart else self._thread
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._places: dict[str, tuple[Place, Callable[[], Sequence[Any]]]] = {}
        self._last, self._news = 0, False
        self._stopping = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.inside: Inside | None = None
        self.problem: str | None = None
        self.gone = True

    async def start(self, last: int) -> None:
        """Begin, where the record goes up to an event. Where it ends by itself it is begun again."""
        self._last = last
        self._loop = asyncio.get_running_loop()
        reader, wait = await self._begun()
        self._running = asyncio.create_task(self._run(reader, wait))

    async def add(self, place: Place, told: Callable[[], Sequence[Any]]) -> None:
        """Make a job ready; also whenever the workshop was begun again.

        Args:
          place: of the job.
          told: what it takes: the folder of its agent, the versions that may have to decide, and the newest event.
        Raises:
          RecordError, InvalidArgument: its agent cannot be read.
          WorkshopGone: it cannot be done now.
        """
        place.cursor, place.steps = await self.call("add", place.about, *told())
        self._places[place.about["job"]] = place, told

    async def call(self, name: str, *told: Any) -> Any:
        """Make a call, and wait for what is answered.

        Raises:
          WorkshopGone: it cannot be made now.
          TraineeError: what was raised there; RuntimeError where that is none of ours.
        """
        if self._writer is None:
            raise WorkshopGone("what decides is being begun again: ask again in a moment")
        self._number += 1
        number, answer = self._number, self._loop.create_future()
        self._calls[number] = answer
        self._writer.write(written({"call": name, "id": number, "told": told}))
        try:
            return await answer
        finally:
            self._calls.pop(number, None)

    def tell(self, last: int) -> None:
        """The record goes up to this event."""
        self._last = last
        if not self._news:
            self._news = True
            self._loop.call_later(NEWS_S, self._tell_news)

    def forget(self, job: str, wanted: Sequence[str]) -> None:
        """Let go of versions of a job other than these."""
        self._write({"call": "forget", "told": [job, list(wanted)]})

    async def stop(self) -> None:
        """Save what was learned, and end."""
        self._stopping.set()
        try:
            await self.call("stop")
        except WorkshopGone:
            logger.warning("the workshop has ended before: learning will go on from the checkpoint before")
        await self._running

    async def _begun(self) -> tuple[asyncio.StreamReader, Callable[[], Any]]:
        ours, theirs = socket.socketpair()
        wait = await asyncio.to_thread(self._begin, ours, theirs)
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=LONGEST)
        self._write({"call": "news", "told": self._last})
        return reader, wait

    async def _run(self, reader: asyncio.StreamReader, wait: Callable[[], Any]) -> None:
        again_s = AGAIN_S
        while True:
            self.gone, begun = False, self._loop.time()
            await self._listen(reader)
            if self._writer is not None:
                self._writer.close()
            self.gone, self._writer = True, None
            for answer in self._calls.values():
                if not answer.done():
                    answer.set_exception(WorkshopGone("what decides has ended, and is being begun again"))
            code = await asyncio.to_thread(wait)
            if self._stopping.is_set():
                return
            logger.error("the workshop ended by itself (%s), and is begun again", code)
            # What ends again and again is not to take all of the machine.
            again_s = AGAIN_S if self._loop.time() - begun > MOST_AGAIN_S else min(2 * again_s, MOST_AGAIN_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), again_s)
                return
            reader, wait = await self._begun()
            if self._stopping.is_set() and self._writer is not None:
                # That was said when there was nobody to hear it.
                self._writer.close()
            task = asyncio.create_task(self._add_all())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Hear what is said until nobody is there any more."""
        try:
            while line := await reader.readline():
                self._hear(json.loads(line))
        except (ConnectionError, ValueError):
            logger.exception("the workshop cannot be heard")

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "far" in message:
            self.problem = message["problem"]
            for job, (cursor, steps) in message["far"].items():
                if job in self._places:
                    place, _ = self._places[job]
                    place.cursor, place.steps = cursor, steps
            return
        answer = self._calls.get(message["id"])
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(_error(*message["error"]))
        else:
            answer.set_result(message["answer"])

    async def _add_all(self) -> None:
        """Make all jobs ready again."""
        for place, told in list(self._places.values()):
            try:
                await self.add(place, told)
            except TraineeError as error:
                logger.error("job %r cannot be made ready again: %s", place.about["job"], error)

    def _tell_news(self) -> None:
        self._news = False
        self._write({"call": "news", "told": self._last})

    def _write(self, message: Any) -> None:
        if self._writer is not None:
            self._writer.write(written(message))

    def _process(self, ours: socket.socket, theirs: socket.socket) -> Callable[[], Any]:
        """Begin it as a process; returns what waits for its end."""
        with theirs:
            command = [sys.executable, "-m", "trainee.workshop", str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        # Where it has ended already, that is seen in a moment.
        with suppress(OSError):
            ours.sendall(written(self._told))
        return lambda: f"exit code {process.wait()}"

    def _thread(self, ours: socket.socket, theirs: socket.socket) -> Callable[[], Any]:
        """Begin it as a thread; returns what waits for its end."""
        told = self._told
        inside = self.inside = Inside(theirs, told["url"], Path(told["home"]), told["checkpoint_s"])

        def run() -> None:
            with theirs:
                inside.run()

        thread = threading.Thread(target=run, name="trainee-workshop", daemon=True)
        thread.start()
        return thread.join


def _error(kind: str, text: str) -> Exception:
    """What was raised there."""
    known = getattr(errors, kind, None)
    if isinstance(known, type) and issubclass(known, TraineeError):
        return known(text)
    return RuntimeError(f"{kind}: {text}")
