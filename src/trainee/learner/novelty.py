"""Novelty: what has not been tried yet, where the way to it begins, and when to go and look.

Optimism apart from value, by counting (OPIQ: Rashid et al. 2020, arXiv 2002.12174): the bonus of an action is added
when choosing and when looking ahead, never to a reward, so that the value function knows nothing of it and values that
fall for want of success do not drown it. Differs: what lies ahead is planned in a table, by sweeping over every way
that is known (Dyna: Sutton 1991), and is the largest bonus that can be reached and not their sum, so that a promise is
how near the next thing is that was never tried; what brought much is as good as new for ever, so that the way back to
it is known at once (Ecoffet et al. 2021, arXiv 2004.12919, return before they explore); and an episode is given to it
only now and then, as long as that finds what work does not.
"""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from trainee.learner import outcomes, rows
from trainee.learner.columns import grid
from trainee.types import Signature

# Numbers in a table, at most: more places share a row by chance where there are more actions.
TABLE = 2**19
MOST_BITS = 18
# Ways that are swept over, the newest ones; and how many of them at each step.
WAYS = 4096
SWEPT = 32


class Rule(NamedTuple):
    """How novelty is reckoned.

    Attributes:
      discount: of what lies ahead, a time step.
      rate: at which the table takes in what a sweep finds.
      memory_steps: over which finds are averaged.
      patience_steps: in so many curiosity is to find something.
      spell_steps: after so many without a find it lets go.
      most: the largest share of episodes that it is given.
    """

    discount: float | Float[Array, ""]
    rate: float | Float[Array, ""]
    memory_steps: float | Float[Array, ""]
    patience_steps: int
    spell_steps: int
    most: float | Float[Array, ""]


class Ways(eqx.Module):
    """The newest ways: each a `place` and an `action` that was tried there, as columns of the table, in the order in
    which they were tried for the first time; `count` were found in all.
    """

    place: Int[Array, " ways"]
    action: Int[Array, "ways components"]
    count: Int[Array, ""]


class Novelty(eqx.Module):
    """What one stream knows of what it has tried.

    Attributes:
      names: of the places, each of which is a row.
      tried: how often each action was taken at each place.
      ahead: the largest bonus that can be reached after it, discounted.
      leads: the place that it led to, as `outcomes.led` reads it.
      open: which actions there were at each place.
      ways: what is swept over.
      place: of the newest time step.
      steps: time steps so far.
      finds: running share of steps on which something was done for the first time, or that brought a prize: at work,
        and out of curiosity. Where places are known for sure, what was done a few times counts in part.
      prizes: the same of prizes alone.
      spell: steps for which curiosity still decides; 0 at work.
      most: the most that anything brings at once, as far as it is no accident, in reward units.
      prize: what brings as much at once is a prize.
      brings: what each action brings at once, in reward units.
      worth: what the best way that is known brings after it, its own reward included, in reward units; kept only where
        lines may be given up.
    """

    names: UInt32[Array, " places"]
    tried: Float[Array, "places actions"]
    ahead: Float[Array, "places actions"]
    leads: Int[Array, "places actions"]
    open: Bool[Array, "places components columns"]
    ways: Ways
    place: Int[Array, ""]
    steps: Int[Array, ""]
    finds: Float[Array, " 2"]
    prizes: Float[Array, " 2"]
    spell: Int[Array, ""]
    most: Float[Array, ""]
    prize: Float[Array, ""]
    brings: Float[Array, "places actions"]
    worth: Float[Array, "places actions"] | None


