"""Numbers as a reader wants them."""

from __future__ import annotations

import math

NOT_KNOWN = "–"


def numeral(value: float, beside: float = 0.0) -> str:
    """A quantity with as many decimals as its size deserves; a dash where it is not known.

    Args:
      value: the quantity.
      beside: a larger one that it stands next to, and whose number of decimals it takes.
    """
    if not math.isfinite(value):
        return NOT_KNOWN
    size = max(abs(value), abs(beside) if math.isfinite(beside) else 0.0)
    decimals = 2 if size < 10 else 1 if size < 10_000 else 0
    # Adding zero makes a rounded −0 a 0.
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "−")


def counted(count: int, noun: str) -> str:
    """`1 episode`, `1,200 episodes`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def duration(seconds: float) -> str:
    """`less than 1 s`, `48 s`, `2 min 31 s`, `3 h 5 min`; a dash where it is not known."""
    if not math.isfinite(seconds):
        return NOT_KNOWN
    if seconds < 1:
        return "less than 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def numeral_between(value: float, low: float, high: float) -> str:
    """A quantity with its interval, where that is known: `0.93 [0.90, 0.97]`."""
    return numeral(value) + (f" [{numeral(low)}, {numeral(high)}]" if math.isfinite(low) else "")
