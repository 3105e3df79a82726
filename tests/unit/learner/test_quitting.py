"""When a line is given up, and what is learned from those that are played out, by hand."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import quitting
from trainee.learner.quitting import LEAST, LINES, PLAYED, SHARE, Outlook

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])

# One that is given up at once, and one that is played out.
SURE, CHECKED = 0.5, PLAYED / 2


def outlook(value, known=None, promise=0.0):
    """By the value alone, unless something is known."""
    return Outlook(*(jnp.float32(number) for number in (value, value if known is None else known, promise)))


def at_once(known, now, curious, unit, first, last, chance):
    """Weighed and judged in one go."""
    weighed = quitting.weighed(known, now, curious, unit, first, last)
    return quitting.judged(known, weighed, first, chance)


def told(now, curious=0.0, unit=1.0, first=False, last=False, chance=SURE):
    """What is told of a time step, with the outlook from there."""
    return now, jnp.float32(curious), jnp.float32(unit), jnp.array(first), jnp.array(last), jnp.float32(chance)


def began(*starts, unit=1.0, known=None, variant=jax.jit):
    """After so many lines have begun, each with its outlook."""
    known, judge = quitting.init_quitting() if known is None else known, variant(at_once)
    for start in starts:
        known, gives_up = judge(known, *told(start, unit=unit, first=True))
        assert not gives_up
    return known


def judged(known, now, variant=jax.jit, **rest):
    return variant(at_once)(known, *told(now, **rest))


def gives_up(known, now, variant=jax.jit, **rest):
    return bool(judged(known, now, variant, **rest)[1])


def played(known, now=None, variant=jax.jit, unit=1.0):
    """After a line is to be given up and is played out."""
    known, abandoned = judged(known, outlook(0.0) if now is None else now, variant, unit=unit, chance=CHECKED)
    assert not abandoned
    assert known.playing
    return known


def heard(known, *rewards, ends=True, discount=0.5, variant=jax.jit):
    """After as many time steps, the last of which ends the episode."""
    for step, reward in enumerate(rewards):
        last = ends and step == len(rewards) - 1
        parts = jnp.float32(reward), jnp.array(False), jnp.array(last), jnp.float32(discount)
        known = variant(quitting.heard)(known, *parts)
    return known


def counts(known):
    return int(known.quits), int(known.played), int(known.wrong)


def test_the_numbers_below_are_worked_out_for_these():
    assert (SHARE, LEAST, LINES, PLAYED) == (0.5, 0.05, 10, 0.05)


@variants
@pytest.mark.parametrize(
    ("afresh", "unit", "bar"),
    [
        # A half of a fresh line, less a twentieth of the largest return there was.
        (1.0, 1.0, 0.45),
        (1.0, 2.0, 0.4),
        (4.0, 10.0, 1.5),
        # Where a fresh line costs, half again as much.
        (-1.0, 1.0, -1.55),
        (-4.0, 10.0, -6.5),
        (0.0, 1.0, -0.05),
    ],
)
def test_a_line_is_given_up_below_half_of_a_fresh_one_and_a_little_less(variant, afresh, unit, bar):
    known = began(outlook(afresh), unit=unit, variant=variant)
    assert gives_up(known, outlook(bar - 0.01), variant, unit=unit)
    assert not gives_up(known, outlook(bar + 0.01), variant, unit=unit)


@variants
def test_either_way_of_looking_ahead_is_enough(variant):
    # Each is measured by its own outlook at the beginning: below 0.45, and below 1.95.
    known = began(outlook(1.0, known=4.0), variant=variant)
    found = [
        gives_up(known, outlook(value, known=ways), variant) for value in (0.44, 0.46) for ways in (1.94, 1.96, 0.46)
    ]
    assert found == [True, True, True, True, False, True]


@variants
def test_what_is_promised_counts_here_and_at_the_beginning(variant):
    known = began(outlook(1.0), variant=variant)
    # Without it 0.45 is the least; a promise of ½ is worth as much as curiosity is now, of the largest return.
    assert gives_up(known, outlook(0.2, promise=0.5), variant, curious=0.0)
    assert gives_up(known, outlook(0.2, promise=0.5), variant, curious=0.48)
    assert not gives_up(known, outlook(0.2, promise=0.5), variant, curious=0.52)
    assert not gives_up(known, outlook(0.0, promise=0.5), variant, curious=0.52, unit=2.0)
    # A fresh line that promises 1 is worth 2, with what it brings: 1 − 0.05 is the least.
    known = began(outlook(1.0, promise=1.0), variant=variant)
    assert gives_up(known, outlook(0.94), variant, curious=1.0)
    assert not gives_up(known, outlook(0.96), variant, curious=1.0)
    assert not gives_up(known, outlook(0.46), variant, curious=0.0)


@variants
def test_a_line_is_given_up_neither_where_it_begins_nor_where_it_ends(variant):
    known = began(outlook(1.0), variant=variant)
    assert gives_up(known, outlook(-9.0), variant)
    for ends in [{"first": True}, {"last": True}, {"first": True, "last": True}]:
        after, abandoned = judged(known, outlook(-9.0), variant, **ends)
        assert not abandoned
        assert counts(after) == (0, 0, 0)
        # Nor is it played out.
        after, abandoned = judged(known, outlook(-9.0), variant, chance=CHECKED, **ends)
        assert not abandoned
        assert not after.playing


@variants
def test_a_fresh_line_is_the_mean_of_those_of_late(variant):
    known = began(outlook(1.0, 2.0, 0.5), outlook(0.0, 1.0, 0.0), outlook(2.0, 0.0, 1.0), variant=variant)
    np.testing.assert_allclose(known.afresh, (1.0, 1.0, 0.5), rtol=1e-6)
    assert known.lines == 3
    # What comes after a beginning says nothing of one.
    after, _ = judged(known, outlook(9.0), variant)
    np.testing.assert_allclose(after.afresh, (1.0, 1.0, 0.5), rtol=1e-6)
    assert after.lines == 3
    # Of ten lines the mean is exact; each more moves it by a tenth of the way.
    known = began(*[outlook(1.0)] * 9, outlook(2.0), variant=jax.jit)
    np.testing.assert_allclose(known.afresh.value, 1.1, rtol=1e-5)
    known = began(outlook(2.1), known=known, variant=variant)
    np.testing.assert_allclose(known.afresh.value, 1.2, rtol=1e-5)
    known = began(outlook(2.2), known=known, variant=variant)
    np.testing.assert_allclose(known.afresh.value, 1.3, rtol=1e-5)


@variants
def test_a_few_are_played_out(variant):
    known = began(outlook(1.0), variant=variant)
    for chance, plays in [(0.0, True), (PLAYED - 0.001, True), (PLAYED + 0.001, False), (0.999, False)]:
        after, abandoned = judged(known, outlook(0.0), variant, chance=chance)
        assert (bool(after.playing), bool(abandoned)) == (plays, not plays)
        assert counts(after) == (1, int(plays), 0)
    # What is worth going on with is not counted, whatever the chance.
    after, abandoned = judged(known, outlook(1.0), variant, chance=0.0)
    assert (bool(after.playing), bool(abandoned), counts(after)) == (False, False, (0, 0, 0))


@variants
def test_what_is_played_out_is_not_given_up_again(variant):
    known = played(began(outlook(1.0), variant=variant), variant=variant)
    known = heard(known, 0.25, ends=False, variant=variant)
    for chance in (CHECKED, SURE):
        after, abandoned = judged(known, outlook(-9.0), variant, chance=chance)
        assert not abandoned
        assert counts(after) == (1, 1, 0)
        # What is owed and earned stays as it was.
        np.testing.assert_allclose((after.owed, after.earned, after.weight), (0.45, 0.25, 0.5), rtol=1e-6)
    # The next line is judged again.
    known = heard(known, 0.0, variant=variant)
    assert not known.playing
    assert gives_up(began(outlook(1.0), known=known, variant=variant), outlook(0.0), variant)


@variants
@pytest.mark.parametrize(
    ("start", "unit", "owed"),
    [
        # The better of the two, and what is promised does not count.
        (outlook(1.0, 1.0, promise=1.0), 1.0, 0.45),
        (outlook(1.0, 4.0), 1.0, 1.95),
        (outlook(4.0, 1.0), 2.0, 1.9),
        # To bring next to nothing is not to do well.
        (outlook(0.05), 1.0, 0.05),
        (outlook(0.0), 2.0, 0.1),
        # Where a fresh line costs, to cost half again as much, and a little more, is.
        (outlook(-3.0), 2.0, -4.6),
    ],
)
def test_a_line_owes_what_would_have_been_worth_going_on(variant, start, unit, owed):
    known = played(began(start, unit=unit, variant=variant), outlook(-9.0), variant, unit=unit)
    np.testing.assert_allclose((known.owed, known.earned, known.weight), (owed, 0.0, 1.0), rtol=1e-5)


@variants
@pytest.mark.parametrize(
    ("rewards", "well"),
    [
        # 0.45 is owed; each step counts half of the one before.
        ((0.44,), False),
        ((0.46,), True),
        ((0.2, 0.4, 0.3), True),
        ((0.2, 0.4, 0.1), False),
        ((0.0, 0.0, 1.7), False),
        ((0.0, 0.0, 1.9), True),
        # It has to have kept it in the end.
        ((1.0, -1.2), False),
        ((-0.2, 1.4), True),
    ],
)
def test_a_line_that_does_well_after_all_halves_the_share(variant, rewards, well):
    known = heard(played(began(outlook(1.0)), variant=variant), *rewards, variant=variant)
    np.testing.assert_allclose(known.earned, np.dot(rewards, 0.5 ** np.arange(len(rewards))), rtol=1e-5)
    assert not known.playing
    assert counts(known) == (1, 1, int(well))
    np.testing.assert_allclose(known.share, SHARE / 2 if well else SHARE)
    # 0.25 − 0.05 of a fresh line's 1 from then on, and otherwise 0.45 as before.
    bar = 0.2 if well else 0.45
    assert gives_up(known, outlook(bar - 0.01), variant)
    assert not gives_up(known, outlook(bar + 0.01), variant)


@variants
def test_nothing_is_found_out_before_the_line_ends(variant):
    known = heard(played(began(outlook(1.0)), variant=variant), 5.0, 5.0, ends=False, variant=variant)
    assert known.playing
    assert counts(known) == (1, 1, 0)
    np.testing.assert_allclose((known.share, known.earned), (SHARE, 7.5))


@variants
@pytest.mark.parametrize("well", [False, True])
def test_a_line_without_an_end_is_judged_once_what_comes_next_counts_for_little(variant, well):
    # After six steps that is 1/64, after seven 1/128.
    rewards = [0.0, 2.0 * well, *[0.0] * 4]
    known = heard(played(began(outlook(1.0)), variant=variant), *rewards, ends=False, variant=variant)
    assert known.playing
    assert counts(known) == (1, 1, 0)
    known = heard(known, 0.0, ends=False, variant=variant)
    assert not known.playing
    assert counts(known) == (1, 1, int(well))
    # And is to be given up again, if it is no better.
    assert gives_up(known, outlook(0.0), variant)


@variants
def test_each_that_does_well_halves_the_share_once_more(variant):
    known = began(outlook(1.0), variant=variant)
    for n in range(1, 4):
        known = heard(played(known, outlook(-1.0), variant=variant), 1.0, variant=variant)
        assert counts(known) == (n, n, n)
        np.testing.assert_allclose(known.share, SHARE / 2**n)


@variants
def test_a_line_that_is_not_played_out_changes_nothing(variant):
    known = began(outlook(1.0), variant=variant)
    after = heard(known, 5.0, variant=variant)
    assert eqx.tree_equal(after, known)
    # Nor does what follows one that was given up, which began another line.
    known, abandoned = judged(known, outlook(0.0), variant)
    assert abandoned
    after = heard(known, 5.0, variant=variant)
    assert eqx.tree_equal(after, known)


@variants
def test_a_line_that_another_one_cut_short_is_not_judged(variant):
    known = played(began(outlook(1.0)), variant=variant)
    for last in (False, True):
        # What the first time step of an episode says is not of the one before, nor of any.
        parts = jnp.float32(5.0), jnp.array(True), jnp.array(last), jnp.float32(0.5)
        after = variant(quitting.heard)(known, *parts)
        assert not after.playing
        assert counts(after) == (1, 1, 0)
        np.testing.assert_allclose((after.share, after.earned), (SHARE, 0.0))


def test_many_streams_at_once_are_as_each_alone():
    fresh = began(outlook(1.0))
    alone = [fresh, fresh, heard(played(fresh), 0.2, ends=False), quitting.init_quitting()]
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *alone)
    tellings = [
        told(outlook(0.0)),
        told(outlook(0.0), chance=CHECKED),
        told(outlook(-9.0)),
        told(outlook(2.0), first=True),
    ]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *tellings)
    after, abandoned = jax.vmap(at_once)(together, *stacked)
    assert abandoned.tolist() == [True, False, False, False]
    assert after.playing.tolist() == [False, True, True, False]
    assert after.quits.tolist() == [1, 1, 1, 0]
    np.testing.assert_allclose(after.afresh.value, [1.0, 1.0, 1.0, 2.0])
    reward, first, last = jnp.array([0.5, 0.5, 0.4, 0.5]), jnp.zeros(4, bool), jnp.ones(4, bool)
    later = jax.vmap(quitting.heard, in_axes=(0, 0, 0, 0, None))(after, reward, first, last, 0.5)
    # Of 0.45 that are owed one has 0.5, and the other one 0.2 and a half of 0.4.
    assert later.wrong.tolist() == [0, 1, 0, 0]
    for i, known in enumerate(alone):
        expected, _ = at_once(known, *tellings[i])
        expected = quitting.heard(expected, reward[i], first[i], last[i], 0.5)
        jax.tree.map(lambda a, b, i=i: np.testing.assert_allclose(a[i], b, rtol=1e-6), later, expected)