def init_novelty(signature: Signature, patience_steps: int, ways_worth: bool) -> Novelty:
    """Of a stream that has tried nothing; of curiosity it expects one find in `patience_steps`. What known ways are
    worth is only kept where that is asked for.
    """
    components, columns = grid(signature)
    actions = components * columns
    places = 2 ** min(MOST_BITS, int(math.log2(TABLE // actions)))
    return Novelty(
        jnp.zeros(places, jnp.uint32),
        jnp.zeros((places, actions)),
        jnp.zeros((places, actions)),
        jnp.zeros((places, actions), jnp.int32),
        jnp.zeros((places, components, columns), bool),
        Ways(jnp.zeros(WAYS, jnp.int32), jnp.zeros((WAYS, components), jnp.int32), jnp.zeros((), jnp.int32)),
        jnp.zeros((), jnp.int32),
        jnp.zeros((), jnp.int32),
        jnp.array([0.0, 1 / patience_steps]),
        jnp.zeros(2),
        jnp.zeros((), jnp.int32),
        jnp.zeros(()),
        jnp.full((), outcomes.NEVER),
        jnp.zeros((places, actions)),
        jnp.zeros((places, actions)) if ways_worth else None,
    )


def bonus(times: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Of an action taken so many times: 1 for one never taken, a hundredth for one taken nine times."""
    return 1 / jnp.square(times + 1)


def promise(novelty: Novelty, place: Int[Array, "*batch"]) -> Float[Array, "*batch actions"]:
    """The largest bonus that each action leads to, now or later: 1 where it was never taken, or brings a prize."""
    now = jnp.where(novelty.brings[place] >= novelty.prize, 1.0, bonus(novelty.tried[place]))
    return jnp.maximum(now, novelty.ahead[place])


def best(
    table: Float[Array, "*batch actions"], open: Bool[Array, "*batch components columns"], least: float
) -> Float[Array, "*batch"]:
    """The mean over components of the best open entry of each; `least` where none is open."""
    return jnp.mean(jnp.max(jnp.where(open, table.reshape(open.shape), least), axis=-1), axis=-1)


def noted(
    novelty: Novelty,
    place: Int[Array, ""],
    action: Int[Array, " components"],
    open: Bool[Array, "components columns"],
    first: Bool[Array, ""],
    discount: Float[Array, ""],
    rule: Rule,
    reward: Float[Array, ""],
    exact: Bool[Array, ""],
    usual: Float[Array, ""],
    unit: Float[Array, ""],
) -> Novelty:
    """After one more time step: it is counted, and what lies ahead is swept over.

    Args:
      novelty: before it.
      place: where it is.
      action: the columns of the action that led to it.
      open: which columns are open there.
      first: it begins an episode.
      discount: of the time step; 0 at termination, behind which nothing lies.
      rule: how it is reckoned.
      reward: what the step brought.
      exact: places are known for sure.
      usual: what lines bring, in reward units.
      unit: the largest return there was.
    """
    before, curious = novelty.place, novelty.spell > 0
    # What comes before the first of an episode does not lead to it.
    chosen = rows.hot(action, novelty.tried.shape[1]) & ~first
    tried = rows.written(novelty.tried, before, chosen, lambda times: times + 1)
    # Read after it was written: what is read before, and not only to be written, is copied.
    times, begun = tried[before], jnp.any(chosen & (tried[before] == 1))
    brings = rows.written(novelty.brings, before, chosen, lambda mean: outcomes.brought(mean, reward, times, exact))
    got = jnp.where(chosen, brings[before], 0.0) / action.size
    most = outcomes.most(novelty.most, got, times)
    prize = outcomes.prize(most, usual, unit, exact)
    won = ~first & (jnp.sum(got) >= prize)
    find = jnp.where(won, 1.0, jnp.sum(jnp.where(chosen, _news(times - 1, exact), 0.0)) / action.size)
    of_whom = (jnp.arange(2) == curious) & ~first
    finds = novelty.finds + jnp.where(of_whom, (find - novelty.finds) / rule.memory_steps, 0.0)
    prizes = novelty.prizes + jnp.where(of_whom, (won - novelty.prizes) / rule.memory_steps, 0.0)
    spell = _spell(novelty.spell, find, first, rule)
    # A way that is dropped is not swept any more, and what it promises could not be forgotten.
    oldest, full = novelty.ways.count % WAYS, begun & (novelty.ways.count >= WAYS)
    dropped = rows.hot(rows.row(novelty.ways.action, oldest), novelty.tried.shape[1]) & full
    to = jnp.where(discount > 0, place, -1)
    known = Novelty(
        novelty.names,
        tried,
        rows.written(novelty.ahead, rows.row(novelty.ways.place, oldest), dropped, lambda _: 0.0),
        rows.written(novelty.leads, before, chosen, lambda leads: outcomes.leading(leads, to, exact)),
        jax.lax.dynamic_update_index_in_dim(novelty.open, open, place, 0),
        _with(novelty.ways, before, action, begun),
        place,
        novelty.steps + 1,
        finds,
        prizes,
        spell,
        most,
        prize,
        brings,
        novelty.worth,
    )
    ahead, worth = _swept(known, rule, exact)
    return dataclasses.replace(known, ahead=ahead, worth=worth)


def spell_after(
    novelty: Novelty,
    action: Int[Array, " components"],
    first: Bool[Array, ""],
    reward: Float[Array, ""],
    exact: Bool[Array, ""],
    rule: Rule,
) -> Int[Array, ""]:
    """For how many steps curiosity decides yet where one more time step is there, and is to be noted later.

    Args:
      novelty: whose `place` and `spell` are those of the time step before.
      action, first, reward, exact, rule: as in `noted`.
    """
    times, mean = novelty.tried[novelty.place, action], novelty.brings[novelty.place, action]
    won = ~first & (jnp.mean(outcomes.brought(mean, reward, times + 1, exact)) >= novelty.prize)
    find = jnp.where(won, 1.0, jnp.mean(_news(times, exact)))
    return _spell(novelty.spell, find, first, rule)


def _news(times: Float[Array, "*batch"], exact: Bool[Array, ""]) -> Float[Array, "*batch"]:
    """How new it is to do what was done so many times: once more it may lead elsewhere. In places that are known in the
    rough what is done again is something else, and says nothing.
    """
    return jnp.where(exact, bonus(times), (times == 0).astype(jnp.float32))


def _spell(spell: Int[Array, ""], find: Float[Array, ""], first: Bool[Array, ""], rule: Rule) -> Int[Array, ""]:
    longer = jnp.where((spell > 0) & (find > 1 / rule.patience_steps), rule.spell_steps, jnp.maximum(spell - 1, 0))
    return jnp.where(first, 0, longer)


def share(novelty: Novelty, rule: Rule) -> Float[Array, ""]:
    """The share of episodes that curiosity is worth: most while it finds something new within its patience, and none
    where work finds as much.
    """
    return _more(novelty.finds, rule)


def lead(novelty: Novelty, rule: Rule) -> Float[Array, ""]:
    """The share of time that it is worth beyond that, by the prizes that it comes to and work does not."""
    return _more(novelty.prizes, rule)


def _more(found: Float[Array, " 2"], rule: Rule) -> Float[Array, ""]:
    at_work, curious = found
    return rule.most * jnp.clip(rule.patience_steps * (curious - at_work), 0.0, 1.0)


def _with(ways: Ways, place: Int[Array, ""], action: Int[Array, " components"], new: Bool[Array, ""]) -> Ways:
    """The ways, with one more if it is new, in place of the oldest when there is no room."""
    slot = ways.count % WAYS
    places = rows.written(ways.place, slot, new, lambda _: place)
    return Ways(places, rows.written(ways.action, slot, new, lambda _: action), ways.count + new)


def _swept(
    novelty: Novelty, rule: Rule, exact: Bool[Array, ""]
) -> tuple[Float[Array, "places actions"], Float[Array, "places actions"] | None]:
    """`ahead` and `worth` after a look at some ways, from evenly spaced ones on backwards: what was found last is heard
    of first.
    """
    ways, ahead, worth = novelty.ways, novelty.ahead, novelty.worth
    held = jnp.minimum(ways.count, WAYS)
    stride = jnp.maximum(-(-held // SWEPT), 1)
    nth = (jnp.arange(SWEPT) + 1) * stride - 1 - novelty.steps % stride
    slots = (ways.count - held + nth) % WAYS
    at, columns = jnp.where(nth < held, ways.place[slots], len(ahead))[:, None], ways.action[slots]
    leads = outcomes.led(novelty.leads.at[at, columns].get(mode="fill", fill_value=0))
    open_there = novelty.open[leads]
    # To stay where one is leads nowhere, and a promise that hears of itself hardly falls; but where places are coarse
    # one leaves them only now and then.
    somewhere = (leads >= 0) & ~(exact & (leads == at))
    heard = jnp.where(somewhere, rule.discount * best(promise(novelty, leads), open_there, 0.0), 0.0)
    believed = ahead.at[at, columns].get(mode="fill", fill_value=0.0)
    ahead = ahead.at[at, columns].set(believed + rule.rate * (heard - believed), mode="drop")
    if worth is not None:
        later = jnp.where(leads >= 0, rule.discount * best(worth[leads], open_there, -jnp.inf), 0.0)
        brings = novelty.brings.at[at, columns].get(mode="fill", fill_value=0.0)
        worth = worth.at[at, columns].set(brings + later, mode="drop")
    return ahead, worth
