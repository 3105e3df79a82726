"""The difference between what a canary's episodes bring and those of the version that serves, in the same time.

Episodes are compared within blocks: runs of them, in the order in which they ended, that go on until both arms have
`BLOCK`. What drifts for both arms alike cancels out in each. Of a block that is over only sums are kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from math import inf, isfinite, nan, sqrt
from typing import Any

from trainee.errors import InvalidArgument
from trainee.release.arms import Arm
from trainee.release.bounds import LOWER, UPPER, reach

# Shorter blocks follow a faster drift, and each costs about one episode in what is known: here 4% of all.
BLOCK = 10
# Episodes of each arm below which no difference is believed: deviations of fewer are anyone's guess.
LEAST = 10
# Episodes of each arm before the canary goes on. What happens to one in 17 would have been seen, 19 times of 20.
SEEN = 50
# Beyond this the sums of squares would leave what a float holds.
LARGEST = 1e100
ARMS = ("canary", "serving")


@dataclass(frozen=True)
class Estimate:
    """Mean return of the canary less that of the version that serves, in the same time.

    Attributes:
      difference: in units of return; NaN before both arms have two episodes in a block.
      error: its standard error.
      weight: Σ n₁ n₀ / (n₁ + n₀) over blocks in which both arms have two episodes.
      deviation: standard deviation of the serving version's returns within blocks.
    """

    difference: float
    error: float
    weight: float
    deviation: float


@dataclass(frozen=True)
class Contrast:
    """All that is kept of both arms' returns: a few dozen numbers, however many episodes there are.

    Attributes:
      share: of the episodes that are to be the canary's; how soon the bounds become narrow depends on it.
      canary, serving: the arms.
      apart: Σ weight · (mean of the canary − mean of the serving) over blocks that are over.
      weight: Σ n₁ n₀ / (n₁ + n₀) over them.
      low, high: the narrowest bounds of the difference since both arms had `SEEN` episodes. Those of a later look may
        be wider, and do not make the earlier ones wrong.
    """

    share: float
    canary: Arm = field(default_factory=Arm)
    serving: Arm = field(default_factory=Arm)
    apart: float = 0.0
    weight: float = 0.0
    low: float = -inf
    high: float = inf

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InvalidArgument(f"the share of a canary is {self.share}; it has to be above 0 and below 1")

    def to_json(self) -> dict[str, Any]:
        """As plain data; a bound that is not known is None."""
        return {**asdict(self), "low": _known(self.low), "high": _known(self.high)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Contrast:
        """What `to_json` wrote."""
        arms = {name: Arm.from_json(fields[name]) for name in ARMS}
        low, high = fields["low"], fields["high"]
        bounds = {"low": -inf if low is None else low, "high": inf if high is None else high}
        return cls(**{**fields, **arms, **bounds})


def entered(contrast: Contrast, canary: bool, total: float) -> Contrast:
    """After one more episode.

    Args:
      contrast: before it.
      canary: which arm decided in it.
      total: its undiscounted return.
    Raises:
      InvalidArgument: the return is not finite, or larger than `LARGEST`.
    """
    if not abs(total) <= LARGEST:
        raise InvalidArgument(f"the return of an episode is {total}: only finite ones can be compared. Leave it out")
    arm = "canary" if canary else "serving"
    grown = replace(contrast, **{arm: getattr(contrast, arm).after(float(total))})
    if min(grown.canary.block.count, grown.serving.block.count) >= BLOCK:
        grown = _closed(grown)
    low, high = _bounds(grown)
    # Where next to nothing has happened yet, or nothing ever varied, bounds are not held against what comes.
    if min(grown.canary.count, grown.serving.count) < SEEN or low == high:
        return grown
    return replace(grown, low=max(grown.low, low), high=min(grown.high, high))


def estimated(contrast: Contrast) -> Estimate:
    """The difference as far as it is known.

    Its error is the larger of two: with the arms' own variances, and with one that both share. The first alone takes a
    canary that has been lucky, and whose few returns vary little, for sure; the second one that varies more.
    """
    whole = _closed(contrast)
    canary, serving, weight = whole.canary, whole.serving, whole.weight
    if not weight:
        return Estimate(nan, nan, 0.0, sqrt(serving.variance))
    own = (canary.leverage * canary.variance + serving.leverage * serving.variance) / weight / weight
    shared = (canary.squares + serving.squares) / (canary.freedom + serving.freedom) / weight
    return Estimate(whole.apart / weight, sqrt(max(own, shared)), weight, sqrt(serving.variance))


def bounds(contrast: Contrast) -> tuple[float, float]:
    """Between which values the difference lies, at every look but for 4 releases in 100 above and 5 below."""
    low, high = _bounds(contrast)
    return max(low, contrast.low), min(high, contrast.high)


def _bounds(contrast: Contrast) -> tuple[float, float]:
    """From the episodes so far alone."""
    if min(contrast.canary.count, contrast.serving.count) < LEAST:
        return -inf, inf
    now = estimated(contrast)
    if not isfinite(now.difference):
        return -inf, inf
    below, above = (reach(now.weight, contrast.share, spent) for spent in (LOWER, UPPER))
    return now.difference - below * now.error, now.difference + above * now.error


def _closed(contrast: Contrast) -> Contrast:
    """With the block under way among those that are over."""
    canary, serving = contrast.canary.block, contrast.serving.block
    # One return shows no deviation: beside others that never vary, it would be a difference without an error.
    alone = min(canary.count, serving.count) < 2
    weight = 0.0 if alone else canary.count * serving.count / (canary.count + serving.count)
    return replace(
        contrast,
        canary=contrast.canary.closed(weight),
        serving=contrast.serving.closed(weight),
        apart=contrast.apart + weight * (canary.mean - serving.mean),
        weight=contrast.weight + weight,
    )


def _known(bound: float) -> float | None:
    return bound if isfinite(bound) else None
