"""Spaces as JSON, in one form only, so that equal spaces have equal text; and back."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from trainee.errors import InvalidArgument, UnsupportedSpace

MOST_ELEMENTS = 2**24


def signature_id(observation_space: spaces.Space, action_space: spaces.Space) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of both spaces' canonical JSON."""
    both = {"action": to_json(action_space), "observation": to_json(observation_space)}
    text = json.dumps(both, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def to_json(space: spaces.Space) -> dict[str, Any]:
    """A space as what `json.dumps` takes. Bounds and sizes that are all the same are written once.

    Raises:
      UnsupportedSpace: it is, or holds, a space that cannot be learned from, or a Dict's key is no string.
    """
    for kind, content in _WRITERS.items():
        if isinstance(space, getattr(spaces, kind)):
            return {"type": kind, **content(space)}
    raise UnsupportedSpace(f"a {type(space).__name__} is not among the spaces that can be learned from")


def from_json(written: Any, path: str = "space") -> spaces.Space:
    """The space that `to_json` wrote, or that a person wrote in its form.

    Args:
      written: what `json.loads` gave. `start` and `dtype` may be left out.
      path: what to call it in messages.

    Raises:
      InvalidArgument: it is no such space; says which part, and why.
    """
    kind = written.get("type") if isinstance(written, dict) else None
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise InvalidArgument(f"{path} is {written!r:.80}; it has to be an object with a type among {sorted(_READERS)}")
    try:
        return read(written, path)
    except InvalidArgument:
        raise
    except KeyError as error:
        raise InvalidArgument(f"{path}, a {kind}, lacks {error}") from error
    except (ValueError, TypeError, AssertionError, OverflowError, AttributeError) as error:
        raise InvalidArgument(f"{path} cannot be a {kind}: {error}") from error


def _box(space: spaces.Box) -> dict[str, Any]:
    low, high = _bounds(space.low, space.bounded_below, "-inf"), _bounds(space.high, space.bounded_above, "inf")
    return {"shape": list(space.shape), "dtype": str(np.dtype(space.dtype)), "low": low, "high": high}


def _discrete(space: spaces.Discrete) -> dict[str, Any]:
    return {"n": int(space.n), "start": int(space.start), "dtype": str(space.dtype)}


def _multi_discrete(space: spaces.MultiDiscrete) -> dict[str, Any]:
    start = _bounds(space.start, np.ones(space.start.shape, bool), "")
    return {"nvec": space.nvec.tolist(), "start": start, "dtype": str(space.dtype)}


def _multi_binary(space: spaces.MultiBinary) -> dict[str, Any]:
    return {"shape": list(space.shape)}


def _text(space: spaces.Text) -> dict[str, Any]:
    characters = "".join(sorted(space.character_set))
    return {"min_length": space.min_length, "max_length": space.max_length, "characters": characters}


def _dict(space: spaces.Dict) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in space.spaces):
        raise UnsupportedSpace(f"a Dict has the keys {list(space.spaces)}: make all of them strings")
    return {"spaces": {key: to_json(part) for key, part in sorted(space.spaces.items())}}


def _tuple(space: spaces.Tuple) -> dict[str, Any]:
    return {"spaces": [to_json(part) for part in space.spaces]}


def _bounds(bounds: np.ndarray, bounded: np.ndarray | np.bool_, unbounded: str) -> Any:
    values, has = bounds.reshape(-1), np.reshape(bounded, -1)
    if bounds.size and np.all(values == values[0]) and np.all(has == has[0]):
        return _number(values[0]) if has[0] else unbounded
    flat = [_number(value) if b else unbounded for value, b in zip(values, has, strict=True)]
    return np.array(flat, object).reshape(bounds.shape).tolist()


def _number(value: np.generic) -> int | float:
    # Adding 0 makes -0.0 the same as 0.0.
    return float(value) + 0.0 if value.dtype.kind == "f" else int(value)


