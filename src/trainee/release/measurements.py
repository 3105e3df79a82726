"""What is measured of a release: counts in the shadow, returns in the canary. Built up event by event, and plain data.

Entering the same events in the same order gives the same numbers to the last bit, so that a service rebuilds them from
its events.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import isnan
from typing import Any

from trainee.errors import InvalidArgument
from trainee.release.contrast import Contrast, entered

# Milliseconds a decision may take. A program that asks gives 50 in the examples, and the way there and back is its own.
LIMIT_MS = 25.0
# Of a canary's episodes. A half finds the smallest difference there is to find in so many episodes.
SHARE = 0.5


@dataclass(frozen=True)
class Measurements:
    """All that the gates are judged by.

    Attributes:
      contrast: returns of the canary's episodes beside those of the version that serves.
      limit_ms: what takes longer is slow.
      decisions: how many the candidate made in the shadow.
      valid: of these, actions that the job allows.
      slow: of these, later than `limit_ms`.
      agreed: of these, the same action as the version that serves.
      returns: how many returns came to be that the candidate had given an interval for.
      inside: of these, within it.
    """

    contrast: Contrast
    limit_ms: float = LIMIT_MS
    decisions: int = 0
    valid: int = 0
    slow: int = 0
    agreed: int = 0
    returns: int = 0
    inside: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain data, whose size does not grow."""
        return {**asdict(self), "contrast": self.contrast.to_json()}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Measurements:
        """What `to_json` wrote.

        Raises:
          InvalidArgument: something else was.
        """
        try:
            return cls(**{**fields, "contrast": Contrast.from_json(fields["contrast"])})
        except (TypeError, KeyError, AttributeError) as error:
            raise InvalidArgument(f"these are no measurements of a release: {error!r}") from None


def blank(share: float = SHARE, limit_ms: float = LIMIT_MS) -> Measurements:
    """Of a release of which nothing is known yet.

    Args:
      share: of the episodes that are to be the canary's, above 0 and below 1.
      limit_ms: what a decision may take, in milliseconds.
    Raises:
      InvalidArgument: one of them is out of range.
    """
    if not limit_ms > 0:
        raise InvalidArgument(f"the limit of a decision is {limit_ms} ms; it has to be above 0")
    return Measurements(Contrast(share), limit_ms)


def shadowed(measurements: Measurements, valid: bool, took_ms: float, agreed: bool) -> Measurements:
    """After one more decision in the shadow.

    Args:
      measurements: before it.
      valid: the action is one that the job allows; one that never came is not.
      took_ms: milliseconds until it was there; infinite where it never was.
      agreed: the action is that of the version that serves.
    Raises:
      InvalidArgument: the time is not a number.
    """
    if isnan(took_ms):
        raise InvalidArgument("the time of a decision is NaN ms; say infinite where it never came")
    return replace(
        measurements,
        decisions=measurements.decisions + 1,
        valid=measurements.valid + bool(valid),
        slow=measurements.slow + (took_ms > measurements.limit_ms),
        agreed=measurements.agreed + bool(agreed),
    )


def foreseen(measurements: Measurements, inside: bool) -> Measurements:
    """After one more return that the candidate had given an interval for; `inside` if it came to lie within.

    One an episode, such as that of its first decision: those of one episode come true or not together, and together
    say no more than one.
    """
    return replace(measurements, returns=measurements.returns + 1, inside=measurements.inside + bool(inside))


def finished(measurements: Measurements, canary: bool, total: float) -> Measurements:
    """After one more episode that began in the canary stage, in the order in which they end.

    Args:
      measurements: before it.
      canary: the candidate decided in it, and not the version that serves.
      total: its undiscounted return.
    Raises:
      InvalidArgument: the return is not finite, or too large to be squared.
    """
    return replace(measurements, contrast=entered(measurements.contrast, canary, total))
