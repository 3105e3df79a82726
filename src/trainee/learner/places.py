"""Places: which row of a table belongs to what is seen, so that it can be counted how often one was there."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, UInt32

from trainee.learner.chance import mixed
from trainee.learner.encoders import scaled
from trainee.learner.novelty import bits
from trainee.types import Observation, Signature

# Sides of so many random planes tell apart what is not told apart exactly.
PLANES = 8


class Places(eqx.Module):
    """Tells places apart: exactly by numbers that are only ever 0 or 1 and by categories, by other numbers and pixels
    only in the rough, so that a place is one that can be met again.
    """

    words: UInt32[Array, " exact"]
    planes: Float[Array, "numbers planes"]
    starts: tuple[int, ...] = eqx.field(static=True)
    bits: int = eqx.field(static=True)

    def __init__(self, signature: Signature, key: PRNGKeyArray):
        words, planes = jax.random.split(key)
        sizes = (signature.numeric, *signature.categories)
        self.starts = tuple(sum(sizes[: part + 1]) for part in range(len(signature.categories)))
        self.words = jax.random.bits(words, (sum(sizes),), jnp.uint32)
        self.planes = jax.random.normal(planes, (signature.numeric + signature.pixels + 1, PLANES))
        self.bits = bits(signature)

    def __call__(self, observation: Observation, binary: Bool[Array, " numbers"]) -> Int[Array, ""]:
        """The row of a table that belongs to an observation, whose numbers are normalised.

        Args:
          observation: as the networks see it.
          binary: which of its numbers were only ever 0 or 1.
        """
        numeric = observation.numeric
        exact = jnp.sum(jnp.where(binary & (numeric > 0), self.words[: numeric.size], 0), dtype=jnp.uint32)
        if self.starts:
            rows = jnp.array(self.starts) + observation.categories
            exact += jnp.sum(self.words[rows], dtype=jnp.uint32)
        pixels = [scaled(image).reshape(-1) for image in observation.images]
        # Without their mean, or brightness would settle it.
        shapes = [pixel - jnp.mean(pixel) for pixel in pixels]
        rough = jnp.concatenate([jnp.where(binary, 0.0, numeric), *shapes, jnp.ones(1)]) @ self.planes
        side = jnp.sum((rough > 0) * 2 ** jnp.arange(PLANES, dtype=jnp.uint32), dtype=jnp.uint32)
        return (mixed(exact ^ mixed(side)) >> (32 - self.bits)).astype(jnp.int32)
