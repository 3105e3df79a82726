"""Reports: what those who watch are shown of decisions, episodes and jobs, as the OpenAPI document has it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from trainee.serve.answers import Answer, Control, Decided, Release
from trainee.serve.bodies import Json


class Told(Decided):
    """A decision as it was made."""

    seq: int
    at: float
    job: str
    event_id: str
    observation: Any
    action_mask: Any
    baseline_action: Any
    deadline_ms: float | None
    by: str | None


class RewardTold(Answer):
    """A reward of a decision."""

    reward_id: str
    value: float
    observed_at: float
    final: bool
    of: int | None
    late: bool
    at: float


class OverrideTold(Answer):
    """What a person did instead."""

    action: Any
    by: str
    reason: str
    late: bool
    at: float


class WholeDecision(Told):
    """A decision, and what came of it."""

    rewards: list[RewardTold]
    account: float | None
    settled: bool
    defaulted: bool
    override: OverrideTold | None


class Decisions(Answer):
    """The newest decisions; those before them are asked for by `before`."""

    decisions: list[WholeDecision]
    before: int | None


class EpisodeTold(Answer):
    """An episode; `return` and `length` are told of the newest ones only, once all is settled."""

    seq: int
    at: float
    episode: str
    version: str
    stage: str
    release: str | None
    over: bool
    ended_at: float | None
    terminated: bool | None
    truncated: bool | None
    lost: bool | None
    return_: Annotated[float | None, Field(alias="return")]
    length: int | None


class Episodes(Answer):
    """The newest episodes; those before them are asked for by `before`."""

    episodes: list[EpisodeTold]
    before: int | None


class LedgerEntry(Answer):
    """An intervention, in words."""

    seq: int
    at: float
    kind: str
    by: str | None
    text: str


class Ledger(Answer):
    """The newest interventions; those before them are asked for by `before`."""

    entries: list[LedgerEntry]
    before: int | None


class Counts(Answer):
    """Of a job, since it was made."""

    episodes: int
    open_episodes: int
    decisions: int
    rewards: int
    defaulted: int
    late_rewards: int
    overrides: int
    baseline: int
    person: int


class Learned(Answer):
    """How far learning is: time steps learned from, and events that are still to be taken up."""

    steps: int
    behind: int


class Job(Answer):
    """A job, and what it is doing now."""

    job: str
    observation_space: Json
    action_space: Json
    masked: bool
    restartable: bool
    reward_window_s: float
    default_reward: float
    rewards: Literal["sum", "mean", "last"]
    idle_s: float
    share: float
    seed: int
    width: int
    made_at: float
    ready: bool
    control: Control
    serving: str
    release: Release | None
    counts: Counts
    learned: Learned
    recent_return: float | None
    decisions_per_s: float
    newest: Told | None
    curve_tail: list[float]


class Jobs(Answer):
    """All jobs."""

    jobs: list[Job]


class Point(Answer):
    """An episode of a job's curve."""

    episode: str
    ended_at: float
    version: str
    stage: str
    release: str | None
    return_: Annotated[float, Field(alias="return")]
    length: int
    predicted: float | None
    realised: float | None
    low: float | None
    high: float | None
    source: Literal["agent", "mixed"]
    intervened: bool


class Mark(Answer):
    """Something that people did, or that has changed, on a job's curve."""

    at: float
    kind: Literal["override", "control", "release", "drift"]
    text: str


class WholeJob(Job):
    """A job with its curve."""

    curve: list[Point]
    marks: list[Mark]
    feelings: dict[str, float] | None
