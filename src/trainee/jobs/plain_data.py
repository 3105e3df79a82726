"""Plain data as named arrays, without pickle: numbers, text, numpy arrays, random generators, and lists, tuples, dicts
and deques of them, with what is shared between them.

It refuses whatever it could not bring back exactly. What a value refers to and does not consist of, such as a function,
can be kept: it is written by name, and the reader says what goes by that name.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

TEXT = "plain"
Keep = Callable[[Any], str | None]
GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


class NotPlainError(Exception):
    """A value is not plain data, or what is to be read was not written here."""


def packed(value: Any, keep: Keep = lambda _: None) -> dict[str, np.ndarray]:
    """A value as named arrays of bytes: one of JSON, and one for each array in it.

    Args:
      value: what to write.
      keep: the name of an object that is to be kept, None for all others.

    Raises:
      NotPlainError: part of it could not be brought back exactly.
    """
    packer = _Packer(keep)
    text = json.dumps(packer.pack(value))
    named = {f"array/{i}": np.frombuffer(array.tobytes("A"), np.uint8) for i, array in enumerate(packer.arrays)}
    return {TEXT: np.frombuffer(text.encode(), np.uint8), **named}


def kept(value: Any, keep: Keep) -> dict[str, Any]:
    """The objects that are kept when a value is packed, by name.

    Raises:
      NotPlainError: as `packed`.
    """
    packer = _Packer(keep)
    packer.pack(value)
    return packer.kept


def unpacked(named: Mapping[str, np.ndarray], kept_objects: Mapping[str, Any] | None = None) -> Any:
    """The value that was packed, made anew but for what was kept.

    Raises:
      NotPlainError: the arrays are not what `packed` wrote.
    """
    try:
        return _Unpacker(named, kept_objects or {}).unpack(json.loads(named[TEXT].tobytes()))
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise NotPlainError(f"this is no plain data: {error!r}") from error


class _Packer:
    """Walks a value; what is met a second time is written as a reference to the first."""

    def __init__(self, keep: Keep) -> None:
        self.arrays: list[np.ndarray] = []
        self.kept: dict[str, Any] = {}
        self._keep = keep
        # The objects are kept so that none is freed, and its id given to another, on the way.
        self._met: dict[int, tuple[int, Any]] = {}

    def pack(self, value: Any) -> Any:
        if value is None or type(value) in (bool, int, float, str):
            return value
        written = self._value(value)
        if written is not None:
            return written
        name = self._keep(value)
        if name is not None:
            return {"kept": self._named(name, value)}
        if id(value) in self._met:
            return {"same": self._met[id(value)][0]}
        self._met[id(value)] = (len(self._met), value)
        return self._object(value)

    def _value(self, value: Any) -> Any:
        """One that has no identity: two that are equal are the same. None for any other."""
        if type(value) is tuple:
            return {"tuple": [self.pack(part) for part in value]}
        if type(value) is bytes:
            return {"bytes": value.hex()}
        if isinstance(value, np.generic) and not value.dtype.hasobject:
            return {"scalar": [value.dtype.str, value.tobytes().hex()]}
        return None

    def _object(self, value: Any) -> dict[str, Any]:
        kind = type(value)
        if kind is list:
            return {"list": [self.pack(part) for part in value]}
        if kind is dict:
            return {"dict": [[self.pack(key), self.pack(part)] for key, part in value.items()]}
        if kind is deque:
            return {"deque": [self.pack(part) for part in value], "most": value.maxlen}
        if kind is np.ndarray:
            return {"array": self._array(value)}
        if kind is np.random.Generator:
            return {"generator": self._generator(value)}
        if kind is random.Random:
            return {"random": self.pack(value.getstate())}
        raise NotPlainError(f"{kind.__module__}.{kind.__qualname__} is not plain data")

    def _named(self, name: str, value: Any) -> str:
        if self.kept.setdefault(name, value) is not value:
            raise NotPlainError(f"two different things go by the name {name}")
        return name

    def _generator(self, generator: np.random.Generator) -> Any:
        name = type(generator.bit_generator).__name__
        if name not in GENERATORS:
            raise NotPlainError(f"{name} is no bit generator of numpy's")
        return [name, self.pack(dict(generator.bit_generator.state))]

    def _array(self, array: np.ndarray) -> Any:
        flags = array.flags
        if array.dtype.hasobject or array.dtype.names or not (flags.c_contiguous or flags.f_contiguous):
            raise NotPlainError(f"an array of {array.dtype} with strides {array.strides} has more to it than its bytes")
        if any(np.may_share_memory(array, other) for other in self.arrays if array.size and other.size):
            raise NotPlainError("two arrays share memory")
        self.arrays.append(array)
        order = "C" if flags.c_contiguous else "F"
        return [len(self.arrays) - 1, array.dtype.str, list(array.shape), order]


class _Unpacker:
    """The way back: objects are numbered in the order in which the packer met them."""

    def __init__(self, named: Mapping[str, np.ndarray], kept_objects: Mapping[str, Any]):
        self._named, self._kept = named, kept_objects
        self._made: list[Any] = []

    def unpack(self, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        ((kind, content),) = [item for item in written.items() if item[0] != "most"]
        if kind == "tuple":
            return tuple(self.unpack(part) for part in content)
        if kind == "bytes":
            return bytes.fromhex(content)
        if kind == "scalar":
            dtype, digits = content
            return np.frombuffer(bytes.fromhex(digits), dtype)[0]
        if kind in ("same", "kept"):
            return self._made[content] if kind == "same" else self._kept[content]
        return self._object(kind, content, written.get("most"))

    def _object(self, kind: str, content: Any, most: int | None) -> Any:
        place = len(self._made)
        made: Any = {"list": list, "dict": dict}.get(kind, lambda: deque(maxlen=most))()
        # Registered before it is filled: it may hold itself.
        self._made.append(made)
        if kind in ("list", "deque"):
            made.extend(self.unpack(part) for part in content)
        elif kind == "dict":
            for key, part in content:
                name = self.unpack(key)
                made[name] = self.unpack(part)
        elif kind == "array":
            self._made[place] = self._array(content)
        elif kind == "generator":
            name, state = content
            if name not in GENERATORS:
                raise NotPlainError(f"{name} is no bit generator of numpy's")
            generator = np.random.Generator(getattr(np.random, name)())
            generator.bit_generator.state = self.unpack(state)
            self._made[place] = generator
        elif kind == "random":
            self._made[place] = random.Random()
            self._made[place].setstate(self.unpack(content))
        else:
            raise NotPlainError(f"{kind} is not plain data")
        return self._made[place]

    def _array(self, content: Any) -> np.ndarray:
        index, dtype, shape, order = content
        flat = np.frombuffer(self._named[f"array/{index}"].tobytes(), dtype)
        return np.array(flat.reshape(shape, order=order), order=order)
