"""Places: what is told apart of what is seen, and which row of a table belongs to it, so that it can be counted how
often one was there.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, UInt32

from trainee.learner.chance import mixed
from trainee.learner.encoders import scaled
from trainee.types import Observation, Signature

# Sides of so many random planes tell apart what is not told apart exactly.
PLANES = 8
# Where actions lie on lines what they do adds up over many steps, and ever farther out there is something new: cells
# along so many random directions, a standard deviation each, tell apart what sides of planes do not.
DIRECTIONS = 4
# Rows of a table in which a place may stand: the first that was free. Were it one row, two of 200 places would share
# one of 2¹⁸ in every thirteenth agent, and what lies beyond them might never be found.
ROWS_EACH = 4


class Places(eqx.Module):
    """Tells places apart: exactly by numbers that are only ever 0 or 1 and by categories, by other numbers and pixels
    only in the rough, so that a place is one that can be met again: by sides of planes, or, where actions lie on lines,
    by cells along directions.
    """

    words: UInt32[Array, " exact"]
    planes: Float[Array, "numbers planes"]
    starts: tuple[int, ...] = eqx.field(static=True)
    in_cells: bool = eqx.field(static=True)

    def __init__(self, signature: Signature, key: PRNGKeyArray):
        words, planes = jax.random.split(key)
        sizes = (signature.numeric, *signature.categories)
        self.starts = tuple(sum(sizes[: part + 1]) for part in range(len(signature.categories)))
        self.in_cells = signature.on_lines
        self.words = jax.random.bits(words, (sum(sizes),), jnp.uint32)
        self.planes = jax.random.normal(planes, (signature.numeric + signature.pixels + 1, PLANES))

    def __call__(self, observation: Observation, binary: Bool[Array, " numbers"]) -> UInt32[Array, ""]:
        """The name of the place where an observation is made, whose numbers are normalised; never 0.

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
        if self.in_cells:
            lengths = jnp.sqrt(jnp.sum(jnp.square(self.planes[:-1]), axis=0))
            cells = jnp.floor(rough / lengths)[:DIRECTIONS].astype(jnp.int32).astype(jnp.uint32)
            # Odd numbers, so that no two cells of one direction have the same product.
            odd = 2 * mixed(jnp.arange(1, DIRECTIONS + 1, dtype=jnp.uint32)) + 1
            side = jnp.sum(odd * cells, dtype=jnp.uint32)
        else:
            side = jnp.sum((rough > 0) * 2 ** jnp.arange(PLANES, dtype=jnp.uint32), dtype=jnp.uint32)
        return jnp.maximum(mixed(exact ^ mixed(side)), 1)


def row(names: UInt32[Array, " rows"], name: UInt32[Array, ""]) -> Int[Array, ""]:
    """The row that belongs to a place: its own, else one that is free, else that of another.

    Args:
      names: of the places that have each row; 0 where it is free.
      name: of the place.
    """
    return _found(names, name)[0]


def named(names: UInt32[Array, " rows"], name: UInt32[Array, ""]) -> tuple[UInt32[Array, " rows"], Int[Array, ""]]:
    """The names with one more, if there is room for it, and its row."""
    found, stands = _found(names, name)
    return names.at[found].set(jnp.where(stands == 0, name, stands)), found


def _found(names: UInt32[Array, " rows"], name: UInt32[Array, ""]) -> tuple[Int[Array, ""], UInt32[Array, ""]]:
    rows = ((name + jnp.arange(ROWS_EACH, dtype=jnp.uint32)) % names.size).astype(jnp.int32)
    stand = jax.lax.optimization_barrier(names[rows])
    nth = jnp.argmax(jnp.where(stand == name, 2, stand == 0))
    return rows[nth], stand[nth]
