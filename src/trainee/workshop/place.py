"""A place: one job in the workshop, as the service sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainee.errors import TraineeError
from trainee.jobs import JsonCodec, from_json

if TYPE_CHECKING:
    from trainee.workshop.workshop import Workshop


class WorkshopGone(TraineeError):
    """What decides is being begun again, or has too much to do: nothing can be asked now."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent decides at one time step of an episode.

    Attributes:
      action: as JSON.
      value, spread, interval, propensity, abandon: as in `Decision`.
      feelings: the level of each emotion, by its name.
      heard: how many members of the ensemble were heard.
      conduct: what learning will have to be told, as JSON.
      underway: what it remembers of the episode from here on, as text.
      sound: all of it is numbers.
      took_s: how long it took, in seconds.
    """

    action: Any
    value: float
    spread: float
    interval: list[float]
    propensity: float
    abandon: bool
    feelings: dict[str, float]
    heard: int
    conduct: dict[str, Any]
    underway: str
    sound: bool
    took_s: float


class Place:
    """One job in the workshop.

    Args:
      about: what the job was made with.
      workshop: where it is decided and learned.

    Attributes:
      about: as above.
      codec: reads what the job says.
      cursor: the last event that learning has taken up.
      steps: time steps that were learned from.
      ready: it can be asked; else it is being made ready, perhaps again.
    """

    def __init__(self, about: Mapping[str, Any], workshop: Workshop):
        self.about, self._workshop = dict(about), workshop
        self.codec = codec_of(about)
        self.cursor = self.steps = 0
        self.ready = False

    async def ask(
        self, version: str, underway: str | None, before: Any, told: Sequence[Any], words: Sequence[int]
    ) -> Reply:
        """What a version decides.

        Args:
          version: `live`, or a frozen one.
          underway: what it remembers of the episode; None where that begins.
          before: what was done at the time step before, as JSON; None at a first one.
          told: the arguments of `JsonCodec.heard`.
          words: two numbers of 32 bits, from which all that is drawn follows.
        Raises:
          WorkshopGone: it cannot be asked now.
        """
        return Reply(**await self._call("ask", version, underway, before, told, words))

    async def freeze(self, version: str, source: str) -> None:
        """Make a version; see `Bench.frozen`.

        Raises:
          InvalidArgument: there is no such source, or it cannot be used.
          RecordError: it cannot be read, or not be written.
          WorkshopGone: it cannot be done now.
        """
        await self._call("freeze", version, source)

    async def _call(self, name: str, *told: Any) -> Any:
        if not self.ready:
            raise WorkshopGone(f"job {self.about['job']!r} is being made ready: ask again in a moment")
        return await self._workshop.call(name, self.about["job"], *told)


def codec_of(about: Mapping[str, Any]) -> JsonCodec:
    """The codec of a job that was made so."""
    spaces = from_json(about["observation_space"]), from_json(about["action_space"])
    return JsonCodec(about["job"], *spaces, about["masked"])


def folder_of(home: Path, job: str) -> Path:
    """Where a job's agent is kept; names that differ in case alone are told apart."""
    mark = hashlib.sha256(job.encode()).hexdigest()[:8]
    return home / "jobs" / f"{job.lower().strip('.') or 'job'}-{mark}"
