"""Trials: episodes of a job that is made here, played by who learns nothing from them. Each is of bounded length."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from trainee.errors import InvalidArgument, JobError, MissingExtra, UnknownJob
from trainee.jobs import Job, make
from trainee.learner import Learner, Memory, State, before_episode
from trainee.life import Worker
from trainee.life.agent import EVALUATION_SEED
from trainee.types import Observation, Signature, TimeStep

# Episodes that are played beside each other, and where one is cut that does not end; those of Atari have 27,000 steps.
LANES = 16
LONGEST_EPISODE = 30_000

Lanes: TypeAlias = Bool[np.ndarray, " lanes"]
Choose: TypeAlias = Callable[[TimeStep, Lanes], Float[np.ndarray, "lanes components"]]


@dataclass(frozen=True)
class Trial:
    """What came of some episodes.

    Attributes:
      returns: of each that was begun, in order; of one that was cut, what it had brought until then.
      cut: how many did not end.
    """

    returns: tuple[float, ...]
    cut: int

    @property
    def mean(self) -> float:
        return float(np.mean(self.returns))


@contextmanager
def lanes_of(worker: Worker, seed: int, most: int = LANES) -> Iterator[list[Job]]:
    """Jobs of the kind that a worker has worked at, beside each other, made by its name.

    Args:
      worker: its name is taken for the job's id, unless what goes by it is of another kind than its own job.
      seed: of the first; the next ones have the seeds below it.
      most: so many jobs.
    Raises:
      JobError: nothing that can be made here goes by this name, or only a job of another kind does.
    """
    jobs: list[Job] = []
    try:
        jobs += (_made(worker, seed - lane) for lane in range(most))
        yield jobs
    finally:
        for job in jobs:
            job.close()


def tried(worker: Worker, episodes: int, chooser: Callable[[int], Choose]) -> Trial | JobError:
    """Episodes of the job of a worker, the same ones for all who choose; or why it cannot be played.

    Args:
      worker: whose kind of job it is.
      episodes: how many.
      chooser: who plays in so many lanes.
    """
    try:
        with lanes_of(worker, EVALUATION_SEED, min(LANES, episodes)) as jobs:
            return played(jobs, episodes, chooser(len(jobs)))
    except JobError as error:
        return error


def random_play(job: str, episodes: int) -> Trial:
    """Episodes of a job in which each choice is drawn at random from those allowed.

    Args:
      job: its id.
      episodes: how many.
    Raises:
      JobError: it cannot be played.
    """
    jobs: list[Job] = []
    try:
        jobs += (make(job, EVALUATION_SEED - lane) for lane in range(min(LANES, episodes)))
        return played(jobs, episodes, at_random(jobs[0].spec.signature, EVALUATION_SEED))
    finally:
        for one in jobs:
            one.close()


def played(jobs: Sequence[Job], episodes: int, choose: Choose, longest: int = LONGEST_EPISODE) -> Trial:
    """Play episodes, as many beside each other as there are jobs; the same ones whoever chooses, as far as they do not
    depend on what is done. Where one is cut, its job plays no more.

    Args:
      jobs: new ones.
      episodes: in all; the first job plays the first of them.
      choose: for the time steps of all jobs, and which of these are not done, an action for each.
      longest: steps after which an episode is cut.
    Raises:
      JobError: a job says what is unfit, or fails.
    """
    count = len(jobs)
    steps, returns, cut = [job.reset() for job in jobs], dict[int, float](), 0
    playing, totals, lengths = np.arange(count), np.zeros(count), np.zeros(count, int)
    going = playing < episodes
    while going.any():
        actions = choose(jax.tree.map(lambda *leaves: np.stack(leaves), *steps), going)
        for i in np.flatnonzero(going).tolist():
            steps[i] = jobs[i].step(actions[i])
            totals[i], lengths[i] = totals[i] + float(steps[i].reward), lengths[i] + 1
            ended = bool(steps[i].last)
            if not ended and lengths[i] < longest:
                continue
            returns[int(playing[i])], cut = float(totals[i]), cut + (not ended)
            playing[i], totals[i], lengths[i] = playing[i] + count, 0.0, 0
            going[i] = ended and playing[i] < episodes
            if going[i]:
                steps[i] = jobs[i].reset()
    return Trial(tuple(returns[each] for each in sorted(returns)), cut)


class Frozen:
    """Who is frozen, choosing the best on its ensemble's mean in each of several lanes.

    Attributes:
      observation: what was perceived in each at the newest time step.
    """

    def __init__(self, learner: Learner, state: State, lanes: int):
        self._attend, self._leaves = _attend(learner), tuple(jax.tree.leaves(state.frozen()))
        blank = before_episode(state.stream.memory)
        self._memory = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (lanes, *np.shape(leaf))), blank)
        self.observation: Observation | None = None

    def __call__(self, steps: TimeStep, going: Lanes) -> Float[np.ndarray, "lanes components"]:
        self._memory, actions, self.observation = self._attend(self._leaves, self._memory, steps)
        return np.asarray(actions)


def at_random(signature: Signature, seed: int) -> Choose:
    """Draws each choice from those allowed."""
    draw = np.random.default_rng(seed)
    exists = np.arange(signature.grid[1])[None] < np.array(signature.choices)[:, None]

    def one(allowed: Bool[np.ndarray, "components choices"]) -> list[float]:
        each = zip(allowed, signature.choices, signature.continuous, strict=True)
        return [
            draw.uniform(0, size - 1) if continuous else float(draw.choice(np.flatnonzero(row)))
            for row, size, continuous in each
        ]

    def choose(steps: TimeStep, going: Lanes) -> Float[np.ndarray, "lanes components"]:
        masks = [exists] * len(going) if steps.action_mask is None else exists & np.asarray(steps.action_mask)
        chosen = np.zeros((len(going), len(signature.choices)), np.float32)
        for i in np.flatnonzero(going):
            chosen[i] = one(masks[i])
        return chosen

    return choose


def _made(worker: Worker, seed: int) -> Job:
    try:
        job = make(worker.name, seed)
    except (InvalidArgument, MissingExtra) as error:
        raise UnknownJob(
            f"{worker.name!r} is the name of a worker, and no job that can be made here: {error}"
        ) from None
    here, there = job.codec, worker.codec
    if (here.signature.id, here.masked) != (there.signature.id, there.masked):
        job.close()
        raise UnknownJob(
            f"what can be made here by the name of the worker {worker.name!r} is not the job that it has worked at: it "
            f"has {here.observation_space} and {here.action_space}, and the worker's has {there.observation_space} and "
            f"{there.action_space}. Let workers have the ids of their jobs for names"
        )
    return job


@functools.cache
def _attend(learner: Learner) -> Any:
    treedef = jax.tree.structure(jax.eval_shape(lambda key: learner.init(key).frozen(), jax.random.key(0)))

    def of_one(leaves: tuple[Array, ...], memory: Memory, step: TimeStep) -> tuple[Memory, Array, Observation]:
        state: State = jax.tree.unflatten(treedef, leaves)
        state = eqx.tree_at(lambda s: s.stream.memory, state, memory)
        _, perceived = learner.perceive(state, step)
        after, decision = learner.exploit(state, step)
        return after.stream.memory, jnp.asarray(decision.action), perceived.observation

    return jax.jit(jax.vmap(of_one, in_axes=(None, 0, 0)))
