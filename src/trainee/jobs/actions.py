"""Actions of any space as coordinates: each leaf one or more components, each with a number of choices.

The coordinate of a component is the number of its choice; where its choices lie on a line, it may lie between two.
Each kind works on the host with `xp=numpy`, and inside `jit` with `xp=jax.numpy`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from gymnasium import spaces
from jaxtyping import Bool, Float

from trainee.errors import UnfitTimeStep, UnsupportedSpace
from trainee.jobs.lines import Line
from trainee.jobs.observations import MOST_VALUES, as_array, remedy, shown

MOST_JOINT_CHOICES = 64
WRAPPER = "gymnasium.wrappers.TransformAction"


class Part(ABC):
    """A leaf of the action space.

    Attributes:
      mask_path: where its mask is, as code would read it.
      choices: how many choices each component has.
      continuous: whether a component's choices lie on a line.
      can_mask: whether a mask can forbid some of its choices.
    """

    choices: tuple[int, ...] = ()
    continuous = False
    can_mask = True

    def __init__(self, path: str):
        self.mask_path = path.replace("action", "action_mask", 1)

    @abstractmethod
    def decoded(self, coordinates: Any, xp: Any) -> Any:
        """The action at coordinates `[components]`; coordinates beyond the last choice count as the last."""

    @abstractmethod
    def coordinates(self, action: Any) -> Float[np.ndarray, " components"]:
        """The coordinates of an action."""

    @abstractmethod
    def allowed(self, mask: Any) -> list[Bool[np.ndarray, " choices"]]:
        """Which choices of each component a mask allows.

        Raises:
          UnfitTimeStep: it is no mask for this space.
        """


class OneOfMany(Part):
    """A Discrete: one component."""

    def __init__(self, path: str, space: spaces.Discrete):
        super().__init__(path)
        self.choices = (int(space.n),)
        self._last, self._start, self._type = int(space.n) - 1, int(space.start), np.dtype(space.dtype).type

    def decoded(self, coordinates: Any, xp: Any) -> Any:
        """See `Part.decoded`. Of the type that the space's own `sample` gives."""
        if xp is np:
            return self._type(min(int(coordinates[0] + 0.5), self._last) + self._start)
        return index(coordinates[0], self._last, xp) + self._start

    def coordinates(self, action: Any) -> Float[np.ndarray, " components"]:
        """See `Part.coordinates`."""
        return np.array([int(action) - self._start], np.float32)

    def allowed(self, mask: Any) -> list[Bool[np.ndarray, " choices"]]:
        """See `Part.allowed`. An array of zeros and ones."""
        return [zero_one(mask, self.choices[0], self.mask_path)]


class Several(Part):
    """A MultiDiscrete or MultiBinary of many joint choices: one component for each element."""

    def __init__(self, path: str, space: spaces.MultiDiscrete | spaces.MultiBinary):
        super().__init__(path)
        self.shape, self._dtype = space.shape, np.dtype(space.dtype)
        self._binary = isinstance(space, spaces.MultiBinary)
        if isinstance(space, spaces.MultiBinary):
            self.sizes, self._start = (2,) * math.prod(space.shape), np.zeros(space.shape, np.int64)
        else:
            self.sizes, self._start = tuple(int(n) for n in np.ravel(space.nvec)), np.asarray(space.start)
        self._last = np.array(self.sizes) - 1
        self.choices = self.sizes

    def decoded(self, coordinates: Any, xp: Any) -> Any:
        """See `Part.decoded`."""
        chosen = index(coordinates, self._last, xp).reshape(self.shape)
        return (chosen + self._start).astype(self._dtype) if xp is np else chosen + self._start.astype(np.int32)

    def coordinates(self, action: Any) -> Float[np.ndarray, " components"]:
        """See `Part.coordinates`."""
        return (np.asarray(action) - self._start).reshape(-1).astype(np.float32)

    def allowed(self, mask: Any) -> list[Bool[np.ndarray, " choices"]]:
        """See `Part.allowed`.

        As the space's own `sample` takes it: for a MultiBinary an array of 0 (never), 1 (always) and 2 (either); for a
        MultiDiscrete a tuple of arrays of zeros and ones, or those in one flat array.
        """
        if self._binary:
            return self._allowed_bits(mask)
        flat = flattened(mask)
        if len(flat) == 1 and flat[0].size == sum(self.sizes):
            flat = np.split(flat[0], np.cumsum(self.sizes)[:-1])
        if len(flat) != len(self.sizes):
            raise UnfitTimeStep(f"{self.mask_path} has {len(flat)} parts, where its space has {len(self.sizes)}")
        return [zero_one(m, n, f"{self.mask_path}[{i}]") for i, (m, n) in enumerate(zip(flat, self.sizes, strict=True))]

    def _allowed_bits(self, mask: Any) -> list[Bool[np.ndarray, " choices"]]:
        array = as_array(mask)
        if array.shape != self.shape:
            raise UnfitTimeStep(f"{self.mask_path} has shape {array.shape}, where its space has {self.shape}")
        if not np.all((array == 0) | (array == 1) | (array == 2)):
            raise UnfitTimeStep(f"{self.mask_path} is {shown(mask)}: 0 means never, 1 always, 2 either")
        return [np.array([bit != 1, bit != 0]) for bit in array.reshape(-1)]


