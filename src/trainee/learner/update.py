"""The update: one gradient step on the newest window of the stream and on windows from replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from trainee.learner.value import action_value, lambda_return
from trainee.types import TimeStep


class Rule(NamedTuple):
    """How errors are reckoned: the discount, λ, and by how much an action may look worse, in units of value, before the
    trace fades to a third.
    """

    discount: float | Float[Array, ""]
    trace: float | Float[Array, ""]
    tolerance: float | Float[Array, ""]


class Learned(eqx.Module):
    """Parameters, a slow average of them that targets are read from, and the optimiser's moments."""

    now: Any
    slow: Any
    moments: Any

    def frozen(self) -> Learned:
        """What deciding needs: the slow parameters."""
        return Learned(None, self.slow, None)


def learned(module: Any, optimiser: optax.GradientTransformation) -> Learned:
    """A module, or a tree of them, at the start of its learning."""
    return Learned(module, jax.tree.map(jnp.array, module), optimiser.init(eqx.filter(module, eqx.is_inexact_array)))


def improved(
    part: Learned,
    gradient: Any,
    optimiser: optax.GradientTransformation,
    slow_rate: float | Float[Array, ""],
    paced: Callable[[Any, Int[Array, ""]], Any] = lambda updates, count: updates,
) -> Learned:
    """The part after one gradient step, its slow average following at `slow_rate`; `paced` makes of the step and of how
    many there were the one that is taken.
    """
    updates, moments = optimiser.update(gradient, part.moments, part.now)
    now = eqx.apply_updates(part.now, paced(updates, optax.tree.get(moments, "count")))
    slow = jax.tree.map(lambda slow, new: slow + slow_rate * (new - slow), part.slow, now)
    return Learned(now, slow, moments)


def td_errors(
    online: Float[Array, "steps components choices"],
    chooser: Float[Array, "steps components choices"],
    slow: Float[Array, "steps components choices"],
    window: TimeStep,
    taken: Float[Array, "transitions components choices"],
    allowed: Bool[Array, "steps components choices"],
    rule: Rule,
) -> Float[Array, " transitions"]:
    """Errors of one head's values along one window, 0 where two steps are no transition. Unbatched.

    The target is a double-Q λ-return (van Hasselt et al. 2016): another head's online utilities choose, the slow ones
    of this head judge. Where a head chooses by its own, its errors choose too, and add up: a thousand steps before a
    reward it believes in several times what can be had. The trace fades where the action taken looks worse to this head
    than the one it would have chosen. Watkins (1989) cuts it there: with an ensemble of ten, each of which is seldom in
    charge, that leaves next to nothing of it.

    Args:
      online: `[T, …]`, utilities now, which learn.
      chooser: `[T, …]`, another head's utilities now, by which the next action is chosen.
      slow: `[T, …]`, the same by the slow parameters.
      window: `[T]`, consecutive time steps, rewards in units of value.
      taken: `[T − 1, …]`, the actions taken, as `interpolation` gives them.
      allowed: `[T, …]`, the choices that there were.
      rule: discount, trace and tolerance.
    Returns:
      `[T − 1]`, in units of value. No gradient flows through the targets.
    """
    value = jax.vmap(action_value)
    masked = jnp.where(allowed, jax.lax.stop_gradient(online), -jnp.inf)
    chosen = jnp.argmax(jnp.where(allowed, jax.lax.stop_gradient(chooser), -jnp.inf), axis=-1)
    best = jax.nn.one_hot(chosen, masked.shape[-1])
    believed = value(online[:-1], taken)
    # Below 0 where the action was forbidden; infinite where nothing is allowed.
    regret = jnp.maximum(jnp.mean(jnp.max(masked[:-1], axis=-1), axis=-1) - jax.lax.stop_gradient(believed), 0.0)
    linked = ~window.last[:-1] & ~window.first[1:]
    trace = jnp.where(linked[1:], rule.trace * jnp.exp(-regret[1:] / rule.tolerance), 0.0)
    target = lambda_return(
        window.reward[1:], rule.discount * window.discount[1:], value(slow, best)[1:], jnp.append(trace, 0.0)
    )
    return jnp.where(linked, jax.lax.stop_gradient(target) - believed, 0.0)
