"""The whole state of a Gymnasium environment, where it can be had: what decides all that the environment will say.

An environment of which `unwrapped` has `set_state(state)`, and `get_state()` that returns plain data in a dict, is
asked for its state. Any other is taken to be what its attributes and those of its wrappers are. That holds if every one
of them is plain data (see `plain_data`), or one of the things that stepping does not change: a wrapped environment, a
space (whose random generator is saved), a class, a function without a closure, the environment's spec. With one
attribute of any other kind, such as a game engine, a socket or an object of the environment's own classes, there is no
snapshot. What no attribute refers to is not seen: globals, class attributes, and the world outside the process.

Attributes come back as copies: a list that the caller also refers to is, from then on, another one than the
environment's.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from trainee.jobs.nesting import children
from trainee.jobs.plain_data import NotPlainError, kept, packed, unpacked


class _Plain:
    """An object of a class written in Python keeps all it has in its `__dict__`; one of any other class is larger."""


def snapshot(env: gymnasium.Env, more: Any) -> dict[str, np.ndarray] | None:
    """The state of an environment and of its wrappers, and more plain data to go with it, as named arrays of bytes.

    None where some of it could not be brought back exactly; that it can be is tried out before it is returned.
    """
    layers = list(layers_of(env))
    keep = Names(layers)
    try:
        described = {"layers": [_described(layer, layer is layers[-1]) for layer in layers], "more": more}
        written = packed(described, keep)
        again = packed(unpacked(written, kept(described, keep)), keep)
    except NotPlainError:
        return None
    same = written.keys() == again.keys() and all(np.array_equal(written[name], again[name]) for name in written)
    return written if same else None


def restore(env: gymnasium.Env, saved: Mapping[str, np.ndarray]) -> Any:
    """Put an environment where one made the same way was when `snapshot` was taken, and return what was saved with it.

    Raises:
      NotPlainError: the environment is another one, or the arrays are no snapshot; it is as it was before. Or its own
        `set_state` raised: reset it.
    """
    layers = list(layers_of(env))
    keep = Names(layers)
    found = [_described(layer, layer is layers[-1]) for layer in layers]
    described = unpacked(saved, kept(found, keep))
    try:
        written, more = described["layers"], described["more"]
        classes = [layer["class"] for layer in written]
    except (KeyError, TypeError) as error:
        raise NotPlainError(f"this is no snapshot: {error!r}") from error
    if classes != [layer["class"] for layer in found]:
        raise NotPlainError(f"a snapshot of {classes} does not fit {[layer['class'] for layer in found]}")
    for layer, state in zip(layers, written, strict=True):
        _set(layer, state)
    return more


def layers_of(env: gymnasium.Env) -> Iterator[gymnasium.Env]:
    """An environment's wrappers, the outermost first, and then what they wrap."""
    while isinstance(env, gymnasium.Wrapper):
        yield env
        env = env.env
    yield env


def _described(layer: gymnasium.Env, innermost: bool) -> dict[str, Any]:
    kind = type(layer)
    attributes = dict(vars(layer))
    description: dict[str, Any] = {"class": f"{kind.__module__}.{kind.__qualname__}"}
    state = _own_state(layer) if innermost else None
    if state is not None:
        return {**description, "state": state, "attributes": {"_np_random": attributes.get("_np_random")}}
    if kind.__basicsize__ > _Plain.__basicsize__:
        raise NotPlainError(f"{kind} keeps more than its attributes show")
    specs = [name for name, value in attributes.items() if isinstance(value, EnvSpec)]
    generators = {
        name: [vars(part).get("_np_random") for _, part in _within(value, name)]
        for name, value in attributes.items()
        if isinstance(value, gymnasium.Space)
    }
    others = {name: value for name, value in attributes.items() if name not in specs}
    return {**description, "attributes": others, "specs": specs, "generators": generators}


def _own_state(env: gymnasium.Env) -> dict[str, Any] | None:
    get, put = getattr(env, "get_state", None), getattr(env, "set_state", None)
    if not (callable(get) and callable(put)):
        return None
    try:
        state = get()
    except Exception:
        # Some environments mean something else by that name, and want arguments.
        return None
    return state if isinstance(state, dict) else None


def _set(layer: gymnasium.Env, state: dict[str, Any]) -> None:
    attributes = vars(layer)
    if "state" in state:
        try:
            layer.set_state(state["state"])  # pyright: ignore[reportAttributeAccessIssue] `_own_state` saw that it is there
        except Exception as error:
            raise NotPlainError(f"set_state raised {error!r}") from error
        attributes.update(state["attributes"])
        return
    # A spec never changes; wrappers copy it when it is first asked for, which may not have happened here.
    specs = {name: attributes.get(name) for name in state["specs"]}
    attributes.clear()
    attributes.update(state["attributes"], **specs)
    for name, generators in state["generators"].items():
        for (_, space), generator in zip(_within(attributes[name], name), generators, strict=True):
            space._np_random = generator


def _within(space: gymnasium.Space, path: str) -> Iterator[tuple[str, gymnasium.Space]]:
    yield path, space
    for key, part in children(space) or []:
        yield from _within(part, f"{path}[{key!r}]")


class Names:
    """Names for what stays as it is in an environment that is restored."""

    def __init__(self, layers: list[gymnasium.Env]):
        self._names: dict[int, str] = {}
        for i, layer in enumerate(layers):
            self._names.setdefault(id(layer), f"layer {i}")
            for name, value in vars(layer).items():
                if isinstance(value, gymnasium.Space):
                    for path, space in _within(value, f"layer {i}.{name}"):
                        self._names.setdefault(id(space), path)

    def __call__(self, value: Any) -> str | None:
        """The name of a thing that stays, None for anything else."""
        if id(value) in self._names:
            return self._names[id(value)]
        if isinstance(value, np.dtype):
            return f"dtype {value.str}"
        if isinstance(value, type | types.BuiltinFunctionType | np.ufunc):
            return f"{type(value).__name__} {getattr(value, '__module__', '')}.{value.__name__}"
        if isinstance(value, types.FunctionType) and value.__closure__ is None:
            return f"function {value.__module__}.{value.__qualname__}"
        return None
