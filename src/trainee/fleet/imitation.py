"""Imitation: one brain and its interfaces learn to think of each lesson what the one who gave it thinks.

What a choice is worth is told apart into the level that all choices of a component share and how far each is above it.
The level varies with the moment and is large, what is decided by is the rest: each counts in units of how much it
varies, so that a job with a long horizon, where every choice is worth nearly the same, is learned as well as any other.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from trainee.fleet.lessons import Lessons, at_once
from trainee.learner import Interface, Learner
from trainee.learner.encoders import Encoder, Trunk
from trainee.learner.running import Normaliser, unit
from trainee.learner.value import Heads
from trainee.types import Observation

# What varies less than this does not vary.
LEAST = 1e-6

Modules: TypeAlias = tuple[Encoder, Heads]


class Effort(NamedTuple):
    """How long and how hard it is learned: gradient steps, lessons of each job in one, and Adam's rate, which falls to
    nothing along half a cosine.
    """

    steps: int = 6_000
    batch: int = 128
    rate: float = 1e-3


USUAL = Effort()


class Parts(NamedTuple):
    """What learns: the trunk that every job shares, and an encoder and heads for each signature."""

    trunk: Trunk
    modules: tuple[Modules, ...]


class Course(eqx.Module):
    """The lessons of one job as they are learned from; the first `count` of those that there is room for.

    Attributes:
      seen: the observations as the networks see them.
      targets: utilities less their priors, in units of the interface's peak.
      allowed: choices that there were.
      count: how many lessons there are.
      level, lead: how much the level of utilities varies, and how far the allowed choices are above it
        (root mean square, as `imitation_loss` has it).
      weight: how much the job counts.
    """

    seen: Observation
    targets: Float[Array, "room all_heads components choices"]
    allowed: Bool[Array, "room components choices"]
    count: Int[Array, ""]
    level: Float[Array, ""]
    lead: Float[Array, ""]
    weight: Float[Array, ""]


def course(learner: Learner, interface: Interface, lessons: Lessons, room: int = 0) -> Course:
    """Lessons as an agent with this interface learns from them.

    Args:
      learner: of the job.
      interface: of its signature; `peak` is the unit of the targets.
      lessons: of the job.
      room: for how many more lessons there is to be room; see `corrected`.
    """
    # Filled up first: one shape is one compiled program, however many lessons there are.
    observation, utilities, allowed = jax.tree.map(
        lambda leaf: np.concatenate([leaf, np.zeros((room, *leaf.shape[1:]), leaf.dtype)]),
        (lessons.observation, lessons.utilities, lessons.allowed),
    )
    known = interface, lessons.normaliser, jnp.asarray(lessons.peak), jnp.asarray(len(lessons))
    return _course(learner)(*known, observation, utilities, allowed)


def corrected(learner: Learner, interface: Interface, known: Course, lessons: Lessons, weight: float) -> Course:
    """A course with more lessons in the room that there is for them, and how much the job counts from now on.

    Raises:
      ValueError: there is no such room.
    """
    more, begin = course(learner, interface, lessons), int(known.count)
    if begin + len(lessons) > len(known.targets):
        raise ValueError(f"{len(lessons)} lessons do not fit behind {begin} of {len(known.targets)}")
    seen, targets, allowed = jax.tree.map(
        lambda all_of_them, new: all_of_them.at[begin : begin + len(lessons)].set(new),
        (known.seen, known.targets, known.allowed),
        (more.seen, more.targets, more.allowed),
    )
    count, counts = jnp.asarray(begin + len(lessons)), jnp.asarray(weight, jnp.float32)
    return Course(seen, targets, allowed, count, known.level, known.lead, counts)


def imitation_loss(
    utilities: Float[Array, "heads components choices"],
    target: Float[Array, "heads components choices"],
    allowed: Bool[Array, "components choices"],
    level: Float[Array, ""],
    lead: Float[Array, ""],
) -> Float[Array, ""]:
    """How far utilities are from those of a lesson. Unbatched.

    Args:
      utilities: of each head.
      target: what they should be.
      allowed: choices that there were; of others nothing is learned.
      level, lead: how much the shared level of the targets varies, and how far choices are above it.
    Returns:
      mean square of the errors of both parts, in units of how much they vary.
    """
    levels, leads = jax.vmap(_parted, in_axes=(0, None))(utilities - target, allowed)
    of_leads = jax.vmap(_mean_square, in_axes=(0, None))(leads / lead, allowed)
    return jnp.mean(jnp.square(levels / level)) + jnp.mean(of_leads)


def disagreement(parts: Parts, courses: Sequence[Course], which: Sequence[int]) -> list[float]:
    """How far the parts are from what each course teaches, as `imitation_loss`, on the mean of its lessons."""
    pairs = [(parts.modules[i], course) for i, course in zip(which, courses, strict=True)]
    return [float(_disagreement(parts.trunk, modules, course)) for modules, course in pairs]


def imitated(
    parts: Parts, courses: Sequence[Course], which: Sequence[int], key: PRNGKeyArray, effort: Effort
) -> tuple[Parts, Float[Array, "steps courses"]]:
    """The parts after learning from all courses at once, as many lessons of each at every gradient step.

    Args:
      parts: as they begin.
      courses: of each job.
      which: for each course, the number of its signature's modules.
      key: of what is drawn.
      effort: how long and how hard.
    Returns:
      the parts, and the loss of each course at each gradient step.
    """
    return _imitated(parts, tuple(courses), tuple(which), key, effort)


@functools.partial(jax.jit, static_argnames=("which", "effort"))
def _imitated(
    parts: Parts, courses: tuple[Course, ...], which: tuple[int, ...], key: PRNGKeyArray, effort: Effort
) -> tuple[Parts, Float[Array, "steps courses"]]:
    optimiser = optax.adam(optax.cosine_decay_schedule(effort.rate, effort.steps))
    weights = jnp.stack([course.weight for course in courses])

    def losses(parts: Parts, batches: tuple[Course, ...]) -> tuple[Float[Array, ""], Float[Array, " courses"]]:
        each = jnp.stack([_loss(parts.trunk, parts.modules[i], batch) for i, batch in zip(which, batches, strict=True)])
        return jnp.sum(weights * each) / jnp.sum(weights), each

    def step(carry: tuple[Parts, Any], key: PRNGKeyArray) -> tuple[tuple[Parts, Any], Float[Array, " courses"]]:
        parts, moments = carry
        keys = jax.random.split(key, len(courses))
        batches = tuple(_batch(course, k, effort.batch) for course, k in zip(courses, keys, strict=True))
        gradient, each = jax.grad(losses, has_aux=True)(parts, batches)
        updates, moments = optimiser.update(gradient, moments)
        return (eqx.apply_updates(parts, updates), moments), each

    begin = parts, optimiser.init(eqx.filter(parts, eqx.is_inexact_array))
    (parts, _), each = jax.lax.scan(step, begin, jax.random.split(key, effort.steps))
    return parts, each


def _batch(course: Course, key: PRNGKeyArray, size: int) -> Course:
    drawn = jax.random.randint(key, (size,), 0, course.count)
    seen, targets, allowed = jax.tree.map(lambda leaf: leaf[drawn], (course.seen, course.targets, course.allowed))
    return Course(seen, targets, allowed, jnp.asarray(size), course.level, course.lead, course.weight)


def _loss(trunk: Trunk, modules: Modules, batch: Course) -> Float[Array, ""]:
    encoder, heads = modules
    utilities = heads.read(jax.vmap(lambda seen: trunk(encoder(seen)))(batch.seen))
    each = jax.vmap(imitation_loss, in_axes=(0, 0, 0, None, None))
    return jnp.mean(each(utilities, batch.targets, batch.allowed, batch.level, batch.lead))


@jax.jit
def _disagreement(trunk: Trunk, modules: Modules, course: Course) -> Float[Array, ""]:
    encoder, heads = modules

    def of_lesson(seen: Observation, target: Array, allowed: Array) -> Float[Array, ""]:
        return imitation_loss(heads(trunk(encoder(seen))), target, allowed, course.level, course.lead)

    taught = course.seen, course.targets, course.allowed
    errors = jax.lax.map(lambda lesson: of_lesson(*lesson), taught, batch_size=at_once(course.seen))
    counted = jnp.arange(len(errors)) < course.count
    return jnp.sum(jnp.where(counted, errors, 0.0)) / course.count


def _parted(
    utilities: Float[Array, "components choices"], allowed: Bool[Array, "components choices"]
) -> tuple[Float[Array, " components"], Float[Array, "components choices"]]:
    """The level that the allowed choices of each component share, and how far each is above it; 0 for the others."""
    known = jnp.where(allowed, utilities, 0.0)
    level = jnp.sum(known, axis=-1) / jnp.maximum(jnp.sum(allowed, axis=-1), 1)
    return level, jnp.where(allowed, utilities - level[:, None], 0.0)


def _mean_square(
    leads: Float[Array, "components choices"], allowed: Bool[Array, "components choices"]
) -> Float[Array, " components"]:
    """Of the leads of the allowed choices of each component; the others' are 0."""
    return jnp.sum(jnp.square(leads), axis=-1) / jnp.maximum(jnp.sum(allowed, axis=-1), 1)