class Joint(Several):
    """A MultiDiscrete or MultiBinary of few joint choices: one component that enumerates them.

    So what a reward makes of two elements together can be learned.
    """

    def __init__(self, path: str, space: spaces.MultiDiscrete | spaces.MultiBinary):
        super().__init__(path, space)
        grid = np.indices(self.sizes).reshape(len(self.sizes), -1).T.reshape(-1, *self.shape)
        self._table = (grid + self._start).astype(self._dtype)
        self.choices = (len(self._table),)

    def decoded(self, coordinates: Any, xp: Any) -> Any:
        """See `Part.decoded`."""
        if xp is np:
            return self._table[min(int(coordinates[0] + 0.5), len(self._table) - 1)].copy()
        return xp.asarray(self._table.astype(np.int32))[index(coordinates[0], len(self._table) - 1, xp)]

    def coordinates(self, action: Any) -> Float[np.ndarray, " components"]:
        """See `Part.coordinates`."""
        chosen = super().coordinates(action).astype(int)
        return np.array([np.ravel_multi_index(tuple(chosen), self.sizes)], np.float32)

    def allowed(self, mask: Any) -> list[Bool[np.ndarray, " choices"]]:
        """See `Part.allowed`. A joint choice is allowed where all its elements are."""
        joint = np.ones(1, bool)
        for element in super().allowed(mask):
            joint = np.logical_and.outer(joint, element).reshape(-1)
        return [joint]


class Continuous(Part):
    """A Box: one component for each element, its choices on a line."""

    continuous = True
    can_mask = False

    def __init__(self, path: str, space: spaces.Box, most_choices: int, even_choices: int | None = None):
        super().__init__(path)
        self._line = Line(space, most_choices, even_choices)
        self.choices = self._line.choices

    def decoded(self, coordinates: Any, xp: Any) -> Any:
        """See `Part.decoded`."""
        return self._line.values(coordinates, xp)

    def coordinates(self, action: Any) -> Float[np.ndarray, " components"]:
        """See `Part.coordinates`."""
        return self._line.coordinates(action)

    def allowed(self, mask: Any) -> list[Bool[np.ndarray, " choices"]]:
        """See `Part.allowed`. None is the only mask of a Box."""
        if mask is not None:
            raise UnfitTimeStep(f"{self.mask_path} is {shown(mask)}, but a Box cannot be masked: leave it None")
        return [np.ones(n, bool) for n in self.choices]


def index(coordinates: Any, last: Any, xp: Any) -> Any:
    """The choice nearest to each coordinate."""
    return xp.clip(xp.floor(xp.asarray(coordinates) + 0.5), 0, last).astype(np.int32)


def zero_one(mask: Any, size: int, path: str) -> Bool[np.ndarray, " choices"]:
    """A mask of zeros and ones as truth values, some of them true.

    Raises:
      UnfitTimeStep: it has another shape, other values, or allows nothing.
    """
    array = as_array(mask)
    if array.shape != (size,):
        raise UnfitTimeStep(f"{path} has shape {array.shape}, where it has to have {(size,)}")
    allowed = array == 1
    if not np.all(allowed | (array == 0)):
        raise UnfitTimeStep(f"{path} is {shown(mask)}, where it has to hold zeros and ones")
    if not np.any(allowed):
        raise UnfitTimeStep(f"{path} allows nothing: each of its {size} choices is 0")
    return allowed


def flattened(mask: Any) -> list[np.ndarray]:
    """The arrays in nested tuples, in order; an array is one of them."""
    if isinstance(mask, tuple | list) or (isinstance(mask, np.ndarray) and mask.dtype == object):
        return [array for part_ in mask for array in flattened(part_)]
    array = as_array(mask)
    return [array.reshape(-1)]


def part(path: str, space: spaces.Space, continuous_choices: int, even_choices: int | None = None) -> Part:
    """How to write one leaf of an action space.

    Args:
      path: where it stands in the space.
      space: of the leaf.
      continuous_choices: on the line of a continuous component.
      even_choices: on such a line with both bounds; by default as many.

    Raises:
      UnsupportedSpace: says which part, and what to wrap it in.
    """
    if isinstance(space, spaces.Box):
        return Continuous(path, space, continuous_choices, even_choices)
    if isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary):
        several = Several(path, space)
        found: Part = Joint(path, space) if math.prod(several.sizes) <= MOST_JOINT_CHOICES else several
    elif isinstance(space, spaces.Discrete):
        found = OneOfMany(path, space)
    else:
        raise UnsupportedSpace(f"{path} is a {type(space).__name__}, {remedy(space)} with {WRAPPER}")
    if max(found.choices, default=0) > MOST_VALUES:
        raise UnsupportedSpace(
            f"{path} is {space}: more than {MOST_VALUES} choices are too many to learn about one by one. Make it a Box "
            f"or a MultiDiscrete with {WRAPPER}"
        )
    return found
