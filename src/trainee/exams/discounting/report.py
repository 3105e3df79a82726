"""The page of discounting: what is later or uncertain is worth to agents, and the predictions with what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from trainee.exams.bars import Bar, bars_table
from trainee.exams.discounting.load import INTACT, LESIONED, Choices
from trainee.exams.discounting.score import ODDS, Discounting, discounting
from trainee.exams.drawing import COLOURS, blank_axes, house_style, inline_svg
from trainee.exams.pages import numbers_written, page, table, written
from trainee.jobs.offers import CHANCES, DELAYS

WIDE = 620
HEAD = ("", *(f"{delay:.0f} later" for delay in DELAYS), "area", *(f"{chance:.0%}" for chance in CHANCES), "area")


def write_page(path: Path, found: dict[str, Choices], bars: Sequence[Bar]) -> Path:
    """Write the page.

    Args:
      path: an `.html` file.
      found: of each condition.
      bars: what was predicted, and what was found.
    Raises:
      MissingExtra: matplotlib is not installed.
      SaveFailed: the file could not be written.
    """
    known = {name: discounting(choices) for name, choices in found.items()}
    split = len(DELAYS)
    with house_style():
        of_delays = {name: one.worth[:split].tolist() for name, one in known.items()}
        delays = _curves("delays", DELAYS, of_delays, "worth of 1 that comes so many steps later")
        of_odds = {name: one.worth[split:].tolist() for name, one in known.items()}
        odds = _curves("odds", ODDS, of_odds, "worth of 1 with such odds against it")
    rows = [_row(name, one, len(found[name].offered)) for name, one in known.items()]
    tables = [bars_table(bars, "Predictions", "predicted"), table("In numbers", HEAD, rows)]
    text = page("trainee.exams.discounting", delays=delays, odds=odds, sections="\n".join(tables))
    numbers_written(path, [row for name, one in known.items() for row in _numbers(name, one)])
    return written(path, text)


def _numbers(name: str, one: Discounting) -> list[dict[str, object]]:
    offers = [*(("delay", delay) for delay in DELAYS), *(("chance", chance) for chance in CHANCES)]
    return [
        {"condition": name, "of": kind, "at": float(at), "worth": worth}
        for (kind, at), worth in zip(offers, one.worth.tolist(), strict=True)
    ]


def _curves(name: str, places: Sequence[float], worth: Mapping[str, Sequence[float]], title: str) -> str:
    axes = blank_axes(WIDE)
    at = [0.0, *places]
    for condition, curve in worth.items():
        colour = {INTACT: "blue", LESIONED: "orange"}.get(condition, "muted")
        axes.plot(at, [1.0, *curve], color=COLOURS[colour], linewidth=1 if colour == "muted" else 2)
    axes.set(ylim=(0, 1), title=title, xticks=[0.0, *(place for place in places if place >= 1)])
    told = ", ".join(f"{condition} {curve[-1]:.2f}" for condition, curve in worth.items())
    return inline_svg(axes, name, f"{title}; at the last: {told}")


def _row(name: str, one: Discounting, agents: int) -> list[str]:
    split = len(DELAYS)
    worth = [f"{number:.3f}" for number in one.worth]
    areas = ["{:.3f} [{:.3f}, {:.3f}]".format(*area) for area in (one.delays, one.odds)]
    title = f"{agents} agents" if name == INTACT else f"without {'any emotion' if name == LESIONED else name}"
    return [title, *worth[:split], areas[0], *worth[split:], areas[1]]
