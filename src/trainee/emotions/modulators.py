"""Modulators: what each feeling does to the value function or to the decision. One each, and one line."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from trainee.emotions.feelings import CONCERN, CURIOSITY, FEAR, MOOD, SATIETY, SECURITY, URGENCY
from trainee.emotions.temperament import Temperament


class Modulators(NamedTuple):
    """What feelings change.

    Attributes:
      alarm: fear's: how much what may come at the worst counts, and the chance that the mind is changed.
      far: concern's: the weight of the far future, from 0 to 1; what is near has the rest.
      doubt: security's: what heads differ by beyond what they know, in mean surprises.
      uplift: mood's: what is added to the newest reward as it is learned from, in mean surprises.
      leaving: satiety's: the chance that one turns to something else.
      curious: curiosity's: the share of the time that it may have.
      haste: urgency's: by what the bar of sureness falls with each head that is heard.
    """

    alarm: Float[Array, ""]
    far: Float[Array, ""]
    doubt: Float[Array, ""]
    uplift: Float[Array, ""]
    leaving: Float[Array, ""]
    curious: Float[Array, ""]
    haste: Float[Array, ""]


def modulators(temperament: Temperament, levels: Float[Array, " emotions"]) -> Modulators:
    """What feelings change. Unbatched.

      alarm = min(k·[f − f₀]₊², 1)      far = concern      doubt = k·(1 − security)      uplift = k·h
      leaving = k·s     curious = curiosity      haste = urgency

    Fear is heard where it is more than usual: half a mean surprise is, where they are as often good as bad. The square
    keeps small fears quiet.

    Args:
      temperament: the numbers.
      levels: what is felt, in the order of `EMOTIONS`.
    """
    t = temperament
    return Modulators(
        jnp.minimum(t.fear_weight * jnp.square(jnp.maximum(levels[FEAR] - t.fear_usual, 0.0)), 1.0),
        levels[CONCERN],
        t.security_weight * (1 - levels[SECURITY]),
        t.mood_weight * levels[MOOD],
        t.satiety_weight * levels[SATIETY],
        levels[CURIOSITY],
        levels[URGENCY],
    )
