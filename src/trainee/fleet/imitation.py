"""Imitation: one brain and its interfaces learn to think of each lesson what the one who gave it thinks.

What a choice is worth is told apart into the level that all choices of a component share and how far each is above it.
The level varies with the moment and is large, what is decided by is the rest: each counts in units of how much it
varies, so that a job with a long horizon, where every choice is worth nearly the same, is learned as well as any other.
"""

from __future__ import annotations

import dataclasses
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
from trainee.learner.actor import Actor
from trainee.learner.encoders import Encoder, Trunk
from trainee.learner.running import Normaliser, unit
from trainee.learner.value import Heads
from trainee.types import Observation

# What varies less than this does not vary.
LEAST = 1e-6
# Nor is what a plan varies by less than this worth telling apart.
LEAST_PLAN = 0.03

Modules: TypeAlias = tuple[Encoder, Heads, Actor | None]


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


class Whole(eqx.Module):
    """What lessons say of actions that are judged as a whole; see `trainee.learner.actor`.

    Attributes:
      codes: of the actions that are the choices.
      plan: what the actor would do.
      varies: how much the numbers of plans vary, the root of their mean variance.
    """

    codes: Float[Array, "room choices numbers"]
    plan: Float[Array, "room plan"]
    varies: Float[Array, ""]


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
      whole: where actions are judged as a whole, those that are the choices, and what the actor would do.
    """

    seen: Observation
    targets: Float[Array, "room all_heads components choices"]
    allowed: Bool[Array, "room components choices"]
    count: Int[Array, ""]
    level: Float[Array, ""]
    lead: Float[Array, ""]
    weight: Float[Array, ""]
    whole: Whole | None


def course(learner: Learner, interface: Interface, lessons: Lessons, room: int = 0) -> Course:
    """Lessons as an agent with this interface learns from them.

    Args:
      learner: of the job.
      interface: of its signature; `peak` is the unit of the targets.
      lessons: of the job.
      room: for how many more lessons there is to be room; see `corrected`.
    """
    # Filled up first: one shape is one compiled program, however many lessons there are.
    told = jax.tree.map(
        lambda leaf: np.concatenate([leaf, np.zeros((room, *leaf.shape[1:]), leaf.dtype)]),
        (lessons.observation, lessons.utilities, lessons.allowed, lessons.codes, lessons.plan),
    )
    known = interface, lessons.normaliser, jnp.asarray(lessons.peak), jnp.asarray(len(lessons))
    return _course(learner)(*known, *told)


def corrected(learner: Learner, interface: Interface, known: Course, lessons: Lessons, weight: float) -> Course:
    """A course with more lessons in the room that there is for them, and how much the job counts from now on.

    Raises:
      ValueError: there is no such room.
    """
    more, begin = course(learner, interface, lessons), int(known.count)
    if begin + len(lessons) > len(known.targets):
        raise ValueError(f"{len(lessons)} lessons do not fit behind {begin} of {len(known.targets)}")
    count, counts = jnp.asarray(begin + len(lessons)), jnp.asarray(weight, jnp.float32)
    joined = jax.tree.map(
        lambda all_of_them, new: all_of_them.at[begin : begin + len(lessons)].set(new), _told(known), _told(more)
    )
    return dataclasses.replace(_telling(known, joined), count=count, weight=counts)


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
    batch = jax.tree.map(lambda leaf: leaf[drawn], _told(course))
    return dataclasses.replace(_telling(course, batch), count=jnp.asarray(size))


def _told(course: Course) -> tuple[Any, ...]:
    """What there is of each lesson."""
    whole = course.whole and (course.whole.codes, course.whole.plan)
    return course.seen, course.targets, course.allowed, whole


def _telling(course: Course, told: tuple[Any, ...]) -> Course:
    """A course that tells so of each lesson; see `_told`."""
    seen, targets, allowed, each = told
    whole = None if course.whole is None else Whole(each[0], each[1], course.whole.varies)
    return dataclasses.replace(course, seen=seen, targets=targets, allowed=allowed, whole=whole)


def _loss(trunk: Trunk, modules: Modules, batch: Course) -> Float[Array, ""]:
    encoder, heads, _ = modules
    each = jax.vmap(imitation_loss, in_axes=(0, 0, 0, None, None))
    if batch.whole is None:
        utilities = heads.read(jax.vmap(lambda seen: trunk(encoder(seen)))(batch.seen))
        return jnp.mean(each(utilities, batch.targets, batch.allowed, batch.level, batch.lead))
    utilities, plan = jax.vmap(lambda seen, codes: _of_wholes(trunk, modules, seen, codes))(
        batch.seen, batch.whole.codes
    )
    errors = jnp.square((plan - batch.whole.plan) / batch.whole.varies)
    return jnp.mean(each(utilities, batch.targets, batch.allowed, batch.level, batch.lead)) + jnp.mean(errors)


def _of_wholes(
    trunk: Trunk, modules: Modules, seen: Observation, codes: Float[Array, "choices numbers"]
) -> tuple[Float[Array, "heads 1 choices"], Float[Array, " plan"]]:
    """What heads think of whole actions at one moment, and what the actor would do."""
    encoder, heads, acting = modules
    assert acting is not None
    features = jax.vmap(lambda code: trunk(encoder(seen, code)))(codes)
    return jnp.moveaxis(heads.read(features)[..., 0], 0, -1), acting(seen, jnp.ones(acting.signature.grid, bool))


@jax.jit
def _disagreement(trunk: Trunk, modules: Modules, course: Course) -> Float[Array, ""]:
    encoder, heads, _ = modules

    def of_lesson(seen: Observation, target: Array, allowed: Array, whole: Any) -> Float[Array, ""]:
        if whole is None or course.whole is None:
            return imitation_loss(heads(trunk(encoder(seen))), target, allowed, course.level, course.lead)
        utilities, plan = _of_wholes(trunk, modules, seen, whole[0])
        error = jnp.mean(jnp.square((plan - whole[1]) / course.whole.varies))
        return imitation_loss(utilities, target, allowed, course.level, course.lead) + error

    errors = jax.lax.map(lambda lesson: of_lesson(*lesson), _told(course), batch_size=at_once(course.seen))
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
        codes: Array | None,
        plan: Array | None,
    ) -> Course:
        seen = jax.vmap(learner.perception.normalised, in_axes=(0, None, None))(
            observation, normaliser, interface.usual
        )

        def prior_of(moment: Array) -> Array:
            bare = learner.perception.bare(jax.tree.map(lambda leaf: leaf[moment], seen))
            if codes is None:
                return learner.prior_scale * interface.prior(bare)
            of_each = jax.vmap(lambda code: interface.prior(bare, code))(codes[moment])
            return learner.prior_scale * jnp.moveaxis(of_each[..., 0], 0, -1)

        # In parts: what pictures take on the way is a hundred times what they take.
        priors = jax.lax.map(prior_of, jnp.arange(len(utilities)), batch_size=at_once(seen))
        targets = utilities * (unit(peak) / unit(interface.peak)) - priors
        level, lead = jax.vmap(_parted)(jnp.mean(targets[:, : learner.constants.heads], axis=1), allowed)
        held = jnp.arange(len(utilities)) < count
        mean = jnp.sum(jnp.where(held[:, None], level, 0.0), axis=0) / count
        of_level = _root_mean(jnp.square(level - mean[None]), held)
        of_lead = _root_mean(jax.vmap(_mean_square)(lead, allowed), held)
        # Where the level never varies, as at a job of one moment, a hair's breadth is not to be made much of.
        level = jnp.maximum(of_level, of_lead / 10)
        whole = None
        if codes is not None and plan is not None:
            usual = jnp.sum(jnp.where(held[:, None], plan, 0.0), axis=0) / count
            varies = jnp.maximum(_root_mean(jnp.square(plan - usual[None]), held), LEAST_PLAN)
            whole = Whole(codes, plan, varies)
        return Course(seen, targets, allowed, count, level, of_lead, jnp.ones(()), whole)

    return jax.jit(prepared)


def _root_mean(squares: Float[Array, "room components"], held: Bool[Array, " room"]) -> Float[Array, ""]:
    """The root of the mean of the lessons that are held; not below `LEAST`."""
    count = jnp.sum(held) * squares.shape[1]
    return jnp.maximum(jnp.sqrt(jnp.sum(jnp.where(held[:, None], squares, 0.0)) / count), LEAST)
