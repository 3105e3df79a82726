"""Quitting: when a line of work is not worth finishing, and whether it was right to think so.

A line is given up where even the optimistic value of going on is below that of starting afresh. What it was worth then
is carried back as what it came to: nobody goes on to see. A few lines are played out all the same, to check; each that
does well after all halves the share of what a fresh line is worth below which the next is given up.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

# Lines over which the outlook at their beginning is averaged.
LINES = 10
# Going on has to be worth less than this share of a fresh line, and less by this share of the largest return there was.
SHARE, LEAST = 0.5, 0.05
# Standard deviations of the ensemble that optimism adds.
OPTIMISM = 2.0
# The share of quits that are played out.
PLAYED = 0.05
# A line that is played out is judged where what comes next counts for less than this: it may have no end.
JUDGED = 0.01


class Outlook(NamedTuple):
    """What there is to expect from here on.

    Attributes:
      value: by the value function, seen with optimism, in reward units.
      known: by the best way that is known, in reward units; where no place is known for sure, as `value`.
      promise: how near the next thing is that was never tried, from 0 to 1.
    """

    value: Float[Array, ""]
    known: Float[Array, ""]
    promise: Float[Array, ""]


class Quitting(eqx.Module):
    """What one stream knows of giving up.

    Attributes:
      afresh: the outlook at the beginning of a line, on the mean of late.
      lines: how many have begun.
      share: of what a fresh line is worth, below which one is given up.
      playing: the line under way is one to give up, which is played out.
      owed: what it would have to bring yet to have been worth it.
      earned: what it has brought since, discounted.
      weight: what a reward that comes next counts.
      quits, played, wrong: how many lines were to be given up, how many of these were played out, how many of these did
        well.
    """

    afresh: Outlook
    lines: Int[Array, ""]
    share: Float[Array, ""]
    playing: Bool[Array, ""]
    owed: Float[Array, ""]
    earned: Float[Array, ""]
    weight: Float[Array, ""]
    quits: Int[Array, ""]
    played: Int[Array, ""]
    wrong: Int[Array, ""]


def init_quitting() -> Quitting:
    """Of a stream in which nothing has happened."""
    zero, none, no = jnp.zeros(()), jnp.zeros((), jnp.int32), jnp.zeros((), bool)
    return Quitting(Outlook(zero, zero, zero), none, jnp.array(SHARE), no, zero, zero, zero, none, none, none)


def heard(
    quitting: Quitting,
    reward: Float[Array, ""],
    first: Bool[Array, ""],
    last: Bool[Array, ""],
    discount: float | Float[Array, ""],
) -> Quitting:
    """After one more time step: whether a line that is played out did well, if it ends with it or has gone on for long.

    Args:
      quitting: before it.
      reward: in reward units.
      first: it begins an episode.
      last: it ends one.
      discount: of what is earned, a time step.
    """
    playing, weight = quitting.playing & ~first, quitting.weight * discount
    earned = quitting.earned + jnp.where(playing, quitting.weight * reward, 0.0)
    over = last | (weight < JUDGED)
    well = playing & over & (earned >= quitting.owed)
    return eqx.tree_at(
        lambda q: (q.share, q.playing, q.earned, q.weight, q.wrong),
        quitting,
        (
            jnp.where(well, quitting.share / 2, quitting.share),
            playing & ~over,
            earned,
            weight,
            quitting.wrong + well,
        ),
    )


class Weighed(NamedTuple):
    """What going on and starting afresh are worth against each other.

    Attributes:
      afresh: the outlook at the beginning of a line, the one that begins here included.
      hopeless: going on is worth too little, and there is a line to give up.
      owed: what it would have to bring yet to be worth it.
    """

    afresh: Outlook
    hopeless: Bool[Array, ""]
    owed: Float[Array, ""]


def weighed(
    quitting: Quitting,
    outlook: Outlook,
    curious: Float[Array, ""],
    unit: Float[Array, ""],
    first: Bool[Array, ""],
    last: Bool[Array, ""],
) -> Weighed:
    """What going on is worth here.

    Args:
      quitting: before it.
      outlook: from here.
      curious: what a promise of 1 is worth, in units of the largest return there was.
      unit: the largest return there was.
      first: the time step begins an episode, and there is nothing to give up yet.
      last: it ends one, and there is nothing left to give up.
    """
    rate = jnp.where(first, 1 / jnp.minimum(quitting.lines + 1, LINES), 0.0)
    afresh = Outlook(*(mean + rate * (new - mean) for mean, new in zip(quitting.afresh, outlook, strict=True)))
    hoped, hoped_afresh = unit * curious * outlook.promise, unit * curious * afresh.promise

    def bar(worth: Float[Array, ""]) -> Float[Array, ""]:
        return worth - (1 - quitting.share) * jnp.abs(worth) - LEAST * unit

    # By either way of looking ahead: values spread to what looks alike, and ways are known only where places are.
    hopeless = (outlook.value + hoped < bar(afresh.value + hoped_afresh)) | (
        outlook.known + hoped < bar(afresh.known + hoped_afresh)
    )
    # To bring next to nothing is not to do well, even where a fresh line brings no more; to cost less than one is.
    best = jnp.maximum(afresh.value, afresh.known)
    owed = jnp.where(best < 0, bar(best), jnp.maximum(bar(best), LEAST * unit))
    return Weighed(afresh, hopeless & ~first & ~last & ~quitting.playing, owed)


def judged(
    quitting: Quitting, weighed: Weighed, first: Bool[Array, ""], chance: Float[Array, ""]
) -> tuple[Quitting, Bool[Array, ""]]:
    """Whether to give the line up here.

    Args:
      quitting: before it.
      weighed: what going on is worth.
      first: the time step begins an episode.
      chance: uniform in [0, 1): whether it is played out.
    """
    plays = weighed.hopeless & (chance < PLAYED)
    return concluded(quitting, weighed, first, weighed.hopeless, plays), weighed.hopeless & ~plays


def concluded(
    quitting: Quitting, weighed: Weighed, first: Bool[Array, ""], quits: Bool[Array, ""], plays: Bool[Array, ""]
) -> Quitting:
    """What is known once it is settled.

    Args:
      quitting: before it.
      weighed: what going on is worth.
      first: the time step begins an episode.
      quits: the line is to be given up.
      plays: it is to be given up, and played out all the same.
    """
    return Quitting(
        weighed.afresh,
        quitting.lines + first,
        quitting.share,
        quitting.playing | plays,
        jnp.where(plays, weighed.owed, quitting.owed),
        jnp.where(plays, 0.0, quitting.earned),
        jnp.where(plays, 1.0, quitting.weight),
        quitting.quits + quits,
        quitting.played + plays,
        quitting.wrong,
    )
