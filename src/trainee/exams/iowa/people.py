"""What people do at the Iowa Gambling Task, to be equalled and not beaten.

Source: the 617 healthy people of ten studies that Steingroever et al. (2015, doi 10.5334/jopd.ak) collected.
"""

from __future__ import annotations

from typing import NamedTuple

# Share of the good decks, C and D, in blocks of twenty trials, of 90 people at the first scheme and 330 at the second.
BLOCKS = {1: (0.378, 0.531, 0.614, 0.622, 0.665), 2: (0.438, 0.476, 0.510, 0.561, 0.577)}
SHARE_OF_SCHEME = {1: 90 / 420, 2: 330 / 420}
PEOPLE = 617
# Of all three schemes together.
DECKS = (0.151, 0.315, 0.235, 0.299)
SWITCH, WIN_STAY, LOSE_SHIFT = 0.516, 0.52, 0.73
SPREAD = 0.166


class Bars(NamedTuple):
    """How near is near: the curve's root mean square error, as people are from people in 95 of 100 samples; shares of
    decks, rates, the spread between agents; and of an agent without emotions where it has to stay below at the end, and
    how much more of the good decks it may take at the most when it is tested again.
    """

    curve: float = 0.032
    deck: float = 0.03
    rate: float = 0.05
    spread: float = 0.03
    lesioned: float = 0.45
    regain: float = 0.05


BARS = Bars()


def curve() -> tuple[float, ...]:
    """People's share of good decks in each block, the schemes mixed as among them."""
    return tuple(
        sum(SHARE_OF_SCHEME[scheme] * BLOCKS[scheme][block] for scheme in BLOCKS) for block in range(len(BLOCKS[1]))
    )
