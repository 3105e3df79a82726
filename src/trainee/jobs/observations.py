"""Observations of any space: each leaf as numbers, categories or an image, and what can be wrong with it.

Each kind works on the host with `xp=numpy`, and inside `jit` with `xp=jax.numpy`, where nothing is checked.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from jaxtyping import Bool

from trainee.errors import UnsupportedSpace
from trainee.jobs.images import image_axes

MOST_VALUES = 2**16
WRAPPER = "gymnasium.wrappers.TransformObservation"
LARGEST = float(np.finfo(np.float32).max)


class Part(ABC):
    """A leaf of the observation space.

    Attributes:
      path: where it is, as code would read it.
      shape: of the observation, as the job gives it.
      size: how many elements that is.
      numbers: how many numbers it is to the agent.
      bounded: which of them have both bounds.
      categories: size of each categorical part.
      image: height, width and channels, or None.
      is_bytes: whether the image is made of bytes.
    """

    numbers = 0
    categories: tuple[int, ...] = ()
    image: tuple[int, int, int] | None = None
    is_bytes = False
    bounded: Bool[np.ndarray, " numbers"] = np.zeros(0, bool)

    def __init__(self, path: str, shape: tuple[int, ...]):
        self.path, self.shape, self.size = path, shape, math.prod(shape)

    @abstractmethod
    def fault(self, raw: Any) -> str | None:
        """Why an observation is not fit, naming the place, the value and the bound; None where it is fit."""

    @abstractmethod
    def encoded(self, raw: Any, xp: Any) -> Any:
        """The observation as `[numbers]` float32, `[parts]` int32, or `[height, width, channels]`."""

    def place(self, index: int) -> str:
        """The path of one element, by its index in the flattened observation."""
        if not self.shape:
            return self.path
        return f"{self.path}[{', '.join(str(i) for i in np.unravel_index(index, self.shape))}]"

    def _first_place(self, fit: np.ndarray | np.bool_) -> tuple[int, str]:
        index = int(np.argmin(np.reshape(fit, -1)))
        return index, self.place(index)

    def _form_fault(self, array: np.ndarray, dtype: np.dtype) -> str | None:
        if array.shape != self.shape:
            return f"{self.path} has shape {array.shape}, where its space has {self.shape}"
        if not np.can_cast(array.dtype, dtype):
            return f"{self.path} is {array.dtype}, where its space has {dtype}"
        return None


class Numbers(Part):
    """A Box, flattened. Numbers outside float32's finite range are clipped to it."""

    def __init__(self, path: str, space: spaces.Box, slack: float = 0.0):
        super().__init__(path, space.shape)
        self.numbers = self.size
        self.dtype = np.dtype(space.dtype)
        self.low, self.high = space.low, space.high
        self.bounded = (space.bounded_below & space.bounded_above).reshape(-1)
        self._wide = self.dtype.kind == "f" and self.dtype.itemsize > 4
        # NaN and the infinities lie in no interval of finite numbers: the same comparisons find them.
        self._least, self._most = space.low, space.high
        if self.dtype.kind == "f":
            finite = np.finfo(space.low.dtype)
            with np.errstate(over="ignore", invalid="ignore"):
                across = space.high - space.low
            beyond = slack * np.where(across < finite.max / (2 * max(slack, 1.0)), across, 0)
            self._least = np.maximum(space.low - beyond, finite.min).astype(space.low.dtype)
            self._most = np.minimum(space.high + beyond, finite.max).astype(space.low.dtype)

    def fault(self, raw: Any) -> str | None:
        """See `Part.fault`."""
        if not isinstance(raw, np.ndarray):
            try:
                raw = np.asarray(raw, self.dtype)
            except (ValueError, TypeError, OverflowError):
                return f"{self.path} is {shown(raw)}, where its space has {self.dtype} of shape {self.shape}"
        if raw.shape != self.shape or raw.dtype is not self.dtype:
            fault = self._form_fault(raw, self.dtype)
            if fault is not None:
                return fault
        fit = (raw >= self._least) & (raw <= self._most)
        if np.count_nonzero(fit) == self.size:
            return None
        index, place = self._first_place(fit)
        value, low, high = (np.reshape(array, -1)[index] for array in (raw, self.low, self.high))
        if not np.isfinite(value):
            return f"{place} is {value}"
        return f"{place} is {value}, {f'below its bound {low}' if value < low else f'above its bound {high}'}"

    def encoded(self, raw: Any, xp: Any) -> Any:
        """See `Part.encoded`."""
        return self._cast(raw, xp, np.float32).reshape(-1)

    def _cast(self, raw: Any, xp: Any, dtype: type) -> Any:
        if xp is not np:
            return xp.asarray(raw, dtype)
        if self._wide:
            raw = np.clip(np.asarray(raw, self.dtype), -LARGEST, LARGEST)
        # A copy: many environments write the next observation into the same array.
        return np.array(raw, dtype)


