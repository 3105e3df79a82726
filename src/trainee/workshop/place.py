"""A place: one job in the workshop, as the service sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainee.jobs import JsonCodec, from_json

if TYPE_CHECKING:
    from trainee.workshop.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent decides at one time step of an episode.

    Attributes:
      action: as JSON.
      value, spread, interval, propensity, discount, abandon: as in `Decision`.
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
    discount: float
    abandon: bool
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
    """

    def __init__(self, about: Mapping[str, Any], workshop: Workshop):
        self.about, self._workshop = dict(about), workshop
        self.codec = codec_of(about)
        self.cursor = self.steps = 0

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
        return Reply(**await self._workshop.call("ask", self.about["job"], version, underway, before, told, words))

    async def freeze(self, version: str, source: str) -> None:
        """Make a version; see `Bench.frozen`.

        Raises:
          InvalidArgument: there is no such source, or it cannot be used.
          RecordError: it cannot be read, or not be written.
          WorkshopGone: it cannot be done now.
        """
        await self._workshop.call("freeze", self.about["job"], version, source)


def codec_of(about: Mapping[str, Any]) -> JsonCodec:
    """The codec of a job that was made so."""
    spaces = from_json(about["observation_space"]), from_json(about["action_space"])
    return JsonCodec(about["job"], *spaces, about["masked"])
