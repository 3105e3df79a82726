"""Lines of work: how long they are that bring something, and so how far to look ahead.

A discount too far from 1 does not see the end of a line. One too near to it sees no difference between the steps on the
way there, and where a line leads nowhere and is cut short by a time limit it takes as many updates to find that out as
its horizon has steps: until then such lines keep the value of those that they were mistaken for. So the horizon is as
long as the lines that bring something are; as the agent gets better at a job, it follows. After a line that ends for
good nothing comes, and so nothing is in doubt: where most do it is several times as long, and what comes at the end
counts nearly as much as what comes at once. Where rewards come all the way what is done shows in those that come soon,
and the horizon need not reach the end.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

# Over how many lines it is remembered what curiosity cost.
SPENT_LINES = 300.0
# A line that never ends is counted no farther: steps are whole numbers of 32 bits.
LONGEST = 2**30
# Of the largest return there was: where lines bring less there is less to lose.
WORTH_HAVING = 0.1


class Lines(eqx.Module):
    """The episodes of one stream.

    Attributes:
      length: steps of the newest one.
      under_way: it is not over.
      ended: how many are over, or were given up.
      mean: their mean length of late.
      brought: their mean return of late, in units of the largest there was; less of those that curiosity decided.
      returns: the mean square of the same.
      weight: the mean size of the returns, of those that brought anything.
      weighted: the mean of that size times the length.
      steps: how many rewards there were.
      size: their mean size of late, in the job's units.
      square: their mean square of late.
      aside: how many steps of the newest one curiosity decided.
      spent: by what lines that it decided fell short of what is usual, as shares of that, added up over those of late.
      whole: the share of those of late that ended for good, and were neither cut short nor given up.
    """

    length: Int[Array, ""]
    under_way: Bool[Array, ""]
    ended: Int[Array, ""]
    mean: Float[Array, ""]
    brought: Float[Array, ""]
    returns: Float[Array, ""]
    weight: Float[Array, ""]
    weighted: Float[Array, ""]
    steps: Float[Array, ""]
    size: Float[Array, ""]
    square: Float[Array, ""]
    aside: Float[Array, ""]
    spent: Float[Array, ""]
    whole: Float[Array, ""]

    def rescaled(self, ratio: Float[Array, ""]) -> Lines:
        """In another unit: the ratio of the one before to it."""
        units = lambda lines: (lines.brought, lines.weight, lines.weighted)  # noqa: E731
        known = eqx.tree_at(units, self, replace_fn=lambda number: number * ratio)
        return eqx.tree_at(lambda lines: lines.returns, known, known.returns * jnp.square(ratio))


def init_lines() -> Lines:
    """Of a stream in which nothing has happened."""
    none, zero = jnp.zeros((), jnp.int32), jnp.zeros(())
    return Lines(none, jnp.zeros((), bool), none, *[zero] * 11)


def entered(
    lines: Lines,
    first: Bool[Array, ""],
    last: Bool[Array, ""],
    reward: Float[Array, ""],
    returned: Float[Array, ""],
    memory_lines: float | Float[Array, ""],
    memory_steps: int,
    curious: Bool[Array, ""],
    costly: bool = False,
    for_good: Bool[Array, ""] | bool = False,
) -> Lines:
    """After one more time step.

    Args:
      lines: before it.
      first: it begins an episode; if one was under way, that was given up.
      last: it ends one.
      reward: with the time step, in the job's units; measurable.
      returned: what the newest episode has brought, or the one before where the time step begins another, in units of
        the largest return there was.
      memory_lines: over how many episodes means are taken.
      memory_steps: over how many steps means of rewards are taken.
      curious: what led to the time step was decided out of curiosity.
      costly: lines that cost count too: one falls short of them that costs more.
      for_good: if it ends one, nothing comes after it.
    """
    steps = lines.steps + ~first
    each = jnp.where(first, 0.0, jnp.maximum(1 / jnp.maximum(steps, 1.0), 1 / memory_steps))
    now = jnp.where(first, 0, jnp.minimum(lines.length + 1, LONGEST))
    length = jnp.where(first, lines.length, now)
    over = last | (first & lines.under_way)
    rate = jnp.where(over, jnp.maximum(1 / (lines.ended + 1), 1 / memory_lines), 0.0)
    aside = lines.aside + (curious & ~first)
    # Half of its steps, and not the share of them, which would be a division and so an operation of its own.
    led = 2 * aside > length
    if costly:
        usual = jnp.abs(lines.brought)
        short = jnp.clip((lines.brought - returned) / jnp.maximum(usual, WORTH_HAVING), 0.0, 1.0)
    else:
        # Where work brings nothing, or costs, or what it brought may be an accident, there is nothing to lose.
        usual = jnp.maximum(lines.brought - _error(lines, memory_lines), 0.0)
        short = jnp.maximum(usual - jnp.maximum(returned, 0.0), 0.0) / jnp.maximum(usual, WORTH_HAVING)
    size = jnp.abs(returned)
    # A line that brought nothing does not tell how long one has to be that does.
    paying, forgotten = jnp.where(size > 0, rate, 0.0), jnp.where(over, 1 / SPENT_LINES, 0.0)
    # Side by side: apart they would be an operation each.
    means = lines.mean, lines.brought, lines.returns, lines.weight, lines.weighted, lines.size, lines.square
    means = *means, lines.aside, lines.spent, lines.whole
    news = length, returned, jnp.square(returned), size, size * length, jnp.abs(reward), jnp.square(reward)
    news = *news, aside * ~first, SPENT_LINES * led * short, last & for_good
    work = jnp.where(led, 0.0, rate)
    rates = rate, work, work, paying, paying, each, each, jnp.ones(()), forgotten, rate
    moved = jnp.stack(rates) * (jnp.stack(news) - jnp.stack(means))
    mean, brought, returns, weight, weighted, *rest = jnp.stack(means) + moved
    return Lines(now, ~last, lines.ended + over, mean, brought, returns, weight, weighted, steps, *rest)


def _error(lines: Lines, memory_lines: float | Float[Array, ""]) -> Float[Array, ""]:
    """The standard error of what lines bring on the mean."""
    variance = jnp.maximum(lines.returns - jnp.square(lines.brought), 0.0)
    return jnp.sqrt(variance / jnp.clip(lines.ended.astype(jnp.float32), 1.0, memory_lines))


def sparsity(lines: Lines) -> Float[Array, ""]:
    """How many steps apart rewards are: the mean square over the square of the mean size. 1 where every step brings as
    much, n where one in n brings all there is; infinite where none ever did.
    """
    some = jnp.where(lines.size > 0, lines.size, 1.0)
    return jnp.where(lines.size > 0, lines.square / some / some, jnp.inf)


def discount(
    lines: Lines,
    shortest: float | Float[Array, ""],
    dense: float | Float[Array, ""],
    longest: float | Float[Array, ""],
    reach: float | Float[Array, ""] = 1.0,
) -> Float[Array, ""]:
    """For values: the horizon 1/(1 − γ) is how far lines that brought something told to look, on their mean, weighted
    by how much; the mean length of all while none did; and at least that of the one under way, which may never end.
    Where rewards come all the way it is shorter: what is done shows in those that come soon, and would be lost in the
    sum of all.

    Args:
      lines: the episodes so far.
      shortest, longest: the horizon's bounds, in steps.
      dense: it need be no longer than this where rewards are less far apart.
      reach: how many times as long it is, and rewards as far apart, where all lines end for good; less where fewer do,
        and where half do or less it is not.
    """
    reach = 1 + (reach - 1) * jnp.clip(2 * lines.whole - 1, 0.0, 1.0)
    mean = jnp.where(lines.weight > 0, lines.weighted / jnp.where(lines.weight > 0, lines.weight, 1.0), lines.mean)
    needed = jnp.maximum(dense, reach * sparsity(lines))
    return 1 - 1 / jnp.clip(jnp.minimum(jnp.maximum(reach * mean, lines.length), needed), shortest, longest)
