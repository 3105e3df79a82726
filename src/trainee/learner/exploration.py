"""Exploration: Thompson sampling, one head of the ensemble in charge for an episode at a time."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from trainee.learner.value import greedy, refined


def drawn_head(
    key: PRNGKeyArray, head: Int[Array, ""], first: Bool[Array, ""], heads: int, patience_steps: float
) -> Int[Array, ""]:
    """The head in charge: drawn anew when an episode begins, and now and then in episodes that do not end."""
    draw_key, patience_key = jax.random.split(key)
    anew = first | (jax.random.uniform(patience_key) < 1 / patience_steps)
    return jnp.where(anew, jax.random.randint(draw_key, (), 0, heads), head)


def proposals(
    utilities: Float[Array, "heads components choices"],
    allowed: Bool[Array, "components choices"],
    continuous: Bool[Array, " components"],
) -> Float[Array, "heads components"]:
    """The action that each head would choose."""
    return jax.vmap(lambda u: refined(u, greedy(u, allowed), continuous))(utilities)


def explored(
    key: PRNGKeyArray, action: Float[Array, " components"], continuous: Bool[Array, " components"], last, noise: float
) -> Float[Array, " components"]:
    """The action with normal noise on its continuous components, `noise` choices wide."""
    noisy = action + noise * jax.random.normal(key, action.shape)
    return jnp.where(continuous, jnp.clip(noisy, 0, last), action)


def propensity(
    action: Float[Array, " components"],
    proposed: Float[Array, "heads components"],
    continuous: Bool[Array, " components"],
    noise: float,
) -> Float[Array, ""]:
    """Probability of an action over the draw of the head, and density over the noise of continuous components."""
    density = jax.scipy.stats.norm.pdf(action, proposed, noise)
    agrees = (action == proposed).astype(action.dtype)
    return jnp.mean(jnp.prod(jnp.where(continuous, density, agrees), axis=-1))
