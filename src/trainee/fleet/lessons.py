"""Lessons: what a worker knows, as a bounded digest of its stream that another agent can learn from.

A lesson is a moment of the worker's past, with all that it had in mind then, and what it thinks of that moment now: the
utility of every choice to every head. Learning from them is supervised, and needs neither the job nor its rewards
(policy distillation, Rusu et al. 2016, arXiv 1511.06295). Differs: all heads of the ensemble are told, so that what was
not known stays unknown.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from trainee.errors import InvalidArgument, UnfitLessons
from trainee.fleet.provenance import Provenance, provenance
from trainee.learner import Learner, State, actor, replay
from trainee.learner.running import Normaliser
from trainee.learner.value import greedy
from trainee.life import Agent
from trainee.types import Observation

# Of one job.
MOST_BYTES = 20_000_000
# More teach no better: they are seen again and again while they are learned from.
MOST_LESSONS = 20_000
# Of the lessons, so many are the newest; the others are spread over all that is remembered.
NEWEST_SHARE = 0.5
# Of actions that are judged as a whole: the middle of a plan, and so many drawn from it.
DRAWN = 3
# Moments judged in one call.
AT_ONCE, NUMBERS_AT_ONCE = 1024, 2**22


@dataclass(frozen=True, eq=False)
class Lessons:
    """Lessons of one worker, the oldest first; numpy arrays with a leading axis of lessons.

    Attributes:
      provenance: where they come from.
      observation: as perceived, with what is recalled behind its numbers; not normalised.
      allowed: the choices that there were.
      utilities: of each choice to each head, the near one last, in units of `peak`.
      decided: the best choice of each component on the ensemble's mean; along a line the one nearest to it.
      normaliser: what was usual in the stream.
      peak: the unit of the utilities, in the job's own reward units.
      codes: where actions are judged as a whole, of those that are the choices; see `trainee.learner.actor`.
      plan: what the actor would do there.
    """

    provenance: Provenance
    observation: Observation
    allowed: Bool[np.ndarray, "lessons components choices"]
    utilities: Float[np.ndarray, "lessons all_heads components choices"]
    decided: Float[np.ndarray, "lessons components"]
    normaliser: Normaliser
    peak: Float[np.ndarray, ""]
    codes: Float[np.ndarray, "lessons choices numbers"] | None = None
    plan: Float[np.ndarray, "lessons plan"] | None = None

    def __len__(self) -> int:
        return len(self.utilities)

    @property
    def name(self) -> str:
        """How a message calls them."""
        return f"the lessons of {self.provenance.job!r}"

    def few(self, most: int) -> Lessons:
        """Some of them, spread over all."""
        chosen = np.linspace(0, len(self), min(most, len(self)), endpoint=False).astype(int)
        observation = jax.tree.map(lambda leaf: leaf[chosen], self.observation)
        known = {name: getattr(self, name) for name in ("allowed", "utilities", "decided", "codes", "plan")}
        arrays = jax.tree.map(lambda leaf: leaf[chosen], known)
        return dataclasses.replace(self, observation=observation, **arrays)


def digest(agent: Agent, name: str, most: int = MOST_LESSONS, newest: int | None = None) -> Lessons:
    """Lessons of a worker, as it is now.

    Args:
      agent: whose worker it is; nothing about it changes.
      name: the worker's.
      most: how many lessons at most; fewer where they would take more than `MOST_BYTES`.
      newest: of so many of the newest time steps alone; by default of all that are remembered.
    Raises:
      InvalidArgument: there is no worker of that name.
      UnfitLessons: it has learned nothing yet, or what it thinks is no number.
    """
    agent.gather()
    worker = agent.workers.get(name)
    if worker is None:
        raise InvalidArgument(f"no worker is named {name!r}: this agent has {sorted(agent.workers)}")
    learner, state, about = worker.learner, agent.state_of(worker), provenance(agent, worker)
    # Before all that is remembered is read. What a job is to be done like is not asked of today's thoughts.
    _check_learned(about, state, about.steps, competent=newest is None)
    if newest is None:
        steps, _ = replay.everything(state.stream.replay, learner.experience())
    else:
        steps, _ = _newest(learner, state, newest)
    # At a last time step nothing is decided.
    moments = np.flatnonzero(~np.asarray(steps.last))
    _check_learned(about, state, len(moments), competent=newest is None)
    size = replay.slot_bytes(learner.experience()) + 8 * learner.all_heads * int(np.prod(table(learner)))
    chosen = moments[_spread(len(moments), min(most, MOST_BYTES // size))]
    observation = jax.tree.map(lambda leaf: np.asarray(leaf)[chosen], steps.observation)
    mask = None if steps.action_mask is None else np.asarray(steps.action_mask)[chosen]
    allowed = existing(learner, len(chosen)) if mask is None else existing(learner, len(chosen)) & mask
    usual, peak = jax.tree.map(np.asarray, state.stream.normaliser), np.asarray(state.interface.peak)
    return checked(
        Lessons(about, observation, normaliser=usual, peak=peak, **thoughts(learner, state, observation, allowed))
    )


def checked(lessons: Lessons) -> Lessons:
    """Lessons as they are, if all of them can be learned from.

    Raises:
      UnfitLessons: there are none, or one holds what is no finite number.
    """
    if not len(lessons):
        raise UnfitLessons(f"{lessons.name} are empty: let the worker work, and take them again")
    parts = {"observation": lessons.observation, "utilities": lessons.utilities, "normaliser": lessons.normaliser}
    for part, tree in {**parts, "peak": lessons.peak}.items():
        for leaf in jax.tree.leaves(tree):
            if not np.issubdtype(leaf.dtype, np.floating):
                continue
            unfit = np.argwhere(~np.isfinite(leaf))
            if len(unfit):
                place = f" of lesson {unfit[0][0]:,}" if part in ("observation", "utilities") else ""
                raise UnfitLessons(
                    f"{lessons.name} hold {leaf[tuple(unfit[0])]} in the {part}{place}: none of them is learned from. "
                    f"Take them again from the last good checkpoint of the worker"
                )
    if lessons.peak < 0:
        raise UnfitLessons(f"{lessons.name} have a negative unit of value, {lessons.peak}: take them again")
    return lessons


def thoughts(
    learner: Learner, state: State, observation: Observation, allowed: Bool[np.ndarray, "moments components choices"]
) -> dict[str, Any]:
    """What is thought at some moments: the fields of `Lessons` from `allowed` to `decided`, and `codes` and `plan`.

    Args:
      learner: of the job.
      state: whose thoughts they are.
      observation: as perceived, `[moments, …]`.
      allowed: the choices that there were.
    """
    judge, frozen = _judge(learner), state.frozen()
    parts = [
        jax.tree.map(lambda leaf, n=count: np.asarray(leaf)[:n], judge(frozen, *part))
        for part, count in _in_parts((observation, allowed))
    ]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def table(learner: Learner) -> tuple[int, int]:
    """Components and choices of which the utilities are that a lesson has."""
    return (1, 1 + DRAWN) if learner.on_lines else learner.spec.signature.grid


def existing(learner: Learner, moments: int) -> Bool[np.ndarray, "moments components choices"]:
    """The choices that there are where none is forbidden."""
    sizes, widest = np.array(learner.spec.signature.choices), learner.spec.signature.grid[1]
    return np.broadcast_to(np.arange(widest)[None, None] < sizes[None, :, None], (moments, len(sizes), widest))


def _newest(learner: Learner, state: State, count: int) -> replay.Experience:
    """The newest time steps, at most so many, the oldest first."""
    ring = state.stream.replay
    written, capacity = int(ring.written), len(ring.rows)
    count = min(count, capacity)
    slots = (written - count + jnp.arange(count)) % capacity
    found = _reader(learner)(ring, slots)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[max(count - written, 0) :], found)


@functools.cache
def _reader(learner: Learner) -> Any:
    return jax.jit(lambda ring, slots: replay.read(ring, slots, learner.experience()))


def _check_learned(about: Provenance, state: State, moments: int, competent: bool) -> None:
    who, remedy = f"the worker at {about.job!r}", "Let it work longer, and take the lessons again"
    if not moments:
        raise UnfitLessons(f"{who} has made no step yet, and so has no lessons. {remedy}")
    if competent and not about.competence.episodes:
        raise UnfitLessons(
            f"{who} has ended no episode in {about.steps:,} steps: there is no telling how well it does. {remedy}"
        )
    _, heads, _ = state.interface.learned.slow
    # Heads begin at zero.
    if not any(np.any(np.asarray(leaf)) for leaf in jax.tree.leaves(heads)):
        raise UnfitLessons(f"{who} has learned nothing in {about.steps:,} steps. {remedy}")


def _spread(held: int, most: int) -> np.ndarray:
    """Which of so many moments to keep, in order."""
    if held <= most:
        return np.arange(held)
    newest = held - round(most * NEWEST_SHARE)
    older = np.linspace(0, newest, most - (held - newest), endpoint=False).astype(int)
    return np.concatenate([older, np.arange(newest, held)])


def _in_parts(moments: tuple[Observation, Any]) -> Iterator[tuple[Any, int]]:
    """Parts of one size, the last one filled up with zeros, and how many moments each holds."""
    held, size = len(moments[0].numeric), at_once(moments[0])
    for begin in range(0, held, size):
        count = min(size, held - begin)

        def filled(leaf: Any, begin: int = begin, count: int = count) -> np.ndarray:
            rest = np.zeros((size - count, *leaf.shape[1:]), leaf.dtype)
            return np.concatenate([leaf[begin : begin + count], rest])

        yield jax.tree.map(filled, moments), count


def at_once(observation: Observation) -> int:
    """How many of such observations, `[moments, …]`, are gone through at once: fewer of large ones."""
    numbers = sum(int(np.prod(leaf.shape[1:])) for leaf in jax.tree.leaves(observation))
    return max(min(AT_ONCE, NUMBERS_AT_ONCE // max(numbers, 1)), 32)


@functools.cache
def _judge(learner: Learner) -> Any:
    signature, heads = learner.spec.signature, learner.constants.heads
    luck = jnp.asarray(np.random.default_rng(0).random((DRAWN, actor.numbers(signature))), jnp.float32)

    def of_choices(state: State, seen: Observation, allowed: Array) -> dict[str, Any]:
        utilities = learner.opinions(state, seen)[0]
        best = greedy(jnp.mean(utilities[:heads], axis=0), allowed).astype(jnp.float32)
        return {"allowed": allowed, "utilities": utilities, "decided": best, "codes": None, "plan": None}

    def of_wholes(state: State, seen: Observation, allowed: Array) -> dict[str, Any]:
        plan = learner.plan(state, seen, allowed)
        middle = actor.middle(signature, plan)
        codes = jax.vmap(lambda some: actor.drawn(signature, plan, some).code)(luck)
        codes = jnp.concatenate([middle[None], codes])
        utilities, _ = learner.opinions(state, seen, codes)
        nearest, judged = jnp.round(actor.decoded(signature, middle)), jnp.ones((1, len(codes)), bool)
        return {"allowed": judged, "utilities": utilities, "decided": nearest, "codes": codes, "plan": plan}

    of_one = of_wholes if learner.on_lines else of_choices
    return jax.jit(jax.vmap(of_one, in_axes=(None, 0, 0)))
