"""Drift: what comes is no longer what was expected, so that people look at what has changed in the job."""

from __future__ import annotations

from dataclasses import dataclass

# The share of returns that may lie beyond one of the bounds, a tenth being meant to; one that tells of drift; and how
# many episodes pass on the mean, at least, before there is a false alarm of either kind.
USUAL, DRIFTED, EPISODES = 0.25, 0.6, 2_000


@dataclass
class Drift:
    """Watches on which side of its bounds the return of each episode lies.

    An e-detector after Shiryaev and Roberts (Shin, Ramdas & Rinaldo 2022, arXiv 2203.03532): while no more returns lie
    beyond a bound than are usual, whatever they depend on, the mean number of episodes to an alarm is at least
    `EPISODES`. Where all do, it comes with the ninth.

    Attributes:
      below, above: evidence that more than are usual lie below the lower bound, and above the upper one.
    """

    below: float = 0.0
    above: float = 0.0

    def met(self, realised: float, low: float, high: float) -> str | None:
        """One more episode; what has drifted, in words, if anything has."""
        self.below = _grown(self.below, realised < low)
        self.above = _grown(self.above, realised > high)
        if max(self.below, self.above) < EPISODES:
            return None
        said = "less" if self.below >= self.above else "more"
        self.below = self.above = 0.0
        return f"returns come to {said} than was expected"


def _grown(evidence: float, beyond: bool) -> float:
    return (evidence + 1) * (DRIFTED / USUAL if beyond else (1 - DRIFTED) / (1 - USUAL))
