"""Deliberation: members of the ensemble are heard one after another, until it is sure enough or time presses.

Evidence is gathered until it passes a bar that falls the longer it takes (urgency: Cisek, Puskas & El-Murr 2009, doi
10.1523/JNEUROSCI.1844-09.2009). Differs: what is heard are opinions of one's own and not samples from outside, so that
the bar bears on how far the best choice is ahead of the next one, in standard deviations of that lead over those heard.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

# Fewer than this say nothing of how far they differ.
FEWEST = 3


def weighed(
    far: Float[Array, "heads components choices"],
    near: Float[Array, "components choices"],
    worst: Float[Array, "components choices"],
    share: float | Float[Array, ""],
    alarm: float | Float[Array, ""],
) -> Float[Array, "heads components choices"]:
    """What each head thinks, with the near future and with what may come at the worst.

    Their mean is share · far + (1 − share) · near, less alarm times how much worse it may get. What they dispute stays
    disputed, however little of the far future counts: without it they would all agree, and soon be sure.

    Args:
      far: of each head, as far as it looks.
      near, worst: what comes soon, on the mean and at the worst.
      share: of the far future, from 0 to 1.
      alarm: 0 or above.
    """
    shared = (1 - share) * (near - jnp.mean(far, axis=0)) - alarm * jnp.maximum(near - worst, 0.0)
    return far + shared[None]


def heard(
    utilities: Float[Array, "heads components choices"],
    allowed: Bool[Array, "components choices"],
    head: Int[Array, ""],
    sureness: float | Float[Array, ""],
    haste: float | Float[Array, ""],
) -> tuple[Bool[Array, " heads"], Int[Array, ""]]:
    """Who is heard, and how many they are. Unbatched.

    Args:
      utilities: what each head thinks.
      allowed: the choices that there are.
      head: the one in charge, who is heard first; then those after it in turn.
      sureness: the bar for the mean lead before anyone was heard, in standard deviations of the lead.
      haste: by which power of e the bar falls with each that is heard; 0 or above.
    """
    heads = utilities.shape[0]
    turn = (jnp.arange(heads) - head) % heads
    among = (turn[None, :] <= jnp.arange(heads)[:, None]).astype(utilities.dtype)
    share = among / jnp.sum(among, axis=1, keepdims=True)
    flat = jnp.where(allowed[None], utilities, 0.0).reshape(heads, -1)
    opinion = (share @ flat).reshape(utilities.shape)
    standing = jnp.where(allowed[None], opinion, -jnp.inf)
    choices = jnp.arange(allowed.shape[1])[None, None]
    best = choices == jnp.argmax(standing, axis=-1)[..., None]
    others = jnp.where(best, -jnp.inf, standing)
    # Where there is but one choice there is no other to be sure against.
    next_best = (choices == jnp.argmax(others, axis=-1)[..., None]) & jnp.isfinite(others)
    contest = (best & jnp.any(next_best, axis=-1, keepdims=True)).astype(flat.dtype) - next_best.astype(flat.dtype)
    leads = contest.reshape(heads, -1) @ flat.T
    mean = jnp.sum(share * leads, axis=1)
    variance = jnp.sum(share * jnp.square(leads - mean[:, None]), axis=1)
    count = jnp.arange(heads) + 1
    bar = sureness * jnp.exp(-haste * count)
    enough = (count >= min(FEWEST, heads)) & (mean > bar * jnp.sqrt(variance)) | (count == heads)
    number = jnp.argmax(enough) + 1
    return turn < number, number
