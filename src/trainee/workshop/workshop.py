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
from typing import Any, NamedTuple

from trainee import errors
from trainee.errors import TraineeError
from trainee.workshop.inside import Inside
from trainee.workshop.lines import written
from trainee.workshop.place import Place, WorkshopGone

logger = logging.getLogger("trainee.workshop")
# A message's longest, what may wait to be sent, and how long news may wait for other news.
LONGEST, MOST_UNSENT, NEWS_S = 2**27, 2**26, 0.002
# How long to wait before it is begun again, at first and at most, and for its end.
AGAIN_S, MOST_AGAIN_S, STOP_S = 0.5, 30.0, 120.0
# It is heard of every few seconds while it works (`inside.BEAT_S`): after this long it hangs, and is ended.
HUNG_S = 180.0


class Running(NamedTuple):
    """A workshop that was begun.

    Attributes:
      reader, writer: lead there.
      wait: waits for its end; says how that came.
      kill: ends it, where it does not end by itself.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    wait: Callable[[], object]
    kill: Callable[[], None]


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
    """

    def __init__(self, url: str, home: Path, checkpoint_s: float, apart: bool):
        self._told = {"url": url, "home": str(home), "checkpoint_s": checkpoint_s}
        self._begin = self._process if apart else self._thread
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._places: dict[str, tuple[Place, Callable[[], Sequence[Any]]]] = {}
        self._last, self._news = 0, False
        self._stopping, self._adding = asyncio.Event(), asyncio.Lock()
        self._running: Running | None = None
        self._listens = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.inside: Inside | None = None
        self.problem: str | None = None

    @property
    def gone(self) -> bool:
        """It is being begun, or not all of its jobs are ready."""
        return not self._listens or not all(place.ready for place, _ in self._places.values())

    async def start(self, last: int) -> None:
        """Begin, where the record goes up to an event. Where it ends by itself it is begun again.

        Raises:
          OSError, RecordError: it cannot be begun.
        """
        self._last, self._loop = last, asyncio.get_running_loop()
        self._keeping = asyncio.create_task(self._keep(await self._begun()))

    async def add(self, place: Place, told: Callable[[], Sequence[Any]]) -> None:
        """Make a job ready; also whenever the workshop was begun again.

        Args:
          place: of the job.
          told: what it takes: the folder of its agent, and the versions that may have to decide.
        Raises:
          RecordError, InvalidArgument: its agent cannot be read.
          WorkshopGone: it cannot be done now, and will be as soon as it can.
        """
        name = place.about["job"]
        self._places[name] = place, told
        try:
            await self._add(place, told)
        except WorkshopGone:
            raise
        except Exception:
            del self._places[name]
            raise

    async def call(self, name: str, *told: Any) -> Any:
        """Make a call, and wait for what is answered.

        Raises:
          WorkshopGone: it cannot be made now.
          TraineeError: what was raised there; RuntimeError where that is none of ours.
        """
        if self._running is None:
            raise WorkshopGone("what decides is being begun again: ask again in a moment")
        if self._running.writer.transport.get_write_buffer_size() > MOST_UNSENT:
            raise WorkshopGone("what decides has too much to do: ask again in a moment")
        self._number += 1
        number, answer = self._number, self._loop.create_future()
        self._calls[number] = answer
        self._write({"call": name, "id": number, "told": told})
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
            await asyncio.wait_for(self.call("stop"), STOP_S)
        except WorkshopGone:
            logger.warning("the workshop has ended before: learning will go on from the checkpoint before")
        except TimeoutError:
            logger.error("the workshop does not stop, and is ended: learning will go on from the checkpoint before")
            if self._running is not None:
                self._running.kill()
        await self._keeping

    async def _begun(self) -> Running:
        ours, theirs = socket.socketpair()
        try:
            wait, kill = await asyncio.to_thread(self._begin, ours, theirs)
            reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST)
        except BaseException:
            ours.close()
            theirs.close()
            raise
        self._running = Running(reader, writer, wait, kill)
        self._tell_news()
        return self._running

    async def _keep(self, running: Running | None) -> None:
        """Hear what is said, and begin it again where it ends, until it is to stop."""
        again_s = AGAIN_S
        while not self._stopping.is_set():
            begun = self._loop.time()
            if running is not None:
                how = await self._heard_out(running)
                if self._stopping.is_set():
                    return
                logger.error("the workshop ended by itself (%s), and is begun again", how)
            # What ends again and again is not to take all of the machine.
            again_s = AGAIN_S if self._loop.time() - begun > MOST_AGAIN_S else min(2 * again_s, MOST_AGAIN_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), again_s)
                return
            try:
                running = await self._begun()
            except Exception:
                logger.exception("the workshop cannot be begun")
                running = None
        if running is not None:
            # That was said when there was nobody to hear it.
            running.writer.close()
            await self._heard_out(running)

    async def _heard_out(self, running: Running) -> object:
        """Hear what is said until it ends; how it did."""
        try:
            while line := await self._line(running.reader):
                self._hear(json.loads(line))
        except TimeoutError:
            logger.error("nothing was heard of the workshop for %g seconds: it is ended", HUNG_S)
            running.kill()
        except (ConnectionError, ValueError):
            logger.exception("the workshop cannot be heard")
        running.writer.close()
        self._running, self._listens = None, False
        for place, _ in self._places.values():
            place.ready = False
        for answer in self._calls.values():
            if not answer.done():
                answer.set_exception(WorkshopGone("what decides has ended, and is being begun again"))
        return await asyncio.to_thread(running.wait)

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        async with asyncio.timeout(HUNG_S):
            return await reader.readline()

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "far" in message:
            self.problem = message["problem"]
            for job, (cursor, steps) in message["far"].items():
                if job in self._places:
                    place, _ = self._places[job]
                    place.cursor, place.steps = cursor, steps
            if not self._listens:
                self._listens = True
                task = asyncio.create_task(self._add_all())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            return
        answer = self._calls.get(message["id"])
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(_error(*message["error"]))
        else:
            answer.set_result(message["answer"])

    async def _add(self, place: Place, told: Callable[[], Sequence[Any]]) -> None:
        async with self._adding:
            if not place.ready:
                place.cursor, place.steps = await self.call("add", place.about, *told())
                place.ready = self._running is not None

    async def _add_all(self) -> None:
        """Make all jobs ready that were so before, or were to be."""
        while not self._stopping.is_set():
            failed = False
            for name, (place, told) in list(self._places.items()):
                try:
                    await self._add(place, told)
                except WorkshopGone:
                    return
                except Exception:
                    failed = True
                    logger.exception("job %r cannot be made ready again", name)
            if not failed:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), MOST_AGAIN_S)

    def _tell_news(self) -> None:
        self._news = False
        self._write({"call": "news", "told": self._last})

    def _write(self, message: Any) -> None:
        if self._running is not None:
            self._running.writer.write(written(message))

    def _process(self, ours: socket.socket, theirs: socket.socket) -> tuple[Callable[[], object], Callable[[], None]]:
        """Begin it as a process; returns what waits for its end, and what ends it."""
        with theirs:
            # -P: nothing is imported from the folder that the service was started in.
            command = [sys.executable, "-P", "-m", "trainee.workshop", str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        # Where it has ended already, that is seen in a moment.
        with suppress(OSError):
            ours.sendall(written(self._told))
        return lambda: f"exit code {process.wait()}", process.kill

    def _thread(self, ours: socket.socket, theirs: socket.socket) -> tuple[Callable[[], object], Callable[[], None]]:
        """Begin it as a thread; returns what waits for its end, and what ends it."""
        told = self._told
        inside = self.inside = Inside(theirs, told["url"], Path(told["home"]), told["checkpoint_s"])

        def run() -> None:
            with theirs:
                inside.run()

        thread = threading.Thread(target=run, name="trainee-workshop", daemon=True)
        thread.start()
        return thread.join, ours.close


def _error(kind: str, text: str) -> Exception:
    """What was raised there."""
    known = getattr(errors, kind, None)
    if isinstance(known, type) and issubclass(known, TraineeError):
        with suppress(TypeError):
            return known(text)
    return RuntimeError(f"{kind}: {text}")
