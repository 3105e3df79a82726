"""Correction: the merged agent does the job, and the specialist says what it thinks of where that leads.

Lessons are of moments that the specialist came to. Small errors lead elsewhere, and there nothing was taught (DAgger,
Ross et al. 2011, arXiv 1011.0686). Differs: what is asked of the specialist is not an action but all its utilities.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array

from trainee.errors import UnfitTimeStep
from trainee.fleet.lessons import Lessons, decisions, existing, judged
from trainee.jobs import Job, make
from trainee.learner import Learner, Memory, State, init_memory
from trainee.types import Observation, TimeStep

# Episodes that are played beside each other, and where one is cut that does not end.
EPISODES = 16
LONGEST_EPISODE = 5_000
# Apart from those of work, which are small, and of evaluation, which is the largest.
SEED = 2**30


def corrections(
    learner: Learner, merged: State, specialist: State, lessons: Lessons, most: int, turn: int
) -> tuple[Lessons, list[float]]:
    """Lessons of moments that a merged agent comes to at a job, and the returns of its episodes.

    Args:
      learner: of the job.
      merged: who does the job, frozen.
      specialist: who judges.
      lessons: of the specialist; these say what is usual at the job.
      most: lessons at most.
      turn: how often this was done before; episodes are others each time.
    Raises:
      JobError: the job cannot be played.
    """
    name = lessons.provenance.job
    jobs = [make(name, seed=SEED + EPISODES * turn + i) for i in range(EPISODES)]
    try:
        observation, masks, returns = _played(learner, merged, jobs)
    finally:
        for job in jobs:
            getattr(job, "close", lambda: None)()
    moments = len(observation.numeric)
    chosen = np.linspace(0, moments, min(most, moments), endpoint=False).astype(int)
    observation = jax.tree.map(lambda leaf: leaf[chosen], observation)
    allowed = existing(learner, len(chosen))
    allowed = allowed if masks is None else allowed & masks[chosen]
    utilities = judged(learner, specialist, observation)
    decided = decisions(utilities[:, : learner.constants.heads], allowed)
    return (
        dataclasses.replace(lessons, observation=observation, allowed=allowed, utilities=utilities, decided=decided),
        returns,
    )


def _played(learner: Learner, state: State, jobs: Sequence[Job]) -> tuple[Observation, Any, list[float]]:
    """One episode of each job beside each other: what was perceived at each moment, masks, and the returns."""
    attend, frozen = _attend(learner), state.frozen()
    blank = init_memory(learner.spec.signature)
    memory = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (len(jobs), *np.shape(leaf))), blank)
    steps, totals = [job.reset() for job in jobs], np.zeros(len(jobs))
    going = np.ones(len(jobs), bool)
    seen: list[Any] = []
    for _ in range(LONGEST_EPISODE):
        batch = jax.tree.map(lambda *leaves: np.stack(leaves), *steps)
        memory, actions, observation = attend(frozen, memory, batch)
        held = jax.tree.map(np.asarray, (observation, batch.action_mask))
        seen.append(jax.tree.map(lambda leaf: leaf[going], held))
        for i in np.flatnonzero(going).tolist():
            try:
                steps[i] = jobs[i].step(np.asarray(actions[i]))
            except UnfitTimeStep as fault:
                going[i] = not fault.last
                continue
            totals[i] += float(steps[i].reward)
            going[i] = not steps[i].last
        if not going.any():
            break
    observation, masks = jax.tree.map(lambda *leaves: np.concatenate(leaves), *seen)
    return observation, masks, totals.tolist()


@functools.cache
def _attend(learner: Learner) -> Any:
    def of_one(state: State, memory: Memory, step: TimeStep) -> tuple[Memory, Array, Observation]:
        state = eqx.tree_at(lambda s: s.stream.memory, state, memory)
        _, perceived = learner.perceive(state, step)
        after, decision = learner.exploit(state, step)
        return after.stream.memory, decision.action, perceived.observation

    return jax.jit(jax.vmap(of_one, in_axes=(None, 0, 0)))
