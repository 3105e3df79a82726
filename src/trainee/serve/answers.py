"""Answers to those who work, as the OpenAPI document has them; `reports` has what those who watch are shown.

What is sent is made elsewhere: tests compare.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["agent", "paused", "person"]
Stage = Literal["shadow", "canary", "full", "rolled_back"]
Source = Literal["agent", "baseline", "person", "client"]
Fallback = Literal["deadline", "paused", "taken_over", "invalid"]


class Answer(BaseModel):
    """What is answered: these fields, and no others."""

    model_config = ConfigDict(extra="forbid")


class Decided(Answer):
    """What to do."""

    decision: str
    episode: str
    sequence: int
    action: Any
    propensity: float | None
    value: float | None
    spread: float | None
    interval: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    abandon: bool
    feelings: dict[str, float] | None
    heard: int | None
    version: str
    stage: str
    source: Source
    fallback: Fallback | None
    took_ms: float


class Begun(Answer):
    """An episode that was begun."""

    episode: str
    job: str
    version: str
    stage: str


class Acknowledged(Answer):
    """Something that is on disk; `late` where it came too late to be learned from."""

    seq: int
    late: bool


class Control(Answer):
    """Who decides."""

    mode: Mode
    action: Any
    by: str | None
    reason: str | None
    at: float | None


class Verdict(Answer):
    """What a gate says."""

    gate: str
    outcome: Literal["pass", "fail", "inconclusive"]
    measured: float | None
    low: float | None
    high: float | None
    count: int
    why: str


class Move(Answer):
    """How a release came into a stage."""

    stage: Stage
    at: float
    by: str
    why: str
    verdicts: list[Verdict]


class Release(Answer):
    """A release, and what its gates say now."""

    release: str
    job: str
    version: str
    source: str
    share: float
    approval: Literal["person", "automatic"]
    stage: Stage
    history: list[Move]
    verdicts: list[Verdict]


class Releases(Answer):
    """The newest releases."""

    releases: list[Release]


class Me(Answer):
    """What the key may do; `jobs` null where that is all."""

    name: str
    scopes: list[str]
    jobs: list[str] | None


class BatchResult(Answer):
    """What came of one thing that a client noted: what its call would have answered."""

    status: int
    code: str = ""
    message: str = ""
    episode: str = ""
    decision: str = ""
    seq: int = 0
    late: bool = False


class BatchResults(Answer):
    """What came of each, in order."""

    results: list[BatchResult]


class Alive(Answer):
    """It lives."""

    status: Literal["ok"]


class Ready(Answer):
    """It can work; `learning` says what is wrong with learning, if anything is."""

    status: Literal["ready"]
    learning: str | None


class Fault(Answer):
    """What is wrong; `retry` where it is worth while to ask again."""

    code: str
    message: str
    retry: bool


class Refusal(Answer):
    """A call that cannot be done."""

    error: Fault
