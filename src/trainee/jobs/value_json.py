"""Values of spaces as JSON, and back: observations and masks that a program sends, actions that it is answered."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from gymnasium import spaces

from trainee.errors import UnfitTimeStep
from trainee.jobs.nesting import children, taken_apart
from trainee.jobs.observations import as_array, shown

ARRAYS = spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary
# No mask is nested deeper; what is was sent to exhaust the stack.
DEEPEST = 64


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
    parts = children(space)
    if parts is None:
        return _leaf(space, written, path)
    if isinstance(space, spaces.Dict):
        taken_apart(space, written, path)
    elif not isinstance(written, list) or len(written) != len(parts):
        raise UnfitTimeStep(f"{path} is {_told(written)}, where its space has a list of {len(parts)}")
    values = {key: value_from_json(part, written[key], f"{path}[{key!r}]") for key, part in parts}
    return values if isinstance(space, spaces.Dict) else tuple(values.values())


def value_to_json(space: spaces.Space, value: Any, path: str = "value") -> Any:
    """A value of a space as what `json.dumps` takes; `value_from_json` turned round.

    Args:
      space: that it is of.
      value: arrays may be whatever numpy takes for one.
      path: what to call it in messages.
    Raises:
      UnfitTimeStep: it is not nested as the space is, or JSON has no number like one of its.
    """
    parts = children(space)
    if parts is not None:
        taken_apart(space, value, path)
        written = {key: value_to_json(part, value[key], f"{path}[{key!r}]") for key, part in parts}
        return written if isinstance(space, spaces.Dict) else list(written.values())
    if isinstance(space, spaces.Text):
        return value
    array = as_array(value)
    if array.dtype.kind not in "iubf" or not np.all(np.isfinite(array)):
        raise UnfitTimeStep(f"{path} is {_told(value)}, which JSON cannot say: it takes finite numbers alone")
    return array.tolist()


def mask_from_json(written: Any) -> Any:
    """An action mask that JSON says, as `Codec.mask` takes it: its lists of numbers are arrays there.

    Raises:
      UnfitTimeStep: it holds something that no mask does.
    """
    return _mask(written, written, DEEPEST)


def _leaf(space: spaces.Space, written: Any, path: str) -> Any:
    if isinstance(space, spaces.Text):
        if not isinstance(written, str):
            raise UnfitTimeStep(f"{path} is {_told(written)}, where its space has a string")
        return written
    if isinstance(space, spaces.Discrete):
        return _whole(written, np.dtype(space.dtype), path)
    assert isinstance(space, ARRAYS)
    assert space.shape is not None
    dtype = np.dtype(space.dtype)
    if isinstance(written, dict):
        return _from_bytes(written, dtype, space.shape, path)
    return _array(written, dtype, space.shape, path)


def _whole(written: Any, dtype: np.dtype, path: str) -> np.generic:
    if isinstance(written, bool) or not isinstance(written, int):
        raise UnfitTimeStep(f"{path} is {_told(written)}, where its space has a whole number")
    limits = np.iinfo(dtype)
    if not limits.min <= written <= limits.max:
        raise UnfitTimeStep(f"{path} is {_told(written)}, where its space has {dtype}")
    return dtype.type(written)


def _array(written: Any, dtype: np.dtype, shape: tuple[int, ...], path: str) -> np.ndarray:
    try:
        natural = np.asarray(written)
        # What lies beyond a narrow float is infinite, and found to be unfit as such.
        with np.errstate(over="ignore"):
            array = natural.astype(dtype) if natural.size == 0 else np.asarray(written, dtype)
    except (ValueError, TypeError, OverflowError):
        raise UnfitTimeStep(_not_array(written, dtype, shape, path)) from None
    if array.size and not _numbers(natural, dtype):
        raise UnfitTimeStep(_not_array(written, dtype, shape, path))
    if array.shape != shape:
        raise UnfitTimeStep(f"{path} has shape {array.shape}, where its space has {shape}")
    return array


def _numbers(natural: np.ndarray, dtype: np.dtype) -> bool:
    """Whether what was read is made of numbers such as a type has: one between two whole ones is not rounded."""
    if dtype.kind in "iub":
        return natural.dtype.kind in "iub"
    if natural.dtype.kind == "O":
        # Whole numbers too large for any type of numpy's: some languages write 10²⁰ without an exponent.
        return all(isinstance(number, int | float) for number in natural.flat)
    return natural.dtype.kind in "iubf"


def _not_array(written: Any, dtype: np.dtype, shape: tuple[int, ...], path: str) -> str:
    return f"{path} is {_told(written)}, where its space has {dtype} of shape {shape}"


def _from_bytes(written: dict[str, Any], dtype: np.dtype, shape: tuple[int, ...], path: str) -> np.ndarray:
    try:
        if written.keys() != {"base64"}:
            raise ValueError
        raw = base64.b64decode(written["base64"], validate=True)
        return np.frombuffer(raw, dtype.newbyteorder("<")).reshape(shape).astype(dtype)
    except (ValueError, TypeError):
        size = int(np.prod(shape)) * dtype.itemsize
        raise UnfitTimeStep(
            f"{path} is {_told(written)}; an object has to be {{'base64': …}} of {size} bytes: {dtype} of shape {shape}"
        ) from None


def _mask(written: Any, whole: Any, depth: int) -> Any:
    if written is None:
        return None
    if not isinstance(written, dict | list):
        raise UnfitTimeStep(f"action_mask is {_told(whole)}, where it has to hold zeros and ones")
    if depth == 0:
        raise UnfitTimeStep(f"action_mask is {_told(whole)}, which is nested too deeply for any space")
    if isinstance(written, dict):
        return {key: _mask(part, whole, depth - 1) for key, part in written.items()}
    if not written or not all(isinstance(number, int | float) for number in written):
        return [_mask(part, whole, depth - 1) for part in written]
    numbers = np.asarray(written)
    if numbers.dtype.kind == "O":
        raise UnfitTimeStep(f"action_mask is {_told(whole)}, where it has to hold zeros and ones")
    return numbers


def _told(written: Any) -> str:
    """As `shown`, also of what is too large or too deep to be shown."""
    try:
        return shown(written)
    except (ValueError, RecursionError):
        return f"too much to show ({type(written).__name__})"