def _read_box(written: dict[str, Any], path: str) -> spaces.Box:
    shape = tuple(int(side) for side in written["shape"])
    if min(shape, default=1) < 0 or math.prod(shape) > MOST_ELEMENTS:
        raise InvalidArgument(f"{path} has shape {shape}; it may have {MOST_ELEMENTS} elements and no negative side")
    dtype = _dtype(written, "float32")
    least, most = (-np.inf, np.inf) if dtype.kind == "f" else _limits(dtype)
    low, bounded_below = _read_bounds(written["low"], shape, dtype, "-inf", least)
    high, bounded_above = _read_bounds(written["high"], shape, dtype, "inf", most)
    box = spaces.Box(low, high, dtype=dtype.type)
    # A Box of integers takes infinite bounds only by way of floats, which the largest integers do not survive.
    box.bounded_below, box.bounded_above = bounded_below, bounded_above
    return box


def _dtype(written: dict[str, Any], default: str) -> np.dtype:
    name = written.get("dtype", default)
    # NumPy makes a type of almost anything, and reads a text up to its first NUL.
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"{name!r:.40} is no dtype")
    return np.dtype(name)


def _limits(dtype: np.dtype) -> tuple[int, int]:
    return (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


def _read_bounds(bounds: Any, shape: tuple[int, ...], dtype: np.dtype, unbounded: str, limit: Any) -> tuple[Any, Any]:
    given = np.broadcast_to(np.array(bounds, object), shape)
    bounded = np.array([value != unbounded for value in given.ravel()], bool).reshape(shape)
    values = [value if b else limit for value, b in zip(given.ravel(), bounded.ravel(), strict=True)]
    return np.array(values, dtype).reshape(shape), bounded


def _read_discrete(written: dict[str, Any], _path: str) -> spaces.Discrete:
    return spaces.Discrete(written["n"], start=written.get("start", 0), dtype=_dtype(written, "int64").type)


def _read_multi_discrete(written: dict[str, Any], _path: str) -> spaces.MultiDiscrete:
    dtype = _dtype(written, "int64").type
    nvec = np.array(written["nvec"], dtype)
    start = np.broadcast_to(np.array(written.get("start", 0), dtype), nvec.shape)
    return spaces.MultiDiscrete(nvec, dtype=dtype, start=start)


def _read_multi_binary(written: dict[str, Any], path: str) -> spaces.MultiBinary:
    shape = [int(side) for side in written["shape"]]
    if math.prod(shape) > MOST_ELEMENTS:
        raise InvalidArgument(f"{path} has shape {shape}; it may have {MOST_ELEMENTS} elements")
    return spaces.MultiBinary(shape[0] if len(shape) == 1 else shape)


def _read_text(written: dict[str, Any], _path: str) -> spaces.Text:
    return spaces.Text(written["max_length"], min_length=written["min_length"], charset=written["characters"])


def _read_dict(written: dict[str, Any], path: str) -> spaces.Dict:
    return spaces.Dict({key: from_json(part, f"{path}[{key!r}]") for key, part in written["spaces"].items()})


def _read_tuple(written: dict[str, Any], path: str) -> spaces.Tuple:
    return spaces.Tuple([from_json(part, f"{path}[{i}]") for i, part in enumerate(written["spaces"])])


_WRITERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "Box": _box,
    "Discrete": _discrete,
    "MultiDiscrete": _multi_discrete,
    "MultiBinary": _multi_binary,
    "Text": _text,
    "Dict": _dict,
    "Tuple": _tuple,
}
_READERS: dict[str, Callable[[dict[str, Any], str], spaces.Space]] = {
    "Box": _read_box,
    "Discrete": _read_discrete,
    "MultiDiscrete": _read_multi_discrete,
    "MultiBinary": _read_multi_binary,
    "Text": _read_text,
    "Dict": _read_dict,
    "Tuple": _read_tuple,
}
