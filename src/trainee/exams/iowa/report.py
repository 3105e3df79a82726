"""The page of the gambling task: agents' curves beside people's, and each bar with what was found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainee.exams.bars import Bar, bars_table
from trainee.exams.drawing import COLOURS, blank_axes, house_style, inline_svg
from trainee.exams.iowa import people
from trainee.exams.iowa.load import INTACT
from trainee.exams.iowa.score import Likeness
from trainee.exams.numerals import NOT_KNOWN
from trainee.exams.pages import numbers_written, page, table, written

WIDE = 620
HEAD = ("", "block 1", "2", "3", "4", "5", "A", "B", "C", "D", "switch", "win-stay", "lose-shift", "spread", "heard")


def write_page(
    path: Path, found: dict[str, Likeness], schemes: dict[int, Likeness], bars: Sequence[Bar], agents: dict[str, int]
) -> Path:
    """Write the page.

    Args:
      path: an `.html` file.
      found: of each condition.
      schemes: the intact agents of each.
      bars: what was asked, and what was found.
      agents: how many there were of each condition.
    Raises:
      MissingExtra: matplotlib is not installed.
      SaveFailed: the file could not be written.
    """
    with house_style():
        curve = _curve(found)
    rows = [_people(), *(_row(name, one, agents[name]) for name, one in found.items())]
    tables = [bars_table(bars), table("In numbers", HEAD, rows), _schemes(schemes)]
    text = page("trainee.exams.iowa", curve=curve, sections="\n".join(tables))
    numbers_written(path, [_numbers(name, one, agents[name]) for name, one in found.items()])
    return written(path, text)


def _numbers(name: str, one: Likeness, agents: int) -> dict[str, object]:
    return {
        "condition": name,
        "agents": agents,
        **{f"block {number}": float(share) for number, share in enumerate(one.curve, 1)},
        **dict(zip("ABCD", one.decks.tolist(), strict=True)),
        **{rate: getattr(one, rate) for rate in ("switch", "win_stay", "lose_shift", "spread", "heard", "error")},
    }


def _curve(found: dict[str, Likeness]) -> str:
    axes = blank_axes(WIDE)
    blocks = np.arange(1.0, 6.0)
    axes.plot(blocks, people.curve(), color=COLOURS["ink"], dashes=(4, 2))
    intact = found[INTACT]
    axes.fill_between(blocks, intact.low, intact.high, color=COLOURS["blue"], alpha=0.2, linewidth=0)
    axes.plot(blocks, intact.curve, color=COLOURS["blue"])
    for name, one in found.items():
        if name != INTACT:
            whole = name == "all"
            axes.plot(blocks, one.curve, color=COLOURS["orange" if whole else "muted"], linewidth=2 if whole else 1)
    axes.set(ylim=(0, 1), xlabel="block of twenty trials", title="share of good decks", xticks=blocks)
    told = ", ".join(f"{name} {one.curve[-1]:.2f}" for name, one in found.items())
    return inline_svg(axes, "iowa", f"Share of good decks in the last block: people {people.curve()[-1]:.2f}, {told}")


def _schemes(schemes: dict[int, Likeness]) -> str:
    rows = [
        [f"scheme {scheme}, {who}", *(f"{share:.3f}" for share in curve)]
        for scheme, found in schemes.items()
        for who, curve in (("people", people.BLOCKS[scheme]), ("agents", found.curve))
    ]
    return table("By scheme, share of good decks", HEAD[:6], rows)


def _people() -> list[str]:
    numbers = (*people.curve(), *people.DECKS, people.SWITCH, people.WIN_STAY, people.LOSE_SHIFT, people.SPREAD)
    return [f"{people.PEOPLE} people", *(f"{number:.3f}" for number in numbers), NOT_KNOWN]


def _row(name: str, one: Likeness, agents: int) -> list[str]:
    numbers = (*one.curve, *one.decks, one.switch, one.win_stay, one.lose_shift, one.spread)
    title = f"{agents} agents" if name == INTACT else f"{agents} without {'any emotion' if name == 'all' else name}"
    return [title, *(f"{number:.3f}" for number in numbers), f"{one.heard:.2f}"]
