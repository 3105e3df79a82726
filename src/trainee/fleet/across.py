"""Across machines: the workers of a fleet as actors of a Ray cluster, on whichever of its nodes has room.

Ray begins processes on other machines and says when they end. All else is as on one machine: a worker loads what it was
from its home, saves there, and is begun again from there, on another node if its own is gone. So all nodes have to see
the fleet's home under the same path, on a disk that they share; one that does not is found out before any work.
"""

from __future__ import annotations

import dataclasses
import os
import queue
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from trainee import record
from trainee.errors import HomeInUse, InvalidArgument, MissingExtra, SaveFailed
from trainee.fleet.crew import LISTEN_S, Member, News, attended
from trainee.fleet.labour import REFUSED, Assignment, laboured
from trainee.record import durable

# Where a worker's node is gone its process may still be there, and has its home until it ends.
VACATED_S, LOOK_S = 60.0, 0.5
DEFECT = 1
CALL_S = 10.0

Work: TypeAlias = Callable[[Sequence[Assignment]], Generator[News, None, None]]


@contextmanager
def across(address: str, home: Path) -> Iterator[Work]:
    """A Ray cluster to put the workers of a fleet to work on: yields what does that, as `crew` does it here.

    Each takes one CPU; who finds none free waits for one. On a node the same version of trainee has to be installed.

    Args:
      address: of the cluster, `HOST:PORT`, or `auto` for the one of which this machine is a node.
      home: of the fleet, on a disk that all nodes have under the same path.
    Raises:
      MissingExtra: Ray is not installed.
      InvalidArgument: nothing answers there, or this process is in a cluster already.
      SaveFailed: the home cannot be written to.
    """
    ray = _ray()
    if ray.is_initialized():
        raise InvalidArgument("this process is connected to a Ray cluster already: disconnect it with ray.shutdown()")
    home, name = home.resolve(), f"shared-{secrets.token_hex(8)}"
    try:
        durable.make_folder(home)
        durable.write(home / name, name.encode())
    except OSError as error:
        raise SaveFailed(f"{home} cannot be written to: {error}. Choose a --home that you may write to") from error
    try:
        _connected(ray, address)
        try:
            yield lambda given: _crew(ray, home / name, given)
        finally:
            ray.shutdown()
    finally:
        (home / name).unlink(missing_ok=True)


def _ray() -> Any:
    # It would tell its makers of each cluster.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415 an optional library
    except ImportError as error:
        raise MissingExtra("ray", "fleet", "a fleet across machines") from error
    return ray


def _connected(ray: Any, address: str) -> None:
    try:
        _called(address)
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        first = str(error).strip().splitlines()[:1]
        raise InvalidArgument(
            f"no Ray cluster can be reached at {address!r}: {' '.join(first)}. Begin one on this machine with `ray "
            f"start --head`, join it from the others with `ray start --address=HOST:PORT`, and give --ray that address"
        ) from error


