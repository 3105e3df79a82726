"""Contradiction: lessons of two jobs with the same spaces that say the opposite of each other.

Such jobs share an interface. Where what is right at one is wrong at the other, it can learn neither.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from trainee.fleet.lessons import Lessons, existing, thoughts
from trainee.learner import Learner, State

# Who decides alike more often than this does not contradict, whatever chance would have it.
MOST = 0.5


class Voice(NamedTuple):
    """Who gave some lessons, and the lessons."""

    learner: Learner
    state: State
    lessons: Lessons


def contradicts(one: Voice, other: Voice) -> str | None:
    """What two contradict each other in, or None where they do not, or have nothing to do with each other.

    They do where each decides as the other in no more than half of the moments that the other's lessons are of, and no
    more often than by chance.
    """
    if one.learner.spec.signature.id != other.learner.spec.signature.id:
        return None
    shares = [agreement(one, other), agreement(other, one)]
    if any(agreed > min(chance, MOST) for agreed, chance in shares):
        return None
    (at_other, by_chance), (at_one, by_chance_too) = shares
    jobs = other.lessons.provenance.job, one.lessons.provenance.job
    return (
        f"they decide alike in {at_other:.0%} of the moments of {jobs[0]!r} and {at_one:.0%} of those of {jobs[1]!r}, "
        f"and by chance would in {by_chance:.0%} and {by_chance_too:.0%}"
    )


def agreement(one: Voice, other: Voice) -> tuple[float, float]:
    """How often one decides as the other at the moments that the other's lessons are of, and how often it would if
    decisions had nothing to do with moments (as in Cohen's kappa, 1960).
    """
    lessons = other.lessons
    usual = jax.tree.map(jnp.asarray, lessons.normaliser)
    state = eqx.tree_at(lambda s: s.stream.normaliser, one.state, usual)
    allowed = existing(one.learner, len(lessons)) if one.learner.on_lines else lessons.allowed
    decided = thoughts(one.learner, state, lessons.observation, allowed)["decided"]
    return float(np.mean(decided == lessons.decided)), _chance(decided, lessons.decided)


def _chance(some: Float[np.ndarray, "moments components"], others: Float[np.ndarray, "moments components"]) -> float:
    """How often two would agree of which each choice is as frequent as in these, on the mean over components."""
    choices = np.unique(np.concatenate([some, others]))
    together = [np.mean(some == choice, axis=0) * np.mean(others == choice, axis=0) for choice in choices]
    return float(np.mean(np.sum(together, axis=0)))
