"""Deliberation: who is heard, and for how long, by numbers worked out by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

from trainee.learner import deliberation

ALL = jnp.ones((1, 2), bool)
listen = jax.jit(deliberation.heard)


def heard(leads, head=0, sureness=1.0, haste=0.0, allowed=ALL):
    """How many are heard, where the second choice leads by so much to each head."""
    utilities = jnp.stack([jnp.zeros(len(leads)), jnp.array(leads, jnp.float32)], axis=1)[:, None]
    among, number = listen(utilities, allowed, jnp.array(head), sureness, haste)
    assert int(among.sum()) == int(number)
    return among.tolist(), int(number)


def test_where_all_agree_no_more_than_the_fewest_are_heard():
    assert heard([1, 1.1, 0.9, 1, 1])[1] == deliberation.FEWEST


def test_where_they_differ_all_are_heard():
    assert heard([1, -1, 1, -1, 0.1, -0.1])[1] == 6


def test_the_one_in_charge_is_heard_first_and_then_those_after_it():
    among, number = heard([1, 1.1, 0.9, 1, 1], head=3)
    assert number == 3
    assert among == [True, False, False, True, True]


def test_more_is_heard_until_the_lead_is_clear():
    # Of 1, −1, 1 the lead is ⅓ with a deviation of 0.94; with 3 more it is 1 with 1.58, and with 3 once more 1.4, 1.62.
    assert heard([1, -1, 1, 3, 3, 3], sureness=0.8)[1] == 5
    assert heard([1, -1, 1, 3, 3, 3], sureness=0.6)[1] == 4


def test_haste_lowers_the_bar():
    leads = [1, -0.8, 1, -0.8, 1, -0.8, 1, -0.8]
    patient, hasty = (heard(leads, sureness=2.0, haste=haste)[1] for haste in (0.0, 0.5))
    assert patient == 8
    assert hasty < patient


@pytest.mark.parametrize("haste", [0.0, 0.5])
def test_where_there_is_no_choice_nothing_is_gained_by_listening(haste):
    allowed = jnp.array([[True, False]])
    assert 1 <= heard([5, -5, 5, -5], haste=haste, allowed=allowed)[1] <= 4


FAR = jnp.array([[[1.0, 0.0]], [[0.0, 2.0]], [[2.0, 1.0]]])
NEAR, WORST = jnp.array([[3.0, -1.0]]), jnp.array([[2.5, -0.5]])


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_mean_is_of_far_and_near_and_what_is_disputed_stays(share):
    found = deliberation.weighed(FAR, NEAR, WORST, share, 0.0)
    expected = share * FAR.mean(axis=0) + (1 - share) * NEAR
    assert jnp.allclose(found.mean(axis=0), expected)
    assert jnp.allclose(found - found.mean(axis=0)[None], FAR - FAR.mean(axis=0)[None], atol=1e-6)


def test_alarm_takes_off_what_may_get_worse_and_adds_nothing_for_what_may_not():
    lower = deliberation.weighed(FAR, NEAR, WORST, 1.0, 2.0)
    assert jnp.allclose(lower, FAR - jnp.array([[[1.0, 0.0]]]))
