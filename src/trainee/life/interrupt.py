"""Ctrl-C between steps: the first one lets the step under way finish, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], bool]]:
    """Hold back the first Ctrl-C; yields a function that says whether there was one.

    A step's buffers are donated: an exception between the call and the assignment of its result would lose the agent.
    Whoever holds it back stops as soon as nothing can be lost, and raises KeyboardInterrupt then. Outside the main
    thread nothing is held back, since signals do not arrive there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False

    def hold(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, hold)
    try:
        yield lambda: asked
    finally:
        # None: the handler before was not set from Python, and cannot be set again.
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
