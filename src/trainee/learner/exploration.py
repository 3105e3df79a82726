"""Exploration: Thompson sampling, one head of the ensemble in charge for an episode at a time."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from trainee.learner.value import greedy


class BaseNoise(NamedTuple):
    """Noise that does not depend on what is believed.

    Attributes:
      any_action: probability of taking any allowed action.
      width: standard deviation along continuous components, in choices.
      continuous: `[components]`, which ones are.
      last: `[components]`, the number of each component's last choice.
    """

    any_action: float | Float[Array, ""]
    width: float | Float[Array, ""]
    continuous: Bool[Array, " components"]
    last: Float[Array, " components"]


def drawn_head(
    chance: Float[Array, " 2"],
    head: Int[Array, ""],
    first: Bool[Array, ""],
    heads: int,
    leaving: float | Float[Array, ""],
) -> Int[Array, ""]:
    """The head in charge: drawn anew when an episode begins, and now and then in episodes that do not end.

    Args:
      chance: uniform in [0, 1): whether to draw, and what is drawn.
      head: the one in charge until now.
      first: an episode begins.
      heads: how many there are.
      leaving: the chance that another is drawn within an episode.
    """
    anew = first | (chance[0] < leaving)
    return jnp.where(anew, jnp.floor(chance[1] * heads).astype(jnp.int32), head)


def proposals(
    utilities: Float[Array, "heads components choices"],
    allowed: Bool[Array, "components choices"],
    sure: float | Float[Array, ""],
    heard: Bool[Array, " heads"],
) -> Float[Array, "heads components"]:
    """The action that each head would choose, unless those heard are sure that it is wrong.

    Thompson sampling goes by one head where heads differ for lack of experience. Where they differ by chance, as the
    steps of a gradient leave them, it pays for the worst of them: late in CartPole a tenth of the return.

    Args:
      utilities: what each head thinks.
      allowed: the choices that there are.
      sure: how many standard deviations over the heads the best choice on their mean has to be ahead of a head's own to
        take its place. At infinity this is plain Thompson sampling.
      heard: which heads count for that.
    """
    rows = jnp.arange(allowed.shape[0])
    share = heard / jnp.sum(heard)
    best = greedy(jnp.sum(share[:, None, None] * utilities, axis=0), allowed)
    own = jax.vmap(lambda u: greedy(u, allowed))(utilities)

    def settled(choice: Int[Array, " components"]) -> Int[Array, " components"]:
        lead = utilities[:, rows, best] - utilities[:, rows, choice]
        mean = jnp.sum(share[:, None] * lead, axis=0)
        deviation = jnp.sqrt(jnp.sum(share[:, None] * jnp.square(lead - mean[None]), axis=0))
        return jnp.where(mean > sure * deviation, best, choice)

    return jax.vmap(settled)(own).astype(utilities.dtype)


def explored(
    chance: Float[Array, " draws"],
    choice: Float[Array, " components"],
    allowed: Bool[Array, "components choices"],
    any_action: float | Float[Array, ""],
) -> Float[Array, " components"]:
    """What is chosen: with a small probability anything that is allowed, otherwise what is given.

    Heads that agree on a mistake would never find it out: where each has only ever seen one action, they agree.

    Args:
      chance: `[1 + components · choices]`, uniform in [0, 1): whether to take any, and which.
      choice: what the head in charge would choose.
      allowed: the choices that there are.
      any_action: the probability.
    """
    any_choice = jnp.argmax(jnp.where(allowed, chance[1:].reshape(allowed.shape), -1.0), axis=-1)
    return jnp.where(chance[0] < any_action, any_choice.astype(choice.dtype), choice)


def blurred(
    action: Float[Array, " components"], noise: Float[Array, " components"], base: BaseNoise
) -> Float[Array, " components"]:
    """An action, with noise along lines that is standard normal as it is given."""
    return jnp.where(base.continuous, jnp.clip(action + base.width * noise, 0, base.last), action)


def propensity(
    action: Float[Array, " components"],
    proposed: Float[Array, "heads components"],
    allowed: Bool[Array, "components choices"],
    base: BaseNoise,
) -> Float[Array, ""]:
    """Probability of an action over the draws of a head and of noise, given what heads propose, at work or out of
    curiosity; a density along continuous components, per choice.

    The mass that the rims of continuous components collect is left out.
    """

    def of_centre(centre: Float[Array, " components"]) -> Float[Array, " components"]:
        density = jax.scipy.stats.norm.pdf(action, centre, base.width)
        return jnp.where(base.continuous, density, (action == centre).astype(action.dtype))

    by_heads = jnp.mean(jnp.prod(jax.vmap(of_centre)(proposed), axis=-1))
    choices = jnp.arange(allowed.shape[1], dtype=action.dtype)
    each = jax.vmap(lambda choice: of_centre(jnp.full_like(action, choice)))(choices).T
    of_choices = jnp.sum(jnp.where(allowed, each, 0.0), axis=-1) / jnp.sum(allowed, axis=-1)
    # Anywhere on a line is as likely.
    by_chance = jnp.prod(jnp.where(base.continuous, 1 / jnp.maximum(base.last, 1.0), of_choices))
    return (1 - base.any_action) * by_heads + base.any_action * by_chance
