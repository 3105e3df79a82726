"""How steeply delays and odds are discounted: areas under the curves of what is later, or uncertain, is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from trainee.exams.bars import Bar
from trainee.exams.discounting.load import INTACT, LESIONED, Choices
from trainee.exams.stats import bounds
from trainee.jobs.offers import CHANCES, DELAYS

# Odds against what comes with each probability (Rachlin, Raineri & Cross 1991).
ODDS = tuple((1 - chance) / chance for chance in CHANCES)


class Discounting(NamedTuple):
    """What agents of one condition make of delays and of odds.

    Attributes:
      worth: what 1 is worth, by delays and behind them by probabilities: the share of choices that it got.
      delays, odds: the areas under the two curves: mean, and its 95% interval over agents. 1 where nothing
        is discounted (Myerson, Green & Warusawitharana 2001).
    """

    worth: Float[np.ndarray, " places"]
    delays: tuple[float, float, float]
    odds: tuple[float, float, float]


def discounting(choices: Choices) -> Discounting:
    """What the agents of a condition make of delays and of odds."""
    worth, delays, odds = _areas(choices)
    return Discounting(worth.mean(axis=0), _told(delays), _told(odds))


def predictions(found: dict[str, Choices]) -> list[Bar]:
    """Whether agents without emotions discount delays more steeply than intact ones, and odds less steeply. Compared
    agent by agent, as the same seeds are in both.
    """
    _, *intact = _areas(found[INTACT])
    _, *lesioned = _areas(found[LESIONED])
    delays, odds = (_told(without - whole) for without, whole in zip(lesioned, intact, strict=True))
    text = "{:+.3f} [{:+.3f}, {:+.3f}] of the area"
    return [
        Bar("without emotions delays are discounted more steeply", text.format(*delays), delays[2] < 0),
        Bar("without emotions odds are discounted less steeply", text.format(*odds), odds[1] > 0),
    ]


def _areas(
    choices: Choices,
) -> tuple[Float[np.ndarray, "agents places"], Float[np.ndarray, " agents"], Float[np.ndarray, " agents"]]:
    worth = choices.more / np.maximum(choices.offered, 1.0)
    return worth, _area(DELAYS, worth[:, : len(DELAYS)]), _area(ODDS, worth[:, len(DELAYS) :])


def _area(places: Sequence[float], worth: Float[np.ndarray, "agents places"]) -> Float[np.ndarray, " agents"]:
    """By trapezes, the largest place being 1; what comes at once and for sure is worth all of it."""
    at = np.array([0.0, *places]) / places[-1]
    heights = np.concatenate([np.ones((len(worth), 1)), worth], axis=1)
    return np.sum((heights[:, 1:] + heights[:, :-1]) / 2 * np.diff(at), axis=1)


def _told(numbers: Float[np.ndarray, " agents"]) -> tuple[float, float, float]:
    return float(numbers.mean()), *bounds(numbers)
