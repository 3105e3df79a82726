"""Rows: what is read of a large table, and written to it, without a copy."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Num


def hot(action: Int[Array, " components"], actions: int) -> Bool[Array, " actions"]:
    """Which of a table's columns an action is made of."""
    return jnp.any(jnp.arange(actions)[None] == action[:, None], axis=0)


def row(table: Num[Array, "rows *columns"], at: Int[Array, ""]) -> Num[Array, "*columns"]:
    """A row of a table."""
    return jax.lax.dynamic_index_in_dim(table, at, keepdims=False)


def written(
    table: Num[Array, "rows *columns"],
    at: Int[Array, ""],
    where: Bool[Array, "*#columns"],
    now: Callable[[Num[Array, "*columns"]], Num[Array, "*#columns"] | float],
) -> Num[Array, "rows *columns"]:
    """A table with other values at some columns of a row, made of those before. A whole row at once: an entry by its
    index is three operations, and what is written has to depend on what was read, or the table would be copied.
    """
    before = row(table, at)
    return jax.lax.dynamic_update_index_in_dim(table, jnp.where(where, now(before), before), at, 0)
