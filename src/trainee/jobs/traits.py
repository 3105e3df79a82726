"""What an environment is made of, attribute by attribute: whether it is the one whose state was saved.

A state belongs to the environment that it was saved from: one with other settings would be turned back into that one.
What a reset changes is no setting, and chance makes no other environment of one: neither is compared. Nor is what the
environment does, only the plain data that it does it with.
"""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any, TypeAlias

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from trainee.jobs.plain_data import NotPlainError, packed
from trainee.jobs.snapshot import Names, layers_of

Traits: TypeAlias = dict[str, str]

CHANGED = "changed by a reset"
CHANCE = ("_np_random", "_np_random_seed")


def traits(env: gymnasium.Env) -> Traits:
    """A hash of each attribute of an environment and of its wrappers that is plain data, by its layer and its name."""
    layers = list(layers_of(env))
    keep, found = Names(layers), {}
    for i, layer in enumerate(layers):
        for name, value in vars(layer).items():
            trait = None if name in CHANCE else _hash(value, keep)
            if trait is not None:
                found[f"{i} {type(layer).__name__}.{name}"] = trait
    return found


def as_made(before: Traits, after: Traits) -> Traits:
    """The traits of an environment as it was made, from those before its first reset and those after it."""
    return {name: before[name] if before.get(name) == after.get(name) else CHANGED for name in before | after}


def differing(found: Traits, made: Traits) -> list[str]:
    """The traits in which an environment, found before its first reset, is not as another one was made."""
    return [name for name in sorted(found | made) if made.get(name) not in (found.get(name), CHANGED)]


def _hash(value: Any, keep: Names) -> str | None:
    """None for what is no plain data, and for what tells nothing: a spec is read late, and a generator is chance."""
    if value is None or isinstance(value, EnvSpec | np.random.Generator | random.Random):
        return None
    try:
        written = packed(value, keep)
    except NotPlainError:
        return None
    digest = hashlib.sha256(json.dumps(list(written)).encode())
    for array in written.values():
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]
