"""A release: which stage a new version is in, and how it came there. Plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from trainee.errors import InvalidArgument
from trainee.release.gates import Verdict

Stage = Literal["shadow", "canary", "full", "rolled_back"]
Approval = Literal["person", "automatic"]
# Out of the others no gate leads.
NEXT: dict[Stage, Stage] = {"shadow": "canary", "canary": "full"}
# Who moves a release where no person does.
AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Move:
    """How a release came into a stage.

    Attributes:
      stage: the stage it came into.
      at: seconds since 1970.
      by: the person, or `AUTOMATIC`.
      why: a sentence for people.
      verdicts: what the gates said then.
    """

    stage: Stage
    at: float
    by: str
    why: str
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class Release:
    """The way of a version into work.

    Attributes:
      id: its name.
      job: the job it is for.
      version: the frozen agent.
      source: where the version was taken from.
      share: of the episodes, that are the canary's.
      approval: who lets it go on where the gates pass: a person, or nobody has to.
      stage: where it is now.
      history: every move so far, the first one into `shadow`. Only ever appended to.
    """

    id: str
    job: str
    version: str
    source: str
    share: float
    approval: Approval
    stage: Stage
    history: tuple[Move, ...]

    @property
    def over(self) -> bool:
        """No gate leads out of its stage."""
        return self.stage not in NEXT

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        moves = [
            {**asdict(move), "verdicts": [verdict.to_json() for verdict in move.verdicts]} for move in self.history
        ]
        return {**asdict(self), "history": moves}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Release:
        """What `to_json` wrote.

        Raises:
          InvalidArgument: something else was.
        """
        try:
            moves = tuple(
                Move(**{**move, "verdicts": tuple(map(Verdict.from_json, move["verdicts"]))})
                for move in fields["history"]
            )
            release = cls(**{**fields, "history": moves})
        except (TypeError, KeyError, AttributeError) as error:
            raise InvalidArgument(f"this is no release: {error!r}") from None
        if not moves or release.stage != moves[-1].stage or release.stage not in get_args(Stage):
            raise InvalidArgument(f"release {release.id} is in {release.stage!r}, where its history does not lead")
        return release
