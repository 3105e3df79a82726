"""The update: one gradient step on the newest window of the stream and on windows from replay."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

from trainee.learner.value import action_value, greedy, lambda_return
from trainee.types import TimeStep


class Learned(eqx.Module):
    """Parameters, a slow average of them that targets are read from, and the optimiser's moments."""

    now: Any
    slow: Any
    moments: Any


def learned(module: Any, optimiser: optax.GradientTransformation) -> Learned:
    """A module, or a tree of them, at the start of its learning."""
    return Learned(module, jax.tree.map(jnp.array, module), optimiser.init(eqx.filter(module, eqx.is_inexact_array)))


def improved(part: Learned, gradient: Any, optimiser: optax.GradientTransformation, slow_rate: float) -> Learned:
    """The part after one gradient step, its slow average following at `slow_rate`."""
    updates, moments = optimiser.update(gradient, part.moments, part.now)
    now = eqx.apply_updates(part.now, updates)
    slow = jax.tree.map(lambda slow, new: slow + slow_rate * (new - slow), part.slow, now)
    return Learned(now, slow, moments)


def td_errors(
    online: Float[Array, "steps components choices"],
    slow: Float[Array, "steps components choices"],
    window: TimeStep,
    actions: Float[Array, "steps components"],
    allowed: Bool[Array, "steps components choices"],
    discount: float,
    trace: float,
    tolerance: float,
) -> Float[Array, " transitions"]:
    """Errors of one head's values along one window, 0 where two steps are no transition. Unbatched.

    The target is a double-Q λ-return (van Hasselt et al. 2016): the online utilities choose, the slow ones judge. The
    trace fades where the action taken looks worse to this head than the one it would have chosen, by `tolerance` in
    units of value. Watkins (1989) cuts it there: with an ensemble of ten, each of which is seldom in charge, that
    leaves next to nothing of it.
    """
    values = jax.vmap(action_value)
    best = jax.vmap(greedy)(online, allowed)
    value = values(slow, best.astype(actions.dtype))
    linked = ~window.last[:-1] & ~window.first[1:]
    regret = values(online, best.astype(actions.dtype)) - values(online, actions)
    follows = jnp.exp(-jax.lax.stop_gradient(regret) / tolerance)[1:-1] * linked[1:]
    target = lambda_return(
        window.reward[1:], discount * window.discount[1:], value[1:], trace * jnp.append(follows, 0.0)
    )
    error = jax.lax.stop_gradient(target) - values(online[:-1], actions[:-1])
    return jnp.where(linked, error, 0.0)