class Image(Numbers):
    """A Box that is an image, or a stack of them along leading axes, which become channels."""

    def __init__(self, path: str, space: spaces.Box, axes: tuple[int, ...], slack: float = 0.0):
        super().__init__(path, space, slack)
        self.numbers = 0
        self.is_bytes = self.dtype == np.uint8
        height, width = self.shape[axes[0]], self.shape[axes[1]]
        self.image = (height, width, self.size // (height * width))
        self._axes = axes

    def encoded(self, raw: Any, xp: Any) -> Any:
        """See `Part.encoded`."""
        image = self._cast(raw, xp, np.uint8 if self.is_bytes else np.float32)
        return xp.transpose(image, self._axes).reshape(self.image)


class Categories(Part):
    """A Discrete or MultiDiscrete: each element its distance from the start."""

    def __init__(self, path: str, space: spaces.Discrete | spaces.MultiDiscrete):
        super().__init__(path, space.shape or ())
        self.dtype = np.dtype(space.dtype)
        sizes = space.n if isinstance(space, spaces.Discrete) else space.nvec
        self.categories = tuple(int(n) for n in np.ravel(sizes))
        self._starts = [int(start) for start in np.ravel(space.start)]
        self._start = np.ravel(space.start).astype(np.int32)

    def fault(self, raw: Any) -> str | None:
        """See `Part.fault`."""
        if isinstance(raw, int) and not self.shape:
            values = [int(raw)]
        else:
            array = as_array(raw)
            if array.dtype.kind not in "iu":
                return f"{self.path} is {shown(raw)}, where its space has {self.dtype} of shape {self.shape}"
            # What is no array has no dtype of its own.
            fault = self._form_fault(array, array.dtype if isinstance(raw, Sequence) else self.dtype)
            if fault is not None:
                return fault
            values = array.reshape(-1).tolist()
        for index, (value, start, n) in enumerate(zip(values, self._starts, self.categories, strict=True)):
            if not start <= value < start + n:
                return f"{self.place(index)} is {value}, outside its range {start} to {start + n - 1}"
        return None

    def encoded(self, raw: Any, xp: Any) -> Any:
        """See `Part.encoded`."""
        return xp.asarray(raw).astype(np.int32).reshape(-1) - self._start


class Bits(Part):
    """A MultiBinary: numbers that are 0 or 1."""

    def __init__(self, path: str, space: spaces.MultiBinary):
        super().__init__(path, space.shape)
        self.numbers = self.size
        self.bounded = np.ones(self.size, bool)

    def fault(self, raw: Any) -> str | None:
        """See `Part.fault`."""
        array = as_array(raw)
        if array.dtype.kind not in "iufb":
            return f"{self.path} is {shown(raw)}, where its space has zeros and ones of shape {self.shape}"
        if array.shape != self.shape:
            return f"{self.path} has shape {array.shape}, where its space has {self.shape}"
        fit = (array == 0) | (array == 1)
        if np.all(fit):
            return None
        index, place = self._first_place(fit)
        return f"{place} is {array.reshape(-1)[index]}, neither 0 nor 1"

    def encoded(self, raw: Any, xp: Any) -> Any:
        """See `Part.encoded`."""
        return xp.asarray(raw).astype(np.float32).reshape(-1)


class Characters(Part):
    """A Text: each place a category, 0 where the text has ended, then the characters in sorted order."""

    def __init__(self, path: str, space: spaces.Text):
        super().__init__(path, (space.max_length,))
        self._least, self._index = space.min_length, {c: i + 1 for i, c in enumerate(sorted(space.character_set))}
        self.categories = (len(self._index) + 1,) * space.max_length

    def fault(self, raw: Any) -> str | None:
        """See `Part.fault`."""
        if not isinstance(raw, str):
            return f"{self.path} is {shown(raw)}, where its space has a text"
        if not self._least <= len(raw) <= self.size:
            return f"{self.path} has {len(raw)} characters, outside its range {self._least} to {self.size}"
        strange = next((i for i, c in enumerate(raw) if c not in self._index), None)
        return None if strange is None else f"{self.place(strange)} is {raw[strange]!r}, not in its character set"

    def encoded(self, raw: Any, xp: Any) -> Any:
        """See `Part.encoded`. Text never comes from inside `jit`."""
        encoded = np.zeros(self.size, np.int32)
        encoded[: len(raw)] = [self._index[c] for c in raw]
        return encoded


def as_array(raw: Any) -> np.ndarray:
    """A value as an array, of objects where it is ragged."""
    try:
        return np.asarray(raw)
    except ValueError:
        return np.asarray(None)


def shown(raw: Any) -> str:
    """A value as it is shown in a message: short, with its type."""
    text = repr(raw)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(raw).__name__})"


def part(path: str, space: spaces.Space, slack: float = 0.0) -> Part:
    """How to read one leaf of an observation space.

    Args:
      path: where it stands in the space.
      space: of the leaf.
      slack: how far beyond its bounds a float may lie and still be fit, in distances between the bounds.

    Raises:
      UnsupportedSpace: says which part, and what to wrap it in.
    """
    if isinstance(space, spaces.Box):
        axes = image_axes(space.shape)
        return Numbers(path, space, slack) if axes is None else Image(path, space, axes, slack)
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete):
        categories = Categories(path, space)
        if max(categories.categories, default=0) > MOST_VALUES:
            raise UnsupportedSpace(
                f"{path} is {space}: more than {MOST_VALUES} values are too many to learn about one by one. Make it a "
                f"Box with {WRAPPER}, if its values lie on a scale"
            )
        return categories
    if isinstance(space, spaces.MultiBinary):
        return Bits(path, space)
    if isinstance(space, spaces.Text):
        return Characters(path, space)
    raise UnsupportedSpace(f"{path} is a {type(space).__name__}, {remedy(space)} with {WRAPPER}")


def remedy(space: spaces.Space) -> str:
    """What is wrong with an unsupported space, and what to make of it."""
    if isinstance(space, spaces.Graph):
        return "which has no fixed size: make it a Dict of Boxes with room for its most nodes and edges,"
    if isinstance(space, spaces.Sequence):
        return "which has no fixed size: make it a Tuple or Box with room for its longest length,"
    if isinstance(space, spaces.OneOf):
        return "which is one thing or another: make it a Dict of all of them and of a Discrete that says which holds,"
    return "which is none of Gymnasium's own spaces: make it a Box, Discrete, MultiDiscrete, MultiBinary, Dict or Tuple"
