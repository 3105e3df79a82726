"""Novelty: what has not been tried yet, where the way to it begins, and when to go and look.

Optimism apart from value, by counting (OPIQ: Rashid et al. 2020, arXiv 2002.12174): the bonus of an action is added
when choosing and when looking ahead, never to a reward, so that the value function knows nothing of it and values that
fall for want of success do not drown it. Differs: what lies ahead is kept in a table and carried back along a whole
trail at once, which leaves no noise behind where all is known; and an episode is given to it only now and then, as long
as that finds what work does not.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from trainee.types import Signature

# Numbers in a table, at most: more places share a row by chance where there are more actions.
TABLE = 2**19
MOST_BITS = 18
# A continuous component of an action is told apart in so many parts, whatever the number of its choices.
PARTS = 3
# Time steps over which what is found is carried back at once.
TRAIL_STEPS = 64


class Rule(NamedTuple):
    """How novelty is reckoned.

    Attributes:
      discount: of what lies ahead, a time step.
      rate: at which the table takes in what is carried back, a step for as long as it is on the trail.
      memory_steps: over which finds are averaged.
      patience_steps: after so many without a find curiosity lets go.
      most: the largest share of episodes that it is given.
    """

    discount: float
    rate: float
    memory_steps: float
    patience_steps: int
    most: float


class Trail(eqx.Module):
    """The newest time steps: the `place` of each, which columns of the table are `open` there, the `action` that led to
    it as such columns, the `episode` it belongs to, its `discount`.
    """

    place: Int[Array, " steps"]
    open: Bool[Array, "steps components columns"]
    action: Int[Array, "steps components"]
    episode: Int[Array, " steps"]
    discount: Float[Array, " steps"]


class Novelty(eqx.Module):
    """What one stream knows of what it has tried.

    Attributes:
      tried: how often each action was taken at each place.
      ahead: the largest bonus that can be reached after it, discounted.
      trail: the newest time steps.
      finds: running share of steps on which something was done for the first time: at work, and out of curiosity.
      spell: steps for which curiosity still decides; 0 at work.
    """

    tried: Float[Array, "places actions"]
    ahead: Float[Array, "places actions"]
    trail: Trail
    finds: Float[Array, " 2"]
    spell: Int[Array, ""]


def init_novelty(signature: Signature, patience_steps: int) -> Novelty:
    """Of a stream that has tried nothing; of curiosity it expects one find in `patience_steps`."""
    components, columns = _grid(signature)
    table = jnp.zeros((2 ** bits(signature), components * columns))
    trail = Trail(
        jnp.zeros(TRAIL_STEPS, jnp.int32),
        jnp.zeros((TRAIL_STEPS, components, columns), bool),
        jnp.zeros((TRAIL_STEPS, components), jnp.int32),
        # Each of another one, so that nothing is linked before anything has happened.
        jnp.arange(-TRAIL_STEPS, 0),
        jnp.zeros(TRAIL_STEPS),
    )
    return Novelty(table, jnp.array(table), trail, jnp.array([0.0, 1 / patience_steps]), jnp.zeros((), jnp.int32))


def bits(signature: Signature) -> int:
    """Of the number of a place: two to this power is the number of a table's rows."""
    components, widest = _grid(signature)
    return min(MOST_BITS, int(math.log2(TABLE // (components * widest))))


def columns(signature: Signature) -> np.ndarray:
    """The column of the table that belongs to each choice, `[components, choices]`."""
    widest = _grid(signature)[1]
    found = np.zeros(signature.grid, np.int32)
    for component, (size, continuous) in enumerate(zip(signature.choices, signature.continuous, strict=True)):
        choices = np.arange(size)
        parts = np.round(choices * (PARTS - 1) / max(size - 1, 1)) if continuous else choices
        found[component, :size] = component * widest + parts
    return found


def open_columns(signature: Signature, allowed: Bool[Array, "components choices"]) -> Bool[Array, "components columns"]:
    """Which columns belong to a choice that is allowed."""
    shape = _grid(signature)
    none = jnp.zeros(shape[0] * shape[1], bool)
    return none.at[columns(signature)].max(allowed).reshape(shape)


def bonus(times: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Of an action taken so many times: 1 for one never taken, a hundredth for one taken nine times."""
    return 1 / jnp.square(times + 1)


def promise(novelty: Novelty, place: Int[Array, "*batch"]) -> Float[Array, "*batch actions"]:
    """How much that is new each action promises, now or later: 1 where it was never taken."""
    return bonus(novelty.tried[place]) + novelty.ahead[place]


def noted(
    novelty: Novelty,
    place: Int[Array, ""],
    action: Int[Array, " components"],
    open: Bool[Array, "components columns"],
    first: Bool[Array, ""],
    discount: Float[Array, ""],
    rule: Rule,
) -> Novelty:
    """After one more time step: it is counted, and what lies ahead is carried back along the trail.

    Args:
      novelty: before it.
      place: where it is.
      action: the columns of the action that led to it.
      open: which columns are open there.
      first: it begins an episode.
      discount: of the time step; 0 at termination, behind which nothing lies.
      rule: how it is reckoned.
    """
    trail = novelty.trail
    before, curious = trail.place[-1], novelty.spell > 0
    # Read after it was written: a table that is read before is copied to be written.
    tried = novelty.tried.at[before, action].add(jnp.where(first, 0.0, 1.0))
    find = jnp.where(first, 0.0, jnp.mean(tried[before, action] == 1))
    of_whom = (jnp.arange(2) == curious) & ~first
    finds = novelty.finds + jnp.where(of_whom, (find - novelty.finds) / rule.memory_steps, 0.0)
    spell = jnp.where(curious & (find > 0), rule.patience_steps, jnp.maximum(novelty.spell - 1, 0))
    trail = Trail(
        _pushed(trail.place, place),
        _pushed(trail.open, open),
        _pushed(trail.action, action),
        _pushed(trail.episode, trail.episode[-1] + first),
        _pushed(trail.discount, discount),
    )
    known = Novelty(tried, novelty.ahead, trail, finds, jnp.where(first, 0, spell))
    return eqx.tree_at(lambda n: n.ahead, known, _carried_back(known, rule))


def share(novelty: Novelty, rule: Rule) -> Float[Array, ""]:
    """The share of episodes that curiosity is worth: most while it finds something new within its patience, and none
    where work finds as much.
    """
    at_work, curious = novelty.finds
    return rule.most * jnp.clip(rule.patience_steps * (curious - at_work), 0.0, 1.0)


def _carried_back(novelty: Novelty, rule: Rule) -> Float[Array, "places actions"]:
    """`ahead` after each step of the trail has heard of the best that was reached behind it in its episode."""
    trail, ahead = novelty.trail, novelty.ahead
    reached = promise(novelty, trail.place).reshape(trail.open.shape)
    reached = jnp.max(jnp.where(trail.open, reached, 0.0), axis=-1)
    best = jnp.where(trail.discount > 0, jnp.mean(reached, axis=-1), 0.0)
    later = jnp.arange(TRAIL_STEPS)[None, :] - jnp.arange(TRAIL_STEPS)[:, None]
    linked = (trail.episode[None, :] == trail.episode[:, None]) & (later > 0)
    heard = jnp.max(jnp.where(linked, rule.discount**later * best[None, :], 0.0), axis=1)[:-1, None]
    # The last of an episode leads nowhere: a row that does not exist is not written.
    rows = jnp.where(trail.episode[1:] == trail.episode[:-1], trail.place[:-1], len(ahead))[:, None]
    columns = trail.action[1:]
    believed = ahead.at[rows, columns].get(mode="fill", fill_value=0.0)
    return ahead.at[rows, columns].set(believed + rule.rate * (heard - believed), mode="drop")


def _pushed(ring: Array, new: Array) -> Array:
    return jnp.concatenate([ring[1:], jnp.asarray(new, ring.dtype)[None]])


def _grid(signature: Signature) -> tuple[int, int]:
    """Components of an action, and the most columns that one of them has."""
    sizes = zip(signature.choices, signature.continuous, strict=True)
    return len(signature.choices), max(PARTS if continuous else size for size, continuous in sizes)
