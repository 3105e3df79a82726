"""Exploration: Thompson sampling, one head of the ensemble in charge for an episode at a time."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from trainee.learner.value import greedy, refined


def drawn_head(
    chance: Float[Array, " 2"], head: Int[Array, ""], first: Bool[Array, ""], heads: int, patience_steps: float
) -> Int[Array, ""]:
    """The head in charge: drawn anew when an episode begins, and now and then in episodes that do not end.

    Args:
      chance: uniform in [0, 1): whether to draw, and what is drawn.
      head: the one in charge until now.
      first: an episode begins.
      heads: how many there are.
      patience_steps: mean time between two draws within an episode.
    """
    anew = first | (chance[0] < 1 / patience_steps)
    return jnp.where(anew, jnp.floor(chance[1] * heads).astype(jnp.int32), head)


def proposals(
    utilities: Float[Array, "heads components choices"],
    allowed: Bool[Array, "components choices"],
    continuous: Bool[Array, " components"],
) -> Float[Array, "heads components"]:
    """The action that each head would choose."""
    return jax.vmap(lambda u: refined(u, greedy(u, allowed), continuous))(utilities)


def explored(
    noise: Float[Array, " components"], action: Float[Array, " components"], continuous: Bool[Array, " components"], last
) -> Float[Array, " components"]:
    """The action with noise, in choices, added to its continuous components; the last choice is the rim."""
    return jnp.where(continuous, jnp.clip(action + noise, 0, last), action)


def propensity(
    action: Float[Array, " components"],
    proposed: Float[Array, "heads components"],
    continuous: Bool[Array, " components"],
    noise: float,
) -> Float[Array, ""]:
    """Probability of an action over the draw of the head, and density over the noise of continuous components."""

    def of_head(proposal: Float[Array, " components"]) -> Float[Array, ""]:
        density = jax.scipy.stats.norm.pdf(action, proposal, noise)
        agrees = (action == proposal).astype(action.dtype)
        return jnp.prod(jnp.where(continuous, density, agrees))

    return jnp.mean(jax.vmap(of_head)(proposed))
