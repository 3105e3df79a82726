"""Courses: the lessons of one job as they are learned from."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from trainee.fleet.lessons import Lessons, at_once
from trainee.learner import Interface, Learner
from trainee.learner.running import Normaliser, unit
from trainee.types import Observation

# What varies less than this does not vary.
LEAST = 1e-6
# Nor is what a plan varies by less than this worth telling apart.
LEAST_PLAN = 0.03


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
    filled = jax.tree.map(
        lambda leaf: np.concatenate([leaf, np.zeros((room, *leaf.shape[1:]), leaf.dtype)]),
        (lessons.observation, lessons.utilities, lessons.allowed, lessons.codes, lessons.plan),
    )
    known = interface, lessons.normaliser, jnp.asarray(lessons.peak), jnp.asarray(len(lessons))
    return _course(learner)(*known, *filled)


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
        lambda all_of_them, new: all_of_them.at[begin : begin + len(lessons)].set(new), told(known), told(more)
    )
    return dataclasses.replace(telling(known, joined), count=count, weight=counts)


def told(course: Course) -> tuple[Any, ...]:
    """What there is of each lesson."""
    whole = course.whole and (course.whole.codes, course.whole.plan)
    return course.seen, course.targets, course.allowed, whole


def telling(course: Course, told: tuple[Any, ...]) -> Course:
    """A course that tells so of each lesson; see `told`."""
    seen, targets, allowed, each = told
    whole = None if course.whole is None else Whole(each[0], each[1], course.whole.varies)
    return dataclasses.replace(course, seen=seen, targets=targets, allowed=allowed, whole=whole)


def parted(
    utilities: Float[Array, "components choices"], allowed: Bool[Array, "components choices"]
) -> tuple[Float[Array, " components"], Float[Array, "components choices"]]:
    """The level that the allowed choices of each component share, and how far each is above it; 0 for the others."""
    known = jnp.where(allowed, utilities, 0.0)
    level = jnp.sum(known, axis=-1) / jnp.maximum(jnp.sum(allowed, axis=-1), 1)
    return level, jnp.where(allowed, utilities - level[:, None], 0.0)


def mean_square(
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
        level, lead = jax.vmap(parted)(jnp.mean(targets[:, : learner.constants.heads], axis=1), allowed)
        held = jnp.arange(len(utilities)) < count
        mean = jnp.sum(jnp.where(held[:, None], level, 0.0), axis=0) / count
        of_level = _root_mean(jnp.square(level - mean[None]), held)
        of_lead = _root_mean(jax.vmap(mean_square)(lead, allowed), held)
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
