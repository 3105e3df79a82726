"""Merge: several agents that descend from one become one, from their lessons. Pure.

The brain is one that all jobs share, interfaces belong to signatures, and streams stay with their workers. What the
agents have in common is where they began, so that the mean of their weights is where to begin again; from there all
jobs are learned at once by imitation, each counting the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from trainee.fleet.courses import Course, course
from trainee.fleet.imitation import Effort, Parts, disagreement, imitated
from trainee.fleet.lessons import Lessons
from trainee.learner import Interface, Learned, Learner
from trainee.learner.running import unit

# In units of how much utilities vary, squared: what is nearer than this is the same but for rounding.
SAME = 1e-7


@dataclass(frozen=True, eq=False)
class Specialist:
    """A worker whose job the merged agent is to do.

    Attributes:
      job: the worker's name.
      learner: of its kind of job.
      brain: of its agent.
      interface: of its agent, for its signature.
      lessons: what it teaches.
    """

    job: str
    learner: Learner
    brain: Learned
    interface: Interface
    lessons: Lessons

    @property
    def signature(self) -> str:
        return self.learner.spec.signature.id


@dataclass(frozen=True, eq=False)
class Merged:
    """What came of a merge.

    Attributes:
      brain: the one that all jobs share.
      interfaces: by signature.
      courses: what was learned from, by job.
      before, after: how far it was from each specialist, as `imitation_loss`, by job.
    """

    brain: Learned
    interfaces: Mapping[str, Interface]
    courses: Mapping[str, Course]
    before: Mapping[str, float]
    after: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Newborn:
    """Where a merge of another width begins: the weights of an agent that has done nothing.

    Attributes:
      brain: of that agent.
      interfaces: of that agent, by signature.
    """

    brain: Learned
    interfaces: Mapping[str, Interface]

    def grown(self, signature: str, known: Interface) -> Interface:
        """An interface of this width in which all but what learns is as it is known."""
        return eqx.tree_at(lambda i: i.learned, known, self.interfaces[signature].learned)


def merged(
    brains: Sequence[Learned],
    specialists: Sequence[Specialist],
    key: PRNGKeyArray,
    effort: Effort,
    room: int = 0,
    newborn: Newborn | None = None,
) -> Merged:
    """One brain, and an interface for each signature, that do what all specialists do.

    Where the mean of the weights does it already nothing is learned, and one agent alone is left as it is, be its
    lessons older than what it thinks now.

    Args:
      brains: of the agents, each once; they began as the same one.
      specialists: their workers, one for each job.
      key: of what is drawn.
      effort: how long and how hard it is learned.
      room: for how many more lessons of each job there is to be room; see `learned_more`.
      newborn: where to begin, if not at the mean of the weights: it may be of another width.
    """
    interfaces = {
        signature: _one_interface([s.interface for s in specialists if s.signature == signature])
        for signature in dict.fromkeys(s.signature for s in specialists)
    }
    courses = {s.job: course(s.learner, interfaces[s.signature], s.lessons, room) for s in specialists}
    begun = Merged(averaged(brains), interfaces, courses, {}, {})
    if newborn is not None:
        grown = {signature: newborn.grown(signature, known) for signature, known in interfaces.items()}
        begun = dataclasses.replace(begun, brain=newborn.brain, interfaces=grown)
    elif len(brains) == 1:
        far = _far(begun, specialists, courses)
        return dataclasses.replace(begun, before=far, after=far)
    return learned_more(begun, specialists, courses, key, effort)


def learned_more(
    known: Merged,
    specialists: Sequence[Specialist],
    courses: Mapping[str, Course],
    key: PRNGKeyArray,
    effort: Effort,
) -> Merged:
    """A merge gone on with, from these courses."""
    begun, taught, which = _material(known, specialists, courses)
    before = _far(known, specialists, courses)
    if all(far < SAME for far in before.values()):
        return dataclasses.replace(known, courses=dict(courses), before=known.before or before, after=before)
    parts, _ = imitated(begun, taught, which, key, effort)
    after = dict(zip(before, disagreement(parts, taught, which), strict=True))
    interfaces = {
        signature: eqx.tree_at(lambda i: i.learned, known.interfaces[signature], _settled(old.learned, modules))
        for (signature, old), modules in zip(known.interfaces.items(), parts.modules, strict=True)
    }
    return Merged(_settled(known.brain, parts.trunk), interfaces, dict(courses), known.before or before, after)


def _material(
    known: Merged, specialists: Sequence[Specialist], courses: Mapping[str, Course]
) -> tuple[Parts, list[Course], list[int]]:
    """What learns, what from, and which of the interfaces each of these is for."""
    signatures = list(known.interfaces)
    begun = Parts(known.brain.slow, tuple(known.interfaces[signature].learned.slow for signature in signatures))
    return begun, [courses[s.job] for s in specialists], [signatures.index(s.signature) for s in specialists]


def _far(known: Merged, specialists: Sequence[Specialist], courses: Mapping[str, Course]) -> dict[str, float]:
    """How far it is from what courses tell, by job."""
    return dict(zip((s.job for s in specialists), disagreement(*_material(known, specialists, courses)), strict=True))


def averaged(trees: Sequence[Any]) -> Any:
    """The mean of several trees of the same shapes, leaf by leaf; of whole numbers the largest.

    Of equal trees it is that tree, to the bit.
    """
    if len(trees) == 1:
        return trees[0]

    def leaf(first: Any, *others: Any) -> Any:
        if not eqx.is_inexact_array(first):
            return _largest(first, others)
        return first + sum((other - first for other in others), start=jnp.zeros_like(first)) / (1 + len(others))

    return jax.tree.map(leaf, *trees)


def _largest(first: Array, others: Sequence[Array]) -> Array:
    """The largest of several whole numbers, element by element."""
    for other in others:
        first = jnp.maximum(first, other)
    return first


def _one_interface(interfaces: Sequence[Interface]) -> Interface:
    """The mean of the interfaces of one signature, in the largest of their units. What is usual to the one that knows
    it best is usual to all: halfway between two that differ, nothing would tell them apart as well.
    """
    peak: Float[Array, ""] = jnp.max(jnp.stack([interface.peak for interface in interfaces]))
    usual = max((interface.usual for interface in interfaces), key=lambda usual: float(usual.count))
    return eqx.tree_at(lambda i: i.usual, averaged([_in_unit(interface, peak) for interface in interfaces]), usual)


def _in_unit(interface: Interface, peak: Float[Array, ""]) -> Interface:
    """An interface whose heads speak in another unit; as it is where that is its own."""
    if bool(interface.peak == peak):
        return interface
    ratio = unit(interface.peak) / unit(peak)
    heads: Callable[[Interface], Any] = lambda i: (i.learned.now[1], i.learned.slow[1])  # noqa: E731
    rescaled = eqx.tree_at(heads, interface, replace_fn=lambda part: jax.tree.map(lambda leaf: leaf * ratio, part))
    return eqx.tree_at(lambda i: i.peak, rescaled, peak)


def _settled(old: Learned, module: Any) -> Learned:
    """Parameters that have been learned by imitation: the newest and the slow ones are the same.

    The moments stay as the agents had them, so that work goes on with steps of the size that they had.
    """
    return Learned(module, jax.tree.map(jnp.array, module), old.moments)
