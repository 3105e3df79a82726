"""Correction: the merged agent does the job, and the specialist says what it thinks of where that leads.

Lessons are of moments that the specialist came to. Small errors lead elsewhere, and there nothing was taught (DAgger,
Ross et al. 2011, arXiv 1011.0686). Differs: what is asked of the specialist is not an action but all its utilities.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from trainee.fleet.lessons import Lessons, existing, thoughts
from trainee.fleet.trials import LANES, Frozen, Lanes, Trial, lanes_of, played
from trainee.learner import State
from trainee.life import Worker
from trainee.types import TimeStep

# Where an episode is cut: all that is seen in it is held.
LONGEST_EPISODE = 5_000
# Apart from those of work, which are small, and of evaluation, which is the largest.
SEED = 2**30


def corrections(
    worker: Worker, merged: State, specialist: State, lessons: Lessons, most: int, turn: int
) -> tuple[Lessons, Trial]:
    """Lessons of moments that a merged agent comes to at a job, and what came of its episodes.

    Args:
      worker: the specialist's, at the job.
      merged: who does the job, frozen.
      specialist: who judges.
      lessons: of the specialist; these say what is usual at the job.
      most: lessons at most.
      turn: how often this was done before; episodes are others each time.
    Raises:
      JobError: the job cannot be played.
    """
    learner, seen = worker.learner, list[Any]()
    with lanes_of(worker, SEED + LANES * (turn + 1)) as jobs:
        frozen = Frozen(learner, merged, len(jobs))

        def choose(steps: TimeStep, going: Lanes) -> Float[np.ndarray, "lanes components"]:
            actions = frozen(steps, going)
            held = jax.tree.map(np.asarray, (frozen.observation, steps.action_mask))
            seen.append(jax.tree.map(lambda leaf: leaf[going], held))
            return actions

        trial = played(jobs, len(jobs), choose, LONGEST_EPISODE)
    observation, masks = jax.tree.map(lambda *leaves: np.concatenate(leaves), *seen)
    moments = len(observation.numeric)
    chosen = np.linspace(0, moments, min(most, moments), endpoint=False).astype(int)
    observation = jax.tree.map(lambda leaf: leaf[chosen], observation)
    allowed = existing(learner, len(chosen))
    allowed = allowed if masks is None else allowed & masks[chosen]
    told = {"observation": observation, **thoughts(learner, specialist, observation, allowed)}
    # In the unit that the specialist speaks in now, which may not be that of the lessons.
    return dataclasses.replace(lessons, **told, peak=np.asarray(specialist.interface.peak)), trial