def _called(address: str) -> None:
    """Fail at once where nobody listens: Ray would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        return
    socket.create_connection((host.strip("[]"), int(port)), CALL_S).close()


def _crew(ray: Any, shared: Path, given: Sequence[Assignment]) -> Generator[News, None, None]:
    """As `crew`, each on a node."""
    actor = ray.remote(num_cpus=1, max_restarts=0, max_concurrency=2, scheduling_strategy="SPREAD")(_Desk)

    def member(number: int, assignment: Assignment) -> _Far:
        return _Far(ray, actor, shared, number, dataclasses.replace(assignment, home=assignment.home.resolve()))

    def listened(going: Sequence[_Far]) -> None:
        ray.wait([each.hearing for each in going], timeout=LISTEN_S)

    return attended(given, member, listened)


class _Far(Member):
    """One in an actor of its own, on a node that Ray chooses.

    Attributes:
      hearing: what it says next, to come.
    """

    desk: Any
    hearing: Any

    def __init__(self, ray: Any, actor: Any, shared: Path, number: int, assignment: Assignment):
        self._ray, self._actor, self._shared = ray, actor, shared
        self._patience_s = 0.0
        super().__init__(number, assignment)

    def begin(self) -> None:
        self.desk = self._actor.remote(self.assignment, self._shared, version("trainee"), self._patience_s)
        self._patience_s, self._heard = VACATED_S, False
        self._listen()

    def listen(self) -> Iterator[News]:
        if not self._ray.wait([self.hearing], timeout=0)[0]:
            return
        try:
            said, code, how = self._ray.get(self.hearing)
        except self._ray.exceptions.RayError as error:
            yield self.ended(None, f"its actor ended: {_first_line(error)}")
            return
        self._heard = True
        for each in said:
            yield from self.news(each)
        if code is None:
            self._listen()
            return
        self._dismiss()
        yield self.ended(code, how)

    def stop(self) -> None:
        if self.over:
            return
        if not self._heard:
            # It may wait for a free node, and has hardly begun in any case.
            self._dismiss()
        with suppress(self._ray.exceptions.RayError):
            self.desk.stop.remote()

    def join(self) -> None:
        while not self.over:
            try:
                _, code, _ = self._ray.get(self.hearing)
            except self._ray.exceptions.RayError:
                return
            if code is not None:
                return
            self._listen()

    def kill(self) -> None:
        if not self.over:
            self._dismiss()

    def _listen(self) -> None:
        self.hearing = self.desk.hear.remote(LISTEN_S)

    def _dismiss(self) -> None:
        """Its CPU is free for another."""
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(self.desk)


class _Desk:
    """What the actor is: a worker at work in a thread, what it has said so far, and whether it is to stop."""

    def __init__(self, assignment: Assignment, shared: Path, ours: str, patience_s: float):
        self._said, self._stopping = queue.SimpleQueue[dict[str, Any] | None](), threading.Event()
        self._code, self._how = DEFECT, ""
        self._given = assignment, shared, ours, patience_s
        threading.Thread(target=self._work, daemon=True).start()

    def hear(self, wait_s: float) -> tuple[list[dict[str, Any]], int | None, str]:
        """What it has said since it was asked last, waiting a while for it; the code that it ended with, and how, once
        nothing is left to say.
        """
        said: list[dict[str, Any]] = []
        with suppress(queue.Empty):
            one = self._said.get(timeout=wait_s)
            while one is not None:
                said.append(one)
                one = self._said.get_nowait()
            return said, self._code, self._how
        return said, None, ""

    def stop(self) -> None:
        """Have it save and end."""
        self._stopping.set()

    def send(self, said: dict[str, Any], /) -> None:
        """As `Told` has it."""
        self._said.put(said)

    def poll(self) -> bool:
        """As `Told` has it."""
        return self._stopping.is_set()

    def _work(self) -> None:
        try:
            self._code = self._worked(*self._given)
            self._how = f"it ended with code {self._code}"
        except BaseException as error:
            self._how = f"it raised {error!r}: {traceback.format_exc(limit=-3)}"
        self._said.put(None)

    def _worked(self, assignment: Assignment, shared: Path, ours: str, patience_s: float) -> int:
        if refusal := _unfit(shared, ours):
            self.send({"error": InvalidArgument.__name__, "message": refusal})
            return REFUSED
        _wait_until_vacated(assignment.home, patience_s)
        return laboured(assignment, self)


def _unfit(shared: Path, ours: str) -> str | None:
    """Why no worker can be at work on this node, if so."""
    where, theirs = socket.gethostname(), version("trainee")
    if theirs != ours:
        return f"on {where} is version {theirs} of trainee, and here {ours}: install the same on all nodes"
    try:
        found = shared.read_text(encoding="utf-8") == shared.name
    except OSError:
        found = False
    if found:
        return None
    return (
        f"on {where}, {shared.parent} is not the home of this fleet: the nodes do not share it. Choose a --home on a "
        f"disk that all nodes have under the same path"
    )


def _wait_until_vacated(home: Path, patience_s: float) -> None:
    """Wait until nobody works in a home, but not for longer than this."""
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends:
        try:
            with record.lock(home):
                return
        except HomeInUse:
            time.sleep(LOOK_S)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
