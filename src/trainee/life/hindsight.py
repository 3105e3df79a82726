"""Hindsight: an episode gone over again, for where it changed and which step decided it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, SupportsIndex

import jax
import jax.numpy as jnp
import numpy as np

from trainee.errors import InvalidArgument
from trainee.learner import Learner, State, replay, running
from trainee.life.whole import whole
from trainee.types import TimeStep

if TYPE_CHECKING:
    from trainee.life.worker import Worker

# Time steps judged in one call; a longer episode takes several.
AT_ONCE = 256
# Time steps that tell what change is usual.
USUAL_STEPS = 2048


@dataclass(frozen=True)
class Hindsight:
    """What an agent thinks now of an episode that is over. Arrays are `[transitions]`, in the job's reward units.

    Attributes:
      job: the worker's name.
      rewards: what each step brought; the last one of an episode that was given up, also what was thought to be left.
      values: what was to be expected before it, from then to the end.
      changes: by how much it changed that: the reward and what was to be expected after it, less what was before it.
      surprises: the size of the change, in units of what is usual at this job (root mean square).
      blames: how much worse the action was than the best one, by what the agent thinks now. What came of it is in
        `changes`: a fall that no other action would have spared is nobody's fault.
      fork: the step that decided the episode: the one most to blame. Steps are counted from 0.
    """

    job: str
    rewards: np.ndarray
    values: np.ndarray
    changes: np.ndarray
    surprises: np.ndarray
    blames: np.ndarray
    fork: int

    def __str__(self) -> str:
        step = self.fork
        return (
            f"{self.job}: return {self.rewards.sum():.6g} in {len(self.rewards)} steps, decided at step {step}: "
            f"{self.blames[step]:.3g} worse than the best action"
        )


def hindsight(worker: Worker, state: State, episode: SupportsIndex) -> Hindsight:
    """Go over an episode of a worker again.

    Args:
      worker: whose episode it is.
      state: of the worker.
      episode: among those that are over and still in replay, the oldest being 0; −1 is the newest.
    Raises:
      InvalidArgument: there is no such episode.
    """
    episode = whole("episode", episode)
    steps, actions = replay.everything(state.stream.replay, worker.learner.experience())
    spans = _episodes(np.asarray(steps.first), np.asarray(steps.last))
    if not -len(spans) <= episode < len(spans):
        kept = f"there are {len(spans)} in its replay, of which −1 is the newest" if spans else "none is over yet"
        raise InvalidArgument(f"worker {worker.name!r} has no episode {episode}: {kept}")
    start, stop = spans[episode]
    judged = _judged(worker.learner, state, steps, actions, start, stop)
    usual_from = max(0, len(steps.first) - USUAL_STEPS)
    usual = _judged(worker.learner, state, steps, actions, usual_from, len(steps.first))
    linked = ~np.asarray(steps.last)[usual_from:-1] & ~np.asarray(steps.first)[usual_from + 1 :]
    deviation = np.sqrt(np.mean(np.square(usual.changes[linked]))) if linked.any() else 0.0
    surprises = np.abs(judged.changes) / deviation if deviation > 0 else np.zeros_like(judged.changes)
    fork = int(np.argmax(judged.blames))
    return Hindsight(worker.name, judged.rewards, judged.values, judged.changes, surprises, judged.blames, fork)


@dataclass(frozen=True)
class _Judged:
    rewards: np.ndarray
    values: np.ndarray
    changes: np.ndarray
    blames: np.ndarray


def _judged(learner: Learner, state: State, steps: TimeStep, actions: Any, start: int, stop: int) -> _Judged:
    """Transitions among consecutive time steps; the pair of two episodes is one too, and means nothing."""
    part = jax.tree.map(lambda leaf: leaf[start:stop], steps)
    # What was done at a time step is kept beside the next one.
    taken = np.concatenate([actions[start + 1 : stop], actions[stop - 1 : stop]])
    best, chosen = _appraised(learner, state, part, taken)
    unit, discount = float(running.unit(state.interface.peak)), float(learner.discount(state.stream))
    rewards = np.asarray(part.reward)[1:]
    reached = rewards / unit + discount * np.asarray(part.discount)[1:] * best[1:]
    changes, blames = reached - best[:-1], best[:-1] - chosen[:-1]
    return _Judged(rewards, unit * best[:-1], unit * changes, unit * blames)


def _appraised(learner: Learner, state: State, steps: TimeStep, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each time step the value of the best action and of the one taken, in units of value."""
    appraise, found = _appraising(learner), []
    for start in range(0, len(actions), AT_ONCE):
        batch = jax.tree.map(lambda leaf, i=start: np.asarray(leaf)[i : i + AT_ONCE], (steps, actions))
        short = AT_ONCE - len(batch[1])
        padded = jax.tree.map(lambda leaf, n=short: np.concatenate([leaf, np.repeat(leaf[-1:], n, axis=0)]), batch)
        found.append(np.asarray(appraise(state.frozen(), *padded))[:, : AT_ONCE - short])
    best, chosen = np.concatenate(found, axis=1)
    return best, chosen


@functools.cache
def _appraising(learner: Learner) -> Any:
    return jax.jit(
        lambda state, steps, actions: jnp.stack(jax.vmap(learner.appraised, (None, 0, 0))(state, steps, actions))
    )


def _episodes(first: np.ndarray, last: np.ndarray) -> list[tuple[int, int]]:
    """Where whole episodes begin, and the place after their last time step."""
    spans, start = [], None
    for place, (begins, ends) in enumerate(zip(first, last, strict=True)):
        if begins:
            start = place
        if ends and start is not None:
            spans.append((start, place + 1))
            start = None
    return [(begin, end) for begin, end in spans if end - begin > 1]
