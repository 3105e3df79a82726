"""When a line is given up, by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from doomed_lines import CHECKED, at_once, began, counts, gives_up, heard, judged, outlook, played, told, variants
from trainee.learner import quitting
from trainee.learner.quitting import LEAST, LINES, PLAYED, SHARE


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
