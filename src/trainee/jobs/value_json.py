"""Values of spaces as JSON, and back: observations that a program sends, actions that it is answered."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from gymnasium import spaces

from trainee.errors import UnfitTimeStep
from trainee.jobs.nesting import children, taken_apart
from trainee.jobs.observations import shown

ARRAYS = spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary


def value_from_json(space: spaces.Space, written: Any, path: str) -> Any:
    """The value that JSON says, of the types that the space's own values have.

    A Box may also be written as `{"base64": "…"}`, its bytes in C order, which is shorter for images.

    Args:
      space: that it is to be of.
      written: what `json.loads` gave.
      path: what to call it in messages.
    Raises:
      UnfitTimeStep: it is not written as the space has it. Whether it lies inside the space is not looked at.
    """
    if children(space) is None:
        return _leaf(space, written, path)
    if isinstance(space, spaces.Dict):
        taken_apart(space, written, path)
    elif not isinstance(written, list) or len(written) != len(children(space) or ()):
        raise UnfitTimeStep(f"{path} is {shown(written)}, where its space has a list of {len(children(space) or ())}")
    parts = {key: value_from_json(part, written[key], f"{path}[{key!r}]") for key, part in children(space) or ()}
    return parts if isinstance(space, spaces.Dict) else tuple(parts.values())


def value_to_json(space: spaces.Space, value: Any) -> Any:
    """A value of a space as what `json.dumps` takes; `value_from_json` turned round."""
    if isinstance(space, spaces.Dict):
        return {key: value_to_json(part, value[key]) for key, part in children(space) or ()}
    if isinstance(space, spaces.Tuple):
        return [value_to_json(part, value[key]) for key, part in children(space) or ()]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _leaf(space: spaces.Space, written: Any, path: str) -> Any:
    if isinstance(space, spaces.Text):
        if not isinstance(written, str):
            raise UnfitTimeStep(f"{path} is {shown(written)}, where its space has a string")
        return written
    if isinstance(space, spaces.Discrete):
        if isinstance(written, bool) or not isinstance(written, int):
            raise UnfitTimeStep(f"{path} is {shown(written)}, where its space has a whole number")
        return np.int64(written)
    assert isinstance(space, ARRAYS)
    assert space.shape is not None
    dtype = np.dtype(space.dtype)
    if isinstance(written, dict):
        return _from_bytes(written, dtype, space.shape, path)
    return _array(written, dtype, space.shape, path)


def _array(written: Any, dtype: np.dtype, shape: tuple[int, ...], path: str) -> np.ndarray:
    try:
        natural = np.asarray(written)
        # A number between two whole ones is not rounded to either.
        kinds = "iub" if dtype.kind in "iub" else "iubf"
        array = natural.astype(dtype) if natural.size == 0 else np.asarray(written, dtype)
    except (ValueError, TypeError, OverflowError):
        raise UnfitTimeStep(_not_array(written, dtype, shape, path)) from None
    if array.size and natural.dtype.kind not in kinds:
        raise UnfitTimeStep(_not_array(written, dtype, shape, path))
    if array.shape != shape:
        raise UnfitTimeStep(f"{path} has shape {array.shape}, where its space has {shape}")
    return array


def _not_array(written: Any, dtype: np.dtype, shape: tuple[int, ...], path: str) -> str:
    return f"{path} is {shown(written)}, where its space has {dtype} of shape {shape}"


def _from_bytes(written: dict[str, Any], dtype: np.dtype, shape: tuple[int, ...], path: str) -> np.ndarray:
    try:
        if written.keys() != {"base64"}:
            raise ValueError
        raw = base64.b64decode(written["base64"], validate=True)
        return np.frombuffer(raw, dtype.newbyteorder("<")).reshape(shape).astype(dtype)
    except (ValueError, TypeError):
        size = int(np.prod(shape)) * dtype.itemsize
        raise UnfitTimeStep(
            f"{path} is {shown(written)}; an object has to be {{'base64': …}} of {size} bytes: {dtype} of shape {shape}"
        ) from None
