"""Courses: releases under way, and what was measured of each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from trainee.release import GATES, Measurements, Release, Verdict, canary_verdicts, finished, foreseen, shadow_verdicts

# Episodes whose interval waits for their return, or the other way round.
MOST_WAITING = 10_000


@dataclass
class Course:
    """A release under way, and what was measured of it.

    Attributes:
      release: where it stands.
      measured: what its gates are judged by.
      before: the version that served when it began.
      foretold, came: of episodes in its shadow: the interval that it gave, the return that came.
      moving: it is being moved.
    """

    release: Release
    measured: Measurements
    before: str
    foretold: dict[str, tuple[float, float]] = field(default_factory=dict)
    came: dict[str, float] = field(default_factory=dict)
    moving: bool = False

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the gates of its stage say now."""
        if self.release.stage not in GATES:
            return ()
        return shadow_verdicts(self.measured) if self.release.stage == "shadow" else canary_verdicts(self.measured)

    def shadowed(self, body: dict[str, Any]) -> None:
        """What it would have done in an episode, or in a part of one."""
        counts = {name: getattr(self.measured, name) + body[name] for name in ("decisions", "valid", "slow", "agreed")}
        self.measured = replace(self.measured, **counts)
        if body["interval"] is not None:
            _kept(self.foretold, body["episode"], tuple(body["interval"]))
        self._compare(body["episode"])

    def returned(self, point: dict[str, Any]) -> None:
        """An episode is over. What others decided in it says nothing about a version."""
        if point["realised"] is None or point["intervened"]:
            return
        if self.release.stage == "canary" and point["release"] == self.release.id:
            self.measured = finished(self.measured, point["version"] == self.release.version, point["return"])
        if self.release.stage == "shadow":
            _kept(self.came, point["episode"], point["realised"])
            self._compare(point["episode"])

    def _compare(self, episode: str) -> None:
        if episode in self.foretold and episode in self.came:
            low, high = self.foretold.pop(episode)
            self.measured = foreseen(self.measured, low <= self.came.pop(episode) <= high)


def _kept(waiting: dict[str, Any], episode: str, what: Any) -> None:
    """Until the other half comes; those that waited longest give way."""
    if len(waiting) >= MOST_WAITING:
        del waiting[next(iter(waiting))]
    waiting[episode] = what


def view(course: Course) -> dict[str, Any]:
    """A release as people and programs are shown it."""
    release = course.release.to_json()
    verdicts = course.verdicts or course.release.history[-1].verdicts
    return {"release": release.pop("id"), **release, "verdicts": [verdict.to_json() for verdict in verdicts]}
