"""Imitation: one brain and its interfaces learn to think of each lesson what the one who gave it thinks.

What a choice is worth is told apart into the level that all choices of a component share and how far each is above it.
The level varies with the moment and is large, what is decided by is the rest: each counts in units of how much it
varies, so that a job with a long horizon, where every choice is worth nearly the same, is learned as well as any other.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.fleet.courses import Course, mean_square, parted, telling, told
from trainee.fleet.lessons import at_once
from trainee.learner.actor import Actor
from trainee.learner.encoders import Encoder, Trunk
from trainee.learner.value import Heads
from trainee.types import Observation

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
    levels, leads = jax.vmap(parted, in_axes=(0, None))(utilities - target, allowed)
    of_leads = jax.vmap(mean_square, in_axes=(0, None))(leads / lead, allowed)
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
        return (eqx.apply_updates(parts, _far_as_ever(updates)), moments), each

    begin = parts, optimiser.init(eqx.filter(parts, eqx.is_inexact_array))
    (parts, _), each = jax.lax.scan(step, begin, jax.random.split(key, effort.steps))
    return parts, each


def _far_as_ever(updates: Any) -> Any:
    """With what heads say moved as far as if their unit were one. They speak in a smaller one for the noise in what is
    learned on the job, and a lesson has none.
    """
    weights: Callable[[Any], list[Array]] = lambda p: [heads.linear.weight for _, heads, _ in p.modules]  # noqa: E731
    return eqx.tree_at(weights, updates, [heads.linear.weight / heads.unit[None] for _, heads, _ in updates.modules])


def _batch(course: Course, key: PRNGKeyArray, size: int) -> Course:
    drawn = jax.random.randint(key, (size,), 0, course.count)
    batch = jax.tree.map(lambda leaf: leaf[drawn], told(course))
    return dataclasses.replace(telling(course, batch), count=jnp.asarray(size))


def _loss(trunk: Trunk, modules: Modules, batch: Course) -> Float[Array, ""]:
    encoder, heads, _ = modules
    errors = jnp.zeros(())
    if batch.whole is None:
        utilities = heads.read(jax.vmap(lambda seen: trunk(encoder(seen)))(batch.seen))
    else:
        of_each = jax.vmap(lambda seen, codes: _of_wholes(trunk, modules, seen, codes))
        utilities, plan = of_each(batch.seen, batch.whole.codes)
        errors = jnp.square((plan - batch.whole.plan) / batch.whole.varies)
    each = jax.vmap(imitation_loss, in_axes=(0, 0, 0, None, None))
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

    errors = jax.lax.map(lambda lesson: of_lesson(*lesson), told(course), batch_size=at_once(course.seen))
    counted = jnp.arange(len(errors)) < course.count
    return jnp.sum(jnp.where(counted, errors, 0.0)) / course.count
