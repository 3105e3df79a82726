"""Whole numbers that people pass."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from trainee.errors import InvalidArgument


def whole(name: str, value: Any, least: int | None = None, most: int | None = None) -> int:
    """A whole number of Python's, from one of any library's.

    Args:
      name: of the argument, for messages.
      value: as it was passed.
      least, most: the bounds, if there are any; `most` only beside `least`.
    Raises:
      InvalidArgument: it is none, or lies beyond a bound.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if (least is None or least <= number) and (most is None or number <= most):
            return number
    within = "" if least is None else f" of {least:,} or more" if most is None else f" from {least:,} to {most:,}"
    raise InvalidArgument(f"{name} must be a whole number{within}, not {value!r}")
