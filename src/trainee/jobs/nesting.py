"""Spaces within spaces: the leaves of a Dict or Tuple, and values taken apart and put together along them.

Keys of a Dict are taken in sorted order, so that two spaces that are equal have the same leaves in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from trainee.errors import UnfitTimeStep


def children(space: spaces.Space) -> list[tuple[Any, spaces.Space]] | None:
    """Key and space of each part of a Dict or Tuple; None for a leaf."""
    if isinstance(space, spaces.Dict):
        return [(key, space.spaces[key]) for key in sorted(space.spaces, key=str)]
    if isinstance(space, spaces.Tuple):
        return list(enumerate(space.spaces))
    return None


def leaves(space: spaces.Space, path: str) -> Iterator[tuple[str, spaces.Space]]:
    """Path and space of each leaf; paths read as code would, as in `observation['lidar'][0]`."""
    parts = children(space)
    if parts is None:
        yield path, space
        return
    for key, part in parts:
        yield from leaves(part, f"{path}[{key!r}]")


def taken_apart(space: spaces.Space, value: Any, path: str) -> list[Any]:
    """The values at the leaves, in order.

    Raises:
      UnfitTimeStep: the value is not nested as the space is.
    """
    parts = children(space)
    if parts is None:
        return [value]
    if isinstance(space, spaces.Dict):
        _check_keys(space, value, path)
    else:
        _check_length(len(parts), value, path)
    return [leaf for key, part in parts for leaf in taken_apart(part, value[key], f"{path}[{key!r}]")]


def put_together(space: spaces.Space, values: Iterator[Any]) -> Any:
    """A value of the space, from the values at its leaves in order."""
    parts = children(space)
    if parts is None:
        return next(values)
    together = {key: put_together(part, values) for key, part in parts}
    if isinstance(space, spaces.Dict):
        return {key: together[key] for key in space.spaces}
    return tuple(together.values())


def _check_keys(space: spaces.Dict, value: Any, path: str) -> None:
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise UnfitTimeStep(f"{path} is of type {kind}, where its space has a dict with {list(space.spaces)}")
    missing, extra = space.spaces.keys() - value.keys(), value.keys() - space.spaces.keys()
    if missing or extra:
        told = [f"{word} {sorted(map(str, keys))}" for word, keys in (("lacks", missing), ("also has", extra)) if keys]
        raise UnfitTimeStep(f"{path} {' and '.join(told)}, where its space has the keys {list(space.spaces)}")


def _check_length(length: int, value: Any, path: str) -> None:
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise UnfitTimeStep(f"{path} is of type {type(value).__name__}, where its space has a tuple of {length}")
    if len(value) != length:
        raise UnfitTimeStep(f"{path} has {len(value)} parts, where its space has {length}")
