"""What tests of the writer share: what they have written, and what they are told of it."""

from __future__ import annotations

import threading
import time

from trainee.record.events import Draft, Event


def group(*keys):
    return [Draft("decision", "cooling", {"key": key}, key) for key in keys]


class View:
    """What was handed on, as a service would keep it; it can be held up."""

    def __init__(self):
        self.commits: list[list[Event]] = []
        self.free = threading.Event()
        self.free.set()

    def __call__(self, events):
        assert self.free.wait(30)
        self.commits.append(events)

    @property
    def events(self):
        return [event for commit in self.commits for event in commit]


def until(condition, patience_s=10.0):
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
