"""Gates: what has to be so before a release goes on. Pure functions of measurements, which may be asked at any time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite, isnan
from typing import Any, Literal, get_args

from trainee.errors import InvalidArgument
from trainee.release.bounds import share_bounds
from trainee.release.contrast import SEEN, bounds, estimated
from trainee.release.measurements import Measurements

Outcome = Literal["pass", "fail", "inconclusive"]
# By the stage that they lead out of.
GATES = {"shadow": ("validity", "latency", "calibration", "agreement"), "canary": ("returns",)}

# Of a candidate's decisions at least so many are valid, and at most so many slow. The guard answers another action for
# each of them: more than one in a hundred, and it is no longer the candidate whose returns the canary shows.
VALID, SLOW = 0.99, 0.01
# Of the returns within intervals that are to hold four fifths. They are those of another policy: fewer than half are
# not explained by that, and more than four fifths are no fault.
INSIDE = 0.5
# Fewer returns are not judged.
LEAST_RETURNS = 20
# How much a candidate may be worse and go on, in standard deviations of the serving version's returns: about the least
# that lets 95 of 100 equal ones go on within 1,000 episodes. Where those never vary, this share of their size.
MARGIN, LIKE = 0.3, 0.01
# A difference of so little beside the returns themselves is rounding.
TINY = 1e-9


@dataclass(frozen=True)
class Verdict:
    """What a gate says.

    Attributes:
      gate: its name.
      outcome: `fail` and `pass` are for sure, but for the error that the bounds allow; `inconclusive` waits.
      measured: a share of `count`, or a difference in units of return; None before there is one.
      low, high: bounds of it that hold at every look; None where there is none yet.
      count: of what it was measured: decisions, returns, or episodes of both arms.
      why: a sentence for people.
    """

    gate: str
    outcome: Outcome
    measured: float | None
    low: float | None
    high: float | None
    count: int
    why: str

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Verdict:
        """What `to_json` wrote.

        Raises:
          InvalidArgument: something else was.
        """
        try:
            verdict = cls(**fields)
        except TypeError as error:
            raise InvalidArgument(f"this is no verdict of a gate: {error}") from None
        if verdict.outcome not in get_args(Outcome):
            raise InvalidArgument(f"a verdict's outcome is {verdict.outcome!r}, and not one of {get_args(Outcome)}")
        return verdict


def shadow_verdicts(measurements: Measurements) -> tuple[Verdict, ...]:
    """Of all gates between shadow and canary. None says what the candidate would bring: it has done nothing yet."""
    return validity(measurements), latency(measurements), calibration(measurements), agreement(measurements)


def canary_verdicts(measurements: Measurements) -> tuple[Verdict, ...]:
    """Of all gates between canary and full."""
    return (returns(measurements),)


def validity(measurements: Measurements) -> Verdict:
    """Whether at least `VALID` of the candidate's decisions are actions that the job allows."""
    hits, total = measurements.valid, measurements.decisions
    low, high = share_bounds(hits, total, VALID)
    outcome = "pass" if low >= VALID else "fail" if high < VALID else "inconclusive"
    return _share("validity", outcome, hits, total, low, high, f"decisions are valid; {VALID:.0%} have to be")


def latency(measurements: Measurements) -> Verdict:
    """Whether at most `SLOW` of the candidate's decisions take longer than the limit."""
    hits, total = measurements.slow, measurements.decisions
    low, high = share_bounds(hits, total, SLOW)
    outcome = "pass" if high <= SLOW else "fail" if low > SLOW else "inconclusive"
    about = f"decisions took longer than {measurements.limit_ms:g} ms; {SLOW:.0%} may"
    return _share("latency", outcome, hits, total, low, high, about)


def calibration(measurements: Measurements) -> Verdict:
    """Whether the returns that came lie within the candidate's intervals, unless they clearly do not.

    They are returns of the version that serves, and the candidate foresees its own. So whatever is not far off passes,
    once there are `LEAST_RETURNS`.
    """
    hits, total = measurements.inside, measurements.returns
    low, high = share_bounds(hits, total, INSIDE)
    outcome = "fail" if high < INSIDE else "inconclusive" if total < LEAST_RETURNS else "pass"
    about = f"returns lie within the candidate's intervals; fails below {INSIDE:.0%}, waits for {LEAST_RETURNS} returns"
    return _share("calibration", outcome, hits, total, low, high, about)


def agreement(measurements: Measurements) -> Verdict:
    """How often the candidate does the same as the version that serves. Never fails: to differ is why it is there."""
    hits, total = measurements.agreed, measurements.decisions
    low, high = share_bounds(hits, total, 0.5)
    return _share("agreement", "pass", hits, total, low, high, "decisions are those of the serving version; any may be")


def returns(measurements: Measurements) -> Verdict:
    """Whether the candidate's episodes bring no less than those of the version that serves, in the same time.

    Fails when the difference is below 0 for sure, passes when it is for sure not below −margin.
    """
    contrast = measurements.contrast
    canary, serving, now = contrast.canary, contrast.serving, estimated(contrast)
    count, fewest = canary.count + serving.count, min(canary.count, serving.count)
    if isnan(now.difference):
        told = f"{canary.count} and {serving.count} episodes of canary and serving version: no difference is known yet"
        return Verdict("returns", "inconclusive", None, None, None, count, told)
    low, high = bounds(contrast)
    margin = MARGIN * now.deviation if now.deviation > TINY * serving.size else LIKE * serving.size
    if high < -TINY * serving.size:
        outcome, what = "fail", "worse for sure"
    elif low >= -margin and fewest >= SEEN:
        outcome, what = "pass", f"for sure not worse by more than {margin:.4g}"
    elif fewest < SEEN:
        outcome, what = "inconclusive", f"goes on with {SEEN} episodes of each at the earliest"
    else:
        outcome, what = "inconclusive", f"goes on when it is for sure not worse by more than {margin:.4g}"
    told = (
        f"canary {canary.mean:.4g} over {canary.count} episodes, serving version {serving.mean:.4g} over "
        f"{serving.count}: a difference of {now.difference:.4g}{_between(low, high)}; {what}"
    )
    return Verdict("returns", outcome, now.difference, _known(low), _known(high), count, told)


def _share(gate: str, outcome: Outcome, hits: int, total: int, low: float, high: float, about: str) -> Verdict:
    measured = hits / total if total else None
    return Verdict(gate, outcome, measured, low, high, total, f"{hits:,} of {total:,} {about}")


def _known(bound: float) -> float | None:
    return bound if isfinite(bound) else None


def _between(low: float, high: float) -> str:
    return f", between {low:.4g} and {high:.4g}" if isfinite(low) and isfinite(high) else ""
