"""Bars: what an exam asks, and what was found."""

from __future__ import annotations

from typing import NamedTuple


class Bar(NamedTuple):
    """One bar of an exam: what it asks, what was found, and whether that is within it."""

    asked: str
    found: str
    met: bool
