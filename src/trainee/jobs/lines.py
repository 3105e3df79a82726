"""Continuous actions on lines: between a Box and coordinates, one for each of its elements.

Where an element has both bounds, its choices lie evenly between them. Where it lacks one or both, they lie on a curve
that is fine about a centre (the bound that there is, or 0) and reaches far: a·sinh(b·t), t the way from the centre to
the end. With 11 choices and no bounds these are 0, ±0.1, ±0.6, ±3.2, ±17.9 and ±100; with one bound, 0, 0.04, 0.10,
0.24, ..., 42 and 100 away from it. A bound of 10¹⁸ or more counts as none.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gymnasium import spaces
from jaxtyping import Float

from trainee.errors import InvalidArgument

REACH = 100.0
BEND = 8.6
BOUNDLESS = 1e18


class Line:
    """The lines of one Box.

    Attributes:
      choices: on each line: as many as asked for, or as many as there are integers, if those are fewer.
    """

    def __init__(self, space: spaces.Box, most_choices: int, even_choices: int | None = None):
        """Make the lines of a Box.

        Args:
          space: the Box.
          most_choices: on each line.
          even_choices: on each line of floats with both bounds, where choices lie evenly; by default as many.
        """
        if most_choices < 2:
            raise InvalidArgument(f"a continuous action needs 2 choices or more on its line, not {most_choices}")
        self.shape, self._dtype = space.shape, np.dtype(space.dtype)
        self._whole = self._dtype.kind != "f"
        self._low, self._high = _finite_bounds(space, self._whole)
        below = space.bounded_below.reshape(-1) & (self._low > -BOUNDLESS)
        above = space.bounded_above.reshape(-1) & (self._high < BOUNDLESS)
        self._even, self._curved = below & above, ~(below & above)
        # On curves: where the centre is, and how the way along the line maps to the way from the centre.
        self._centre = np.where(below, self._low, np.where(above, self._high, 0.0))
        self._stretch = np.where(below | above, 1.0, 2.0)
        self._shift = np.where(below, 0.0, -1.0)
        even_choices = most_choices if even_choices is None else even_choices
        self.choices = tuple(even_choices if even and not self._whole else most_choices for even in self._even)
        if self._whole:
            integers = self._high - self._low + 1
            self.choices = tuple(int(min(most_choices, n)) for n in integers)
        self._last = np.maximum(np.array(self.choices) - 1, 1)
        most = np.finfo(np.float32).max
        self._bounds_in_jax = [np.clip(bound, -most, most).astype(np.float32) for bound in (self._low, self._high)]

    def values(self, coordinates: Any, xp: Any) -> Any:
        """The Box's value at coordinates `[elements]`."""
        low, high = (self._low, self._high) if xp is np else self._bounds_in_jax
        way = xp.clip(xp.asarray(coordinates) / self._last, 0.0, 1.0)
        # Half the width twice: the whole width of the widest line is infinite.
        part = way * (high / 2 - low / 2)
        value = low + part + part
        if self._curved.any():
            curve = self._centre + REACH * xp.sinh(BEND * (self._stretch * way + self._shift)) / math.sinh(BEND)
            value = xp.where(self._even, value, curve)
        if self._whole:
            value = xp.round(value)
        value = xp.clip(value, low, high).reshape(self.shape)
        return value.astype(self._dtype) if xp is np else value.astype(_within_jax(self._dtype))

    def coordinates(self, values: Any) -> Float[np.ndarray, " elements"]:
        """The coordinates of the Box's value: `values`, turned round."""
        value = np.asarray(values, np.float64).reshape(-1)
        width = self._high / 2 - self._low / 2
        with np.errstate(over="ignore"):
            even = (value / 2 - self._low / 2) / np.where(width > 0, width, 1.0)
            bent = np.arcsinh((value - self._centre) * math.sinh(BEND) / REACH) / BEND
        way = np.where(self._even, even, (bent - self._shift) / self._stretch)
        last = np.array(self.choices) - 1
        return (np.clip(way, 0.0, 1.0) * last).astype(np.float32)


def _finite_bounds(space: spaces.Box, whole: bool) -> tuple[np.ndarray, np.ndarray]:
    """Bounds as float64 that, taken back to the Box's type, are inside it."""
    if not whole:
        most = np.finfo(space.low.dtype).max
        clipped = [np.clip(bound, -most, most) for bound in (space.low, space.high)]
        low, high = (bound.reshape(-1).astype(np.float64) for bound in clipped)
        return low, high
    low, high = (np.array([float(bound) for bound in np.ravel(bounds)]) for bounds in (space.low, space.high))
    # The largest integers have no float64 of their own: step back inside.
    too_low = np.array([int(f) < int(b) for f, b in zip(low, np.ravel(space.low), strict=True)], bool)
    too_high = np.array([int(f) > int(b) for f, b in zip(high, np.ravel(space.high), strict=True)], bool)
    return np.where(too_low, np.nextafter(low, np.inf), low), np.where(too_high, np.nextafter(high, -np.inf), high)


def _within_jax(dtype: np.dtype) -> np.dtype:
    import jax  # noqa: PLC0415 only jobs in JAX come here

    return jax.dtypes.canonicalize_dtype(dtype)