@functools.cache
def _course(learner: Learner) -> Any:
    """What makes a course of lessons that were filled up, compiled once for a learner."""

    def prepared(
        interface: Interface,
        normaliser: Normaliser,
        peak: Array,
        count: Array,
        observation: Any,
        utilities: Array,
        allowed: Array,
    ) -> Course:
        seen = jax.vmap(learner.perception.normalised, in_axes=(0, None, None))(
            observation, normaliser, interface.usual
        )

        def prior_of(moment: Array) -> Array:
            one = jax.tree.map(lambda leaf: leaf[moment], seen)
            return learner.prior_scale * interface.prior(learner.perception.bare(one))

        # In parts: what pictures take on the way is a hundred times what they take.
        priors = jax.lax.map(prior_of, jnp.arange(len(utilities)), batch_size=at_once(seen))
        targets = utilities * (unit(peak) / unit(interface.peak)) - priors
        level, lead = jax.vmap(_parted)(jnp.mean(targets[:, : learner.constants.heads], axis=1), allowed)
        held = jnp.arange(len(utilities)) < count
        mean = jnp.sum(jnp.where(held[:, None], level, 0.0), axis=0) / count
        of_level = _root_mean(jnp.square(level - mean[None]), held)
        of_lead = _root_mean(jax.vmap(_mean_square)(lead, allowed), held)
        # Where the level never varies, as at a job of one moment, a hair's breadth is not to be made much of.
        return Course(seen, targets, allowed, count, jnp.maximum(of_level, of_lead / 10), of_lead, jnp.ones(()))

    return jax.jit(prepared)


def _root_mean(squares: Float[Array, "room components"], held: Bool[Array, " room"]) -> Float[Array, ""]:
    """The root of the mean of the lessons that are held; not below `LEAST`."""
    count = jnp.sum(held) * squares.shape[1]
    return jnp.maximum(jnp.sqrt(jnp.sum(jnp.where(held[:, None], squares, 0.0)) / count), LEAST)
