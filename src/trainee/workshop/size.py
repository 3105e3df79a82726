"""How large a job may be: one that the machine cannot hold would keep the service down at each start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jax

from trainee.errors import UnsupportedSpace
from trainee.jobs import Codec, from_json
from trainee.learner import Apart
from trainee.life import Agent

# Elements of a space, and what one job's agent may take.
MOST_ELEMENTS, MOST_BYTES = 2**22, 2**31


def check_size(about: Mapping[str, Any]) -> None:
    """Whether there can be an agent for a job.

    Args:
      about: what the job is to be made with.
    Raises:
      UnsupportedSpace, InvalidArgument: its spaces cannot be learned from, or are too large.
    """
    for path in ("observation_space", "action_space"):
        if _elements(about[path]) > MOST_ELEMENTS:
            raise UnsupportedSpace(f"{path} has more than {MOST_ELEMENTS:,} elements: make it smaller")
    seen, done = (from_json(about[path], path) for path in ("observation_space", "action_space"))
    codec = Codec(seen, done, about["masked"])
    width = about["width"]
    learner = Apart(codec.spec, width, constants=Agent(about["seed"], width=width).constants)
    state = jax.eval_shape(learner.init, jax.random.key(0))
    size = sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(state))
    if size > MOST_BYTES:
        raise UnsupportedSpace(
            f"an agent of width {width} for these spaces takes {size / 2**30:.1f} GiB, and "
            f"{MOST_BYTES / 2**30:.0f} may be taken: make the observation or the width smaller"
        )


def _elements(written: Any) -> int:
    """Elements that a space claims to have, before anything is made of it. What else is wrong is seen later."""
    if not isinstance(written, dict):
        return 0
    parts = written.get("spaces")
    if isinstance(parts, dict | list):
        return sum(map(_elements, parts.values() if isinstance(parts, dict) else parts))
    shape = written.get("shape")
    sides = shape if isinstance(shape, list) else [written.get("max_length")]
    return math.prod(abs(side) for side in sides if isinstance(side, int))
