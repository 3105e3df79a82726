"""Chance: uniform numbers from a stream's key, as many at once as a step needs.

JAX's own generator runs as a loop of a dozen small operations on a CPU, a tenth of a step of the learner. This one is a
counter behind a mixing function, which compiles into one operation, also under `vmap`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, UInt32

# 2³² over the golden ratio: consecutive multiples of it are far apart.
STRIDE = 0x9E3779B9


def drawn(key: PRNGKeyArray, draws: int) -> tuple[PRNGKeyArray, Float[Array, " draws"]]:
    """A new key, and numbers uniform in [0, 1). Unbatched; `jax.vmap` it.

    Args:
      key: used once; of two words, as JAX's default keys are.
      draws: how many numbers.
    """
    words = jax.random.key_data(key)
    counter = jnp.arange(words.size + draws, dtype=jnp.uint32) * jnp.uint32(STRIDE)
    mixed_words = mixed(words[1] ^ mixed(words[0] + counter))
    following = jax.random.wrap_key_data(mixed_words[: words.size], impl=jax.random.key_impl(key))
    # 24 bits are what a float32 holds exactly.
    return following, (mixed_words[words.size :] >> 8).astype(jnp.float32) / 2**24


def mixed(word: UInt32[Array, "*batch"]) -> UInt32[Array, "*batch"]:
    """A word in whose place another stands, any bit of which depends on all of its bits: a permutation of the words.

    Source: C. Wellons, "lowbias32" (2018): the shifts and factors with the least bias that his search found. Differs:
    not at all.
    """
    word = (word ^ (word >> 16)) * jnp.uint32(0x7FEB352D)
    word = (word ^ (word >> 15)) * jnp.uint32(0x846CA68B)
    return word ^ (word >> 16)
