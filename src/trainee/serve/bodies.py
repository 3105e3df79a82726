"""Bodies: what calls say, as the OpenAPI document has it. `answers` and `reports` have what they are answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

NAME = r"^[A-Za-z0-9._-]{1,64}$"
Name = Annotated[str, Field(pattern=NAME)]
Id = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Reason = Annotated[str, Field(max_length=2_000)]
Finite = FiniteFloat
SECONDS = 10**9
# Of one decision, before it is settled.
MOST_REWARDS = 10_000
Seconds = Annotated[Finite, Field(gt=0, le=SECONDS)]
Instant = Annotated[Finite, Field(ge=0, le=10**11)]
Json = dict[str, Any]


class Body(BaseModel):
    """What a call says: no field that is not known, and no text where a number is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewJob(Body):
    """A job to be made."""

    job: Name
    observation_space: Json
    action_space: Json
    masked: bool = False
    restartable: bool = False
    reward_window_s: Seconds = 60.0
    default_reward: Annotated[Finite, Field(ge=-1e30, le=1e30)] = 0.0
    rewards: Literal["sum", "mean", "last"] = "sum"
    idle_s: Seconds = 3600.0
    share: Annotated[Finite, Field(ge=0.01, le=1)] = 1.0
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    width: Annotated[int, Field(ge=1, le=1024)] = 64


class NewEpisode(Body):
    """An episode to be begun; under a name of the client's it is begun once, however often it asks."""

    episode: Name | None = None


class RewardBefore(Body):
    """What came of the decision before."""

    value: Finite
    reward_id: Id | None = None
    observed_at: Instant | None = None
    final: bool = True


class NewReward(Body):
    """What came of a decision."""

    reward_id: Id
    value: Finite
    observed_at: Instant | None = None
    final: bool = True
    of: Annotated[int, Field(ge=1, le=MOST_REWARDS)] | None = None


class NewDecision(Body):
    """What is seen, and what to fall back on."""

    event_id: Id
    sequence: Annotated[int, Field(ge=0, le=2**53)]
    observation: Any
    action_mask: Any = None
    baseline_action: Any = None
    deadline_ms: Annotated[Finite, Field(gt=0, le=600_000)] | None = None
    reward: RewardBefore | None = None


class EpisodeEnd(Body):
    """How an episode ended."""

    terminated: bool = False
    truncated: bool = False
    observation: Any = None
    reward: RewardBefore | None = None


class Override(Body):
    """What a person did instead."""

    action: Any
    reason: Reason = ""


class Control(Body):
    """Who is to decide."""

    job: Name
    mode: Literal["agent", "paused", "person"]
    action: Any = None
    reason: Reason = ""


class NewRelease(Body):
    """A version to be released."""

    job: Name
    source: Annotated[str, Field(max_length=128)] = "live"
    share: Annotated[Finite, Field(ge=0.05, le=0.5)] | None = None
    approval: Literal["person", "automatic"] = "person"
    reason: Reason = ""


class Move(Body):
    """A release to be moved on or called off."""

    reason: Reason = ""


class Noted(Body):
    """One thing that a client noted while it was offline; what it did, it decided itself."""

    kind: Literal["episode", "decision", "reward", "end"]
    job: Name | None = None
    episode: Name | None = None
    sequence: Annotated[int, Field(ge=0, le=2**53)] | None = None
    event_id: Id | None = None
    reward_id: Id | None = None
    observation: Any = None
    action_mask: Any = None
    action: Any = None
    value: Finite | None = None
    observed_at: Instant | None = None
    final: bool = True
    of: Annotated[int, Field(ge=1, le=MOST_REWARDS)] | None = None
    terminated: bool = False
    truncated: bool = False


class Batch(Body):
    """What was noted, in order."""

    events: Annotated[list[Noted], Field(min_length=1, max_length=1_000)]
