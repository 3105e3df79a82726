"""Jobs: made once, and made ready."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import jax

from trainee.errors import UnsupportedSpace
from trainee.jobs import Codec, from_json
from trainee.learner import Apart
from trainee.life import Agent
from trainee.record.events import Draft
from trainee.serve.board import JobEntry
from trainee.serve.bodies import NewJob
from trainee.serve.reading import digest
from trainee.serve.refusals import Refused
from trainee.serve.service import Service

# Jobs that there may be, elements of a space, and what one job's agent may take. A recorded job is made ready at
# each start: one that the machine cannot hold would keep the service down for good.
MOST_JOBS, MOST_ELEMENTS, MOST_BYTES = 100, 2**22, 2**31


async def make(service: Service, asked: NewJob) -> JobEntry:
    """Make a job, or find it made.

    Raises:
      Refused: there is one of this name that is another, or there are too many.
      UnsupportedSpace, InvalidArgument: its spaces cannot be learned from.
    """
    body = asked.model_dump()
    key, said = f"j:{asked.job}", digest(body)
    if asked.job not in service.jobs:
        if len(service.jobs) >= MOST_JOBS:
            raise Refused("full", f"there are {MOST_JOBS} jobs, and no more may be")
        await asyncio.to_thread(_check, asked)
    await service.once([Draft("job_made", asked.job, body, key, said)], key, said)
    await service.ready(asked.job)
    return service.jobs[asked.job]


def _check(asked: NewJob) -> None:
    for path, written in (("observation_space", asked.observation_space), ("action_space", asked.action_space)):
        if _elements(written) > MOST_ELEMENTS:
            raise UnsupportedSpace(f"{path} has more than {MOST_ELEMENTS:,} elements: make it smaller")
    spaces = from_json(asked.observation_space, "observation_space"), from_json(asked.action_space, "action_space")
    codec = Codec(*spaces, asked.masked)
    learner = Apart(codec.spec, asked.width, constants=Agent(asked.seed, width=asked.width).constants)
    state = jax.eval_shape(learner.init, jax.random.key(0))
    size = sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(state))
    if size > MOST_BYTES:
        raise UnsupportedSpace(
            f"an agent of width {asked.width} for these spaces takes {size / 2**30:.1f} GiB, and "
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
