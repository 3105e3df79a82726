"""Lines that are to be given up and are played out all the same: whether they did well, by hand."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from doomed_lines import CHECKED, SURE, began, counts, gives_up, heard, judged, outlook, played, variants
from trainee.learner import quitting
from trainee.learner.quitting import PLAYED, SHARE


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
