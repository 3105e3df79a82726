"""What each emotion is worth: what is lost without it, in units of what the intact agent earns beyond random play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from trainee.types import EMOTIONS

RESAMPLES = 4_000
# Of the intervals that are shown; and of all verdicts together the probability that one of them is a false alarm.
ERROR = 0.05
# A clamped emotion does as well where no more than this is lost, of what the intact agent earns beyond random play.
AS_WELL = 0.05

Returns = Float[np.ndarray, "environments seeds"]
# Of each environment, by its name.
ByPlace = Mapping[str, Float[np.ndarray, " seeds"]]


class Estimate(NamedTuple):
    """An interquartile mean with its 95% interval, and with the wider one that verdicts are read from."""

    mean: float
    low: float
    high: float
    lower: float
    upper: float

    @property
    def sign(self) -> int:
        """1 where all of the 95% interval is above 0, −1 where it is below, else 0."""
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Loss:
    """What an arm loses beside the intact agent, in units.

    Attributes:
      arm: its name.
      whole: over all environments and seeds, the interquartile mean.
      mean: the plain mean, in which what is much at a few environments counts too.
      places: the mean of each environment, by its name.
      won, lost: environments in which it does worse, and better, than the intact agent, by more than seeds differ.
    """

    arm: str
    whole: Estimate
    mean: Estimate
    places: dict[str, Estimate]
    won: int
    lost: int


@dataclass(frozen=True)
class Worth:
    """What an emotion is worth: the losses without it and with it held, and the verdict on them."""

    emotion: str
    lesion: Estimate
    clamp: Estimate
    verdict: str


@dataclass(frozen=True)
class Robustness:
    """What a disturbance costs the intact agent and the one without emotions, and by how much more the latter."""

    kind: str
    intact: Estimate
    bare: Estimate
    more: Estimate


@dataclass(frozen=True)
class Place:
    """An environment: the mean online returns of random play and of the intact agent, and what counts as 1 there."""

    name: str
    random: float
    intact: float
    unit: float


EARNS, HELD, COSTS, UNKNOWN = "earns its place", "clamped does as well", "costs", "not told apart"


def unit(arms: Sequence[Float[np.ndarray, " seeds"]], random: Float[np.ndarray, " seeds"]) -> float:
    """What counts as 1 at an environment, in its own units: the root mean square over arms of what each earns on the
    mean beyond random play, but no less than the standard deviation over seeds of either, so that where nothing is
    learned a little luck is no multiple of it. 0 where there is nothing to measure by.

    In units of what one arm earns every other would seem better than it is: where that one had bad luck, the unit would
    be small as well.
    """
    earned = np.mean([(arm.mean() - random.mean()) ** 2 for arm in arms])
    scatter = np.mean([arm.var(ddof=1) for arm in arms])
    return float(max(np.sqrt(earned), np.sqrt(scatter), random.std(ddof=1)))


def interquartile_mean(numbers: Float[np.ndarray, "*more count"]) -> Float[np.ndarray, "*more"]:
    """The mean without the lowest and the highest quarter, along the last axis (Agarwal et al. 2021, §4.3)."""
    cut = numbers.shape[-1] // 4
    return np.asarray(np.sort(numbers, axis=-1)[..., cut : numbers.shape[-1] - cut].mean(axis=-1))


def plain_mean(numbers: Float[np.ndarray, "*more count"]) -> Float[np.ndarray, "*more"]:
    """The mean along the last axis."""
    return np.asarray(numbers.mean(axis=-1))


def estimate(
    differences: Returns,
    verdicts: int = len(EMOTIONS),
    resamples: int = RESAMPLES,
    of: Callable[[np.ndarray], np.ndarray] = interquartile_mean,
) -> Estimate:
    """The interquartile mean over environments and seeds, and its intervals by bootstrap over seeds in each environment
    apart. The environments are taken as they are: it says nothing of others.

    Differs from Agarwal et al. (2021), as rliable has it, in that the interval is widened by √(n / (n − 1)) for n
    seeds: resamples of a few spread less than new ones would.

    Args:
      differences: paired by seed, in units.
      verdicts: among how many verdicts the error is shared.
      resamples: how many.
      of: another mean in its place.
    """
    places, seeds = differences.shape
    drawn = np.random.default_rng(0).integers(0, seeds, (resamples, places, seeds))
    resampled = np.take_along_axis(differences[None], drawn, axis=2).reshape(resamples, -1)
    mean = float(of(differences.reshape(-1)))
    tails = np.array([ERROR, ERROR / verdicts]) / 2
    ends = np.quantile(of(resampled), [*tails, *(1 - tails)])
    low, lower, high, upper = mean + np.sqrt(seeds / (seeds - 1)) * (ends - mean)
    return Estimate(mean, float(low), float(high), float(lower), float(upper))


def verdict(lesion: Estimate, clamp: Estimate) -> str:
    """What is to be said of an emotion.

    earns its place       something is lost without it, and something where it is held at its mean: that it moves counts
    clamped does as well  something is lost without it, and hardly anything where it is held: it is a hyperparameter
    costs                 the agent is better without it
    not told apart        anything else

    Of an emotion that does nothing it is said with a probability of 1 in 140 that it does something, so that with seven
    the probability of any false alarm is 1 in 20.
    """
    if lesion.upper < 0:
        return COSTS
    if lesion.lower > 0 and clamp.lower > 0:
        return EARNS
    if lesion.lower > 0 and clamp.upper < AS_WELL:
        return HELD
    return UNKNOWN


def places(intact: ByPlace, random: ByPlace, others: Sequence[ByPlace] = ()) -> list[Place]:
    """The environments in which there is something to measure by, in units of what these arms earn together."""
    units = {name: unit([arm[name] for arm in (intact, *others)], random[name]) for name in intact}
    return [
        Place(name, float(random[name].mean()), float(intact[name].mean()), one)
        for name, one in units.items()
        if np.isfinite(one) and one > 0
    ]


def differences(where: Sequence[Place], better: ByPlace, worse: ByPlace) -> Returns:
    """By how much each seed does better in one arm than in another, in units."""
    return np.array([(better[place.name] - worse[place.name]) / place.unit for place in where])


def loss(arm: str, where: Sequence[Place], intact: ByPlace, found: ByPlace) -> Loss:
    """What an arm loses beside the intact agent."""
    beside = differences(where, intact, found)
    single = {place.name: estimate(row[None]) for place, row in zip(where, beside, strict=True)}
    signs = [one.sign for one in single.values()]
    return Loss(arm, estimate(beside), estimate(beside, of=plain_mean), single, signs.count(1), signs.count(-1))


def robustness(kind: str, where: Sequence[Place], calm: Sequence[ByPlace], disturbed: Sequence[ByPlace]) -> Robustness:
    """What a disturbance costs.

    Args:
      kind: its name.
      where: the environments.
      calm: the intact agent and the one without emotions, undisturbed.
      disturbed: both, disturbed.
    """
    intact, bare = (differences(where, *pair) for pair in zip(calm, disturbed, strict=True))
    return Robustness(kind, estimate(intact), estimate(bare), estimate(bare - intact))


def best_setting(intact: ByPlace, random: ByPlace, tried: Mapping[str, ByPlace]) -> str:
    """The setting of which the interquartile mean over environments and seeds is the highest, beyond random play and in
    units. The seeds are not those of `intact` and `random`, which only say what counts as 0 and as 1.
    """
    where = [
        place
        for place in places(intact, random, list(tried.values()))
        if all(np.isfinite(found[place.name]).all() for found in tried.values())
    ]

    def worth(name: str) -> float:
        beyond = [(tried[name][place.name] - place.random) / place.unit for place in where]
        return float(interquartile_mean(np.reshape(beyond, -1))) if where else 0.0

    return max(tried, key=worth)
