"""Releases that are no better, better and worse, simulated from the canary's beginning: what becomes of them.

`python benchmarks/releases.py [--releases N]` prints the tables and writes them to `results/releases.md`. Returns are
drawn, no agent is at work: what is measured is the gate.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from math import e, exp, log, sqrt
from pathlib import Path

import numpy as np
from table import markdown

from trainee.release import SHARE, arm, blank, canary_verdicts, finished
from trainee.release.contrast import LEAST, estimated

RESULTS = Path(__file__).parent / "results" / "releases.md"
# Episodes of both arms: until a worse version has to be found, and until a release has to be settled.
FOUND, SETTLED = 200, 1000
EFFECTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
SMALL = (0.1, 0.2, 0.3, 0.4, 0.5)
BETTER = 0.3
LONGEST = 500

# Returns of so many episodes of a version that is worse by an effect in standard deviations of the serving one's.
Returns = Callable[[np.random.Generator, int, float], np.ndarray]


@dataclass(frozen=True)
class Fate:
    """What became of a release: an outcome, after how many episodes of both arms and of the canary."""

    outcome: str
    episodes: int
    canary: int


def normal(draws: np.random.Generator, count: int, effect: float) -> np.ndarray:
    return draws.normal(-effect, 1, count)


def bernoulli(chance: float) -> Returns:
    def drawn(draws: np.random.Generator, count: int, effect: float) -> np.ndarray:
        return (draws.random(count) < chance - effect * sqrt(chance * (1 - chance))).astype(float)

    return drawn


def exponential(draws: np.random.Generator, count: int, effect: float) -> np.ndarray:
    """Never below 0: what is worse by a whole deviation earns nothing at all."""
    return draws.exponential(max(1 - effect, 0.0), count)


def lognormal(sign: float) -> Returns:
    """Of exp(normal), as earnings or as costs; what is worse is moved."""

    def drawn(draws: np.random.Generator, count: int, effect: float) -> np.ndarray:
        return sign * draws.lognormal(0, 1, count) - effect * sqrt((e - 1) * e)

    return drawn


def capped(draws: np.random.Generator, count: int, effect: float) -> np.ndarray:
    """A pole that falls at any step with the same chance, and stands for 500 steps at most: 37% do."""
    return np.minimum(draws.exponential(_lasting(effect), count), LONGEST)


def rare(draws: np.random.Generator, count: int, effect: float) -> np.ndarray:
    """A pole that stands for 500 steps, but for one in twenty, which falls at any of them; more often if worse."""
    failures = 0.05
    # Moments of the loss of one that falls: a half, and a third.
    mean, second = LONGEST / 2, LONGEST**2 / 3
    deviation = sqrt(failures * second - (failures * mean) ** 2)
    falls = draws.random(count) < failures + effect * deviation / mean
    return LONGEST - falls * draws.uniform(0, LONGEST, count)


def _lasting(effect: float) -> float:
    """Mean steps until a pole falls, were it not for the cap, by bisection."""

    def mean(scale: float) -> float:
        return scale * (1 - exp(-LONGEST / scale))

    square = 2 * LONGEST * (LONGEST - LONGEST * 2 * exp(-1))
    wanted = mean(LONGEST) - effect * sqrt(square - mean(LONGEST) ** 2)
    low, high = 1e-3, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) < wanted else (low, middle)
    return low


RETURNS: dict[str, Returns] = {
    "normal": normal,
    "success of 80%": bernoulli(0.8),
    "success of 50%": bernoulli(0.5),
    "exponential": exponential,
    "lognormal": lognormal(1),
    "costs, lognormal": lognormal(-1),
    "pole, 37% stand": capped,
    "pole, 95% stand": rare,
}
STEPS = np.arange(SETTLED)
DRIFTS = {
    "none": np.zeros(SETTLED),
    "10 deviations in 1,000 episodes": STEPS / 100,
    "5 at once, after 100 episodes": 5.0 * (STEPS >= 100),
    "±2, every 200 episodes": 2 * np.sin(2 * np.pi * STEPS / 200),
    "±2, every 50 episodes": 2 * np.sin(2 * np.pi * STEPS / 50),
}


def judged(measurements) -> str:
    (verdict,) = canary_verdicts(measurements)
    return verdict.outcome


def by_mixture(measurements) -> str:
    """Whether it fails by the other bound that holds at every look, at its narrowest where 200 episodes end.

    The upper one of Waudby-Smith et al. (2021), arXiv 2103.06476, with the same error of 0.039 in all.
    """
    contrast, error, density = measurements.contrast, 0.039, 0.14
    if min(contrast.canary.count, contrast.serving.count) < LEAST:
        return "inconclusive"
    now = estimated(contrast)
    time = density * now.weight
    reach = sqrt(2 * (time + 1) / time * log(1 + sqrt(time + 1) / (2 * error)))
    return "fail" if now.difference + reach * now.error < 0 else "inconclusive"


def fate(
    returns: Returns,
    effect: float,
    seed: int,
    share: float = SHARE,
    drift: np.ndarray = DRIFTS["none"],
    judge: Callable[..., str] = judged,
) -> Fate:
    """Of one release. Arms are drawn as the service draws them."""
    draws = np.random.default_rng(seed)
    serving, candidate = returns(draws, SETTLED, 0.0) + drift, returns(draws, SETTLED, effect) + drift
    measurements = blank(share)
    for episode in range(SETTLED):
        canary = arm(f"release {seed}", f"episode {episode}", share)
        measurements = finished(measurements, canary, float((candidate if canary else serving)[episode]))
        outcome = judge(measurements)
        if outcome != "inconclusive":
            return Fate(outcome, episode + 1, measurements.contrast.canary.count)
    return Fate("inconclusive", SETTLED, measurements.contrast.canary.count)


def found(fates: list[Fate]) -> str:
    """How many are rolled back in time."""
    return percent([fate.outcome == "fail" and fate.episodes <= FOUND for fate in fates])


def ended(fates: list[Fate], outcome: str) -> str:
    return percent([fate.outcome == outcome for fate in fates])


def percent(so: list[bool]) -> str:
    return f"{100 * np.mean(so):.1f}"


def median(fates: list[Fate]) -> str:
    return f"{np.median([fate.episodes for fate in fates]):.0f}"


def powers(releases: int) -> str:
    """How many of those that are worse are rolled back in time, by distribution."""
    rows = [
        [name, *(found([fate(returns, effect, seed) for seed in range(releases)]) for effect in EFFECTS)]
        for name, returns in RETURNS.items()
    ]
    return markdown(["returns", *(f"{effect:g}" for effect in EFFECTS)], rows)


def errors(releases: int) -> str:
    """What becomes of those that are equal, and of those that are better."""
    rows = []
    for name, returns in RETURNS.items():
        equal = [fate(returns, 0.0, seed) for seed in range(releases)]
        better = [fate(returns, -BETTER, seed) for seed in range(releases)]
        row = [name, found(equal), ended(equal, "fail"), ended(equal, "pass"), median(equal)]
        rows.append([*row, ended(better, "fail"), ended(better, "pass"), median(better)])
    told = ["rolled back within 200", "rolled back", "promoted", "episodes, median"]
    return markdown(["returns", *(f"equal: {what}" for what in told), *(f"better: {what}" for what in told[1:])], rows)


def margins(releases: int) -> str:
    """What becomes in the end of those that are worse by little. Normal returns."""
    rows = []
    for effect in SMALL:
        fates = [fate(normal, effect, seed) for seed in range(releases)]
        rows.append([f"{effect:g}", *(ended(fates, outcome) for outcome in ("fail", "pass", "inconclusive"))])
    return markdown(["worse by", "rolled back", "promoted", "undecided"], rows)


def shares(releases: int) -> str:
    """How much the share of the canary costs and saves; and what another bound would find. Normal returns."""
    rows = []
    for share, judge in ((0.5, judged), (0.25, judged), (0.1, judged), (0.05, judged), (0.5, by_mixture)):
        fates = {
            effect: [fate(normal, effect, seed, share, judge=judge) for seed in range(releases)]
            for effect in (0.0, 0.4, 0.5, 0.6, 0.8, 1.0)
        }
        spent = f"{np.median([one.canary for one in fates[1.0]]):.0f}"
        promoted = ended(fates[0.0], "pass") if judge is judged else "–"
        name = f"{share:g}" if judge is judged else f"{share:g}, by a Gaussian mixture"
        powers = [found(fates[effect]) for effect in fates if effect]
        rows.append([name, *powers, spent, ended(fates[0.0], "fail"), promoted])
    header = ["share", *(f"{effect:g}" for effect in (0.4, 0.5, 0.6, 0.8, 1.0)), "canary's episodes at 1, median"]
    return markdown([*header, "equal: rolled back", "equal: promoted"], rows)


def drifts(releases: int) -> str:
    """Where returns of both arms change alike meanwhile. Normal returns."""
    rows = []
    for name, drift in DRIFTS.items():
        equal, worse = ([fate(normal, d, seed, drift=drift) for seed in range(releases)] for d in (0.0, 0.6))
        rows.append([name, ended(equal, "fail"), ended(equal, "pass"), found(worse), ended(worse, "pass")])
    return markdown(
        ["drift", "equal: rolled back", "equal: promoted", "worse by 0.6: rolled back within 200", "promoted"], rows
    )


def page(releases: int) -> str:
    """The whole file."""
    parts = [
        "# Releases",
        f"What becomes of a canary, in percent of {releases} simulated releases a cell, so that a cell may be off by"
        f" {196 * sqrt(0.05 * 0.95 / releases):.1f} at 95% and by {196 * sqrt(0.25 / releases):.1f} at 50%;"
        " `python benchmarks/releases.py`, defaults, seeds from 0. Episodes are those of both arms, from the canary's"
        f" beginning; a release counts as undecided after {SETTLED:,}. Effects are in standard deviations of the"
        " serving version's returns.",
        f"Worse by so much, and rolled back within {FOUND} episodes:",
        powers(releases),
        f"Equal, and better by {BETTER:g}:",
        errors(releases),
        f"Worse by little, within {SETTLED:,} episodes, normal returns:",
        margins(releases),
        f"By the canary's share, normal returns; worse by so much, and rolled back within {FOUND} episodes:",
        shares(releases),
        "Where returns drift, for both arms alike, normal returns:",
        drifts(releases),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Print the tables and write them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--releases", type=int, default=400, help="how many of each kind")
    text = page(options.parse_args().releases)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
