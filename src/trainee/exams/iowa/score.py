"""How like people's the choices are: the curve, the decks, what is done after a win and after a loss, the spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from trainee.exams.bars import Bar
from trainee.exams.iowa import people
from trainee.exams.iowa.load import INTACT, Sessions
from trainee.exams.iowa.people import BARS
from trainee.exams.stats import bounds

BLOCKS, GOOD = 5, 2
RESAMPLES = 1_000
# Decks within so much of each other, in what a card has brought on the mean, count as near equals.
NEAR = 10.0


@dataclass(frozen=True)
class Likeness:
    """One session of each of some agents, in the terms in which people's were told.

    Attributes:
      curve: share of good decks in each block.
      low, high: its 95% interval over agents.
      decks: share of each deck.
      switch: how often another deck was taken than the time before.
      win_stay: how often the same, after a card that cost no more than it brought.
      lose_shift: how often another, after one that did.
      spread: standard deviation between agents of the share of good decks.
      heard: members of the ensemble heard before a choice.
      error: root mean square of the curve less people's.
    """

    curve: Float[np.ndarray, " blocks"]
    low: Float[np.ndarray, " blocks"]
    high: Float[np.ndarray, " blocks"]
    decks: Float[np.ndarray, " decks"]
    switch: float
    win_stay: float
    lose_shift: float
    spread: float
    heard: float
    error: float


def likeness(sessions: Sessions, test: int = 0) -> Likeness:
    """The choices of a test, the first by default."""
    chosen, gained = sessions.chosen[:, test], sessions.gained[:, test]
    good = (chosen >= GOOD).reshape(len(chosen), BLOCKS, -1).mean(axis=-1)
    drawn = np.random.default_rng(0).integers(0, len(good), (RESAMPLES, len(good)))
    low, high = np.quantile(good[drawn].mean(axis=1), (0.025, 0.975), axis=0)
    switched, won = chosen[:, 1:] != chosen[:, :-1], gained[:, :-1] >= 0
    curve = good.mean(axis=0)
    return Likeness(
        curve,
        low,
        high,
        np.array([(chosen == deck).mean() for deck in range(4)]),
        float(switched.mean()),
        float(1 - switched[won].mean()) if won.any() else float("nan"),
        float(switched[~won].mean()) if (~won).any() else float("nan"),
        float((chosen >= GOOD).mean(axis=1).std(ddof=1)),
        float(sessions.heard[:, test].mean()),
        float(np.sqrt(np.mean((curve - np.array(people.curve())) ** 2))),
    )


def intact_bars(found: Likeness) -> list[Bar]:
    """Whether agents choose as people do."""
    decks = np.abs(found.decks - np.array(people.DECKS)).max()
    rates = (
        ("switch rate", found.switch, people.SWITCH),
        ("win-stay", found.win_stay, people.WIN_STAY),
        ("lose-shift", found.lose_shift, people.LOSE_SHIFT),
    )
    return [
        Bar(f"curve within {BARS.curve} of people's", f"{found.error:.3f}", found.error <= BARS.curve),
        Bar(f"shares of decks within {BARS.deck}", f"{decks:.3f} at the most", bool(decks <= BARS.deck)),
        Bar("B before C", f"{found.decks[1]:.3f}, {found.decks[2]:.3f}", bool(found.decks[1] > found.decks[2])),
        *(
            Bar(f"{name} {people_s} ± {BARS.rate}", f"{rate:.3f}", abs(rate - people_s) <= BARS.rate)
            for name, rate, people_s in rates
        ),
        Bar(
            f"spread between agents {people.SPREAD} ± {BARS.spread}",
            f"{found.spread:.3f}",
            abs(found.spread - people.SPREAD) <= BARS.spread,
        ),
    ]


def lesion_bars(lesioned: Likeness, one: dict[str, Sessions]) -> list[Bar]:
    """What is lost without emotions, and that two single lesions lose different things.

    Args:
      lesioned: agents without any.
      one: agents without one, by its name, `concern` and `fear` among them; and intact ones, to be told beside these.
    """
    known = {name: reaction(one[name]) for name in (INTACT, "concern", "fear")}
    known = {name: of_one[np.isfinite(of_one)] for name, of_one in known.items()}
    means = {name: float(of_one.mean()) for name, of_one in known.items()}
    ends = {name: bounds(of_one) for name, of_one in known.items()}
    title = {name: name if name == INTACT else f"without {name}" for name in known}
    told = ", ".join(
        f"{title[name]} {means[name]:+.3f} [{low:+.3f}, {high:+.3f}]" for name, (low, high) in ends.items()
    )
    return [
        Bar(
            f"without any, last block below {BARS.lesioned}",
            f"{lesioned.curve[-1]:.3f}",
            lesioned.curve[-1] < BARS.lesioned,
        ),
        Bar(
            f"a deck is left more after a loss than after a win: by more than {BARS.rate} without concern (readout), "
            "by less without fear (appraisal)",
            told,
            ends["concern"][0] > BARS.rate > ends["fear"][1],
        ),
    ]


def reaction(sessions: Sessions) -> Float[np.ndarray, " agents"]:
    """By how much more often each agent leaves a deck after a loss than after a win from the same deck, in the first
    test; decks weighted by their losses, NaN where there is no deck that brought both. What decks an agent prefers does
    not enter: losses come from decks that are left more often anyway.
    """
    chosen, gained = sessions.chosen[:, 0], sessions.gained[:, 0]
    switched, lost = chosen[:, 1:] != chosen[:, :-1], gained[:, :-1] < 0
    of_deck = chosen[:, :-1, None] == np.arange(4)
    counts, left = (
        [np.sum(of_deck & after[..., None], axis=1) for after in side]
        for side in ((lost, ~lost), (lost & switched, ~lost & switched))
    )
    both = (counts[0] > 0) & (counts[1] > 0)
    more = left[0] / np.maximum(counts[0], 1) - left[1] / np.maximum(counts[1], 1)
    weight = np.where(both, counts[0], 0)
    total = weight.sum(axis=1)
    return np.where(total > 0, (weight * more).sum(axis=1) / np.maximum(total, 1), np.nan)


def retest_bars(intact: Sessions, lesioned: Sessions) -> list[Bar]:
    """Whether agents get better when they are tested again, and those without emotions do not: for sure, both by
    themselves and beside intact ones. That nothing is known of them does not meet it.
    """
    gains = [_gain(sessions) for sessions in (intact, lesioned)]
    ours, theirs, more = bounds(gains[0]), bounds(gains[1]), bounds(*gains)
    told = [
        f"{gain.mean():+.3f} [{low:+.3f}, {high:+.3f}]" for gain, (low, high) in zip(gains, (ours, theirs), strict=True)
    ]
    return [
        Bar("intact agents get better over five retests", told[0], ours[0] > 0),
        Bar(
            f"those without emotions do not: by less than {BARS.regain}, and by less than intact ones",
            f"{told[1]}, intact ones by [{more[0]:+.3f}, {more[1]:+.3f}] more",
            theirs[1] < BARS.regain and more[0] > 0,
        ),
    ]


def _gain(sessions: Sessions) -> Float[np.ndarray, " agents"]:
    """How much more of the good decks is taken in retests than in the first test."""
    good = (sessions.chosen >= GOOD).mean(axis=2)
    return good[:, 1:].mean(axis=1) - good[:, 0]


def deliberation_bar(intact: Sessions, lesioned: Sessions) -> Bar:
    """Whether it takes longer to choose between near equals without emotions: those two decks that had brought most on
    the mean up to then are within a tenth of the gain of a card, and each was drawn before.
    """
    ratio = _heard_at_near_equals(lesioned) / _heard_at_near_equals(intact)
    return Bar("chooses between near equals 1.5 times as long without emotions", f"{ratio:.2f} times", ratio >= 1.5)


def _heard_at_near_equals(sessions: Sessions) -> float:
    chosen, gained, heard = sessions.chosen[:, 0], sessions.gained[:, 0], sessions.heard[:, 0]
    of_deck = chosen[..., None] == np.arange(4)
    counts = np.cumsum(of_deck, axis=1)[:, :-1]
    brought = np.cumsum(of_deck * gained[..., None], axis=1)[:, :-1]
    means = np.where(counts > 0, brought / np.maximum(counts, 1), -np.inf)
    best = np.sort(means, axis=-1)[..., -2:]
    near = np.isfinite(best[..., 0]) & (best[..., 1] - best[..., 0] < NEAR)
    return float(heard[:, 1:][near].mean()) if near.any() else float("nan")
