"""Where actions lead and what they bring, by hand."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import outcomes

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])


def went(variant, exact, *places):
    """Where an action leads after it led to each of these."""
    leads, leading, found = jnp.array(0), variant(outcomes.leading), []
    for place in places:
        leads = leading(leads, jnp.array(place), jnp.array(exact))
        found.append(int(outcomes.led(leads)))
    return found


@variants
def test_where_places_are_known_for_sure_it_leads_where_it_mostly_did(variant):
    assert int(outcomes.led(jnp.array(0))) == -1
    # Once is as good as once; what came twice gives way to the second that comes instead.
    assert went(variant, True, 7, 3) == [7, 3]
    assert went(variant, True, 7, 7, 3, 7, 3, 7) == [7, 7, 7, 7, 7, 7]
    assert went(variant, True, 7, 7, 3, 3) == [7, 7, 7, 3]
    # An end is a place as any, and the first place is none that is not known.
    assert went(variant, True, -1, -1, 5, 5, 0, 0) == [-1, -1, -1, 5, 0, 0]


@variants
def test_what_comes_no_more_is_soon_forgotten(variant):
    # However often it came.
    found = went(variant, True, *[7] * 1000, *[3] * 5)
    assert found[-5:] == [7, 7, 7, 3, 3]
    assert went(variant, True, *[2**18 - 1] * 9)[-1] == 2**18 - 1


@variants
def test_where_places_are_known_in_the_rough_it_leads_where_it_led_last(variant):
    assert went(variant, False, 7, 7, 7, 3, -1, 0) == [7, 7, 7, 3, -1, 0]


@variants
def test_what_it_brings_is_the_mean_of_ten_times_or_what_it_brought_last(variant):
    brought = variant(outcomes.brought)
    mean = jnp.zeros(())
    for times, reward in enumerate((4.0, 1.0, -2.0), 1):
        mean = brought(mean, jnp.float32(reward), jnp.float32(times), jnp.array(True))
    np.testing.assert_allclose(mean, 1.0, rtol=1e-6)
    np.testing.assert_allclose(brought(mean, jnp.float32(11.0), jnp.float32(500), jnp.array(True)), 2.0, rtol=1e-6)
    np.testing.assert_allclose(brought(mean, jnp.float32(11.0), jnp.float32(500), jnp.array(False)), 11.0, rtol=1e-6)


def test_half_is_believed_of_what_came_once():
    got, none = jnp.array([3.0, 0.0]), jnp.zeros(())
    np.testing.assert_allclose(outcomes.most(none, got, jnp.array([1.0, 5.0])), 1.5)
    np.testing.assert_allclose(outcomes.most(none, got, jnp.array([2.0, 5.0])), 2.0)
    # More that there was before stays for long.
    kept = outcomes.most(jnp.float32(8.0), got, jnp.array([2.0, 5.0]))
    np.testing.assert_allclose(kept, 8.0 * (1 - 1 / outcomes.MOST_STEPS), rtol=1e-6)


@variants
def test_a_prize_is_half_of_the_most_there_was(variant):
    prize = variant(outcomes.prize)

    def least(most, usual, unit, exact):
        return float(prize(*map(jnp.float32, (most, usual, unit)), jnp.array(exact)))

    # Of what anything brings at once, or of lines that bring more.
    assert least(2.0, 1.0, 9.0, True) == 1.0
    assert least(2.0, 5.0, 9.0, True) == 2.5
    # Where places are known in the rough, of the largest return.
    assert least(2.0, 5.0, 9.0, False) == 4.5
    # Where nothing ever brought anything there is none.
    assert least(0.0, -3.0, 9.0, True) == float(np.float32(outcomes.NEVER))
