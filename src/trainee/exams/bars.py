"""Bars: what an exam asks, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from trainee.exams.pages import table


class Bar(NamedTuple):
    """One bar of an exam: what it asks, what was found, and whether that is within it."""

    asked: str
    found: str
    met: bool


def bars_table(bars: Sequence[Bar], title: str = "Bars", asked: str = "asked") -> str:
    """All bars of an exam, for its page, under a title; `asked` heads what they ask."""
    rows = [[escape(bar.asked), escape(bar.found), "met" if bar.met else "short"] for bar in bars]
    return table(title, (asked, "found", ""), rows)


def bar_lines(bars: Sequence[Bar]) -> list[str]:
    """All bars of an exam, for a terminal."""
    return [f"{'met' if bar.met else 'short':6} {bar.asked}: {bar.found}" for bar in bars]
