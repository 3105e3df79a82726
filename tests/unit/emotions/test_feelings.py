"""What is felt: numbers worked out by hand, and what must hold whatever happens."""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainee.emotions import ABSENT, FREE, Signals, Temperament, Told, appraised, felt, init_feelings, settled
from trainee.types import EMOTIONS

CALM = Temperament(
    fear_stays=0.5,
    mood_rate=0.5,
    satiety_rate=0.5,
    shaken_weight=0.25,
    security_steps=10.0,
    concern_weight=2.0,
    urgency_rate=0.3,
)
step = jax.jit(lambda signals, told: Signals(*appraised(CALM, jnp.stack(signals), told)))
feel = jax.jit(lambda feelings, disputed, curiosity: felt(CALM, feelings, disputed, curiosity))

START = Signals(*[jnp.float32(0)] * len(Signals._fields))


def told(reward, value=0.0, discount=1.0, first=False):
    return Told(jnp.float32(reward), jnp.float32(discount), jnp.array(first), jnp.float32(value))


def after(*rewards, expected=0.0):
    """The signals after rewards, each of which was expected to be so much."""
    signals = START
    for reward in rewards:
        signals = step(signals._replace(expected=jnp.float32(expected)), told(reward))
    return signals


def feelings_of(signals):
    return eqx.tree_at(lambda f: f.signals, init_feelings(), jnp.stack(signals))


def test_fear_grows_by_what_goes_worse_than_expected_and_fades():
    # Surprises of −2, in units of their mean size −1; then of 0.
    frightened = after(-2, -2)
    assert float(frightened.size) == 2
    assert float(frightened.fear) == pytest.approx(0.75)
    frightened = frightened._replace(expected=jnp.float32(0))
    assert float(step(frightened, told(0)).fear) == pytest.approx(0.375)
    assert float(after(2, 2).fear) == 0


def test_mood_follows_how_things_go_both_ways():
    assert float(after(3).mood) == pytest.approx(0.5)
    assert float(after(3, 3).mood) == pytest.approx(0.75)
    assert float(after(-3).mood) == pytest.approx(-0.5)


def test_a_surprise_counts_what_is_to_come():
    signals = START._replace(expected=jnp.float32(4), ahead=jnp.float32(0.5))
    # 1 + 0.5 · 1 · 10 − 4; and 1 − 4 where nothing follows.
    assert float(step(signals, told(1, value=10)).size) == pytest.approx(2)
    assert float(step(signals, told(1, value=10, discount=0)).size) == pytest.approx(3)


def test_satiety_is_of_more_than_usual_and_one_gets_used_to_it():
    sated = after(0, 0, 0, 0, 8)
    # 8 is 8 above what was usual; how far rewards are from that is 8 / 5 on the mean.
    assert float(sated.satiety) == pytest.approx(0.5 * 5)
    always = after(*[1] * 30)
    assert float(always.satiety) < 1e-4


def test_security_grows_with_calm_and_surprise_takes_it_away():
    # Surprises as large as usual count for 1 + ¼ steps of calm.
    calm = after(1, 1, 1, 1)
    assert float(calm.calm) == pytest.approx(4 * 1.25)
    feelings = feelings_of(calm)
    assert float(feel(feelings, 0.0, 0.0)[2]) == pytest.approx(1 - math.exp(-0.5))
    calm = calm._replace(expected=jnp.float32(0))
    shaken = step(calm, told(100))
    # Its size is then (4 + 100) / 5, so that z² is 100² / 20.8².
    assert float(shaken.calm) == pytest.approx(5 + 1 - 0.25 * ((100 / 20.8) ** 2 - 2), rel=1e-4)


def test_concern_is_for_a_future_that_is_agreed_on():
    feelings = init_feelings()
    assert float(feel(feelings, 0.0, 0.0)[1]) == 1
    assert float(feel(feelings, 0.5, 0.0)[1]) == pytest.approx(0.5)


def test_urgency_is_greater_where_time_is_worth_more():
    for rewards, urgency in (((1, 1), 0.6), ((-1, -1), 0.0), ((1, -1), 0.3), ((0, 0), 0.3)):
        feelings = feelings_of(after(*rewards))
        assert float(feel(feelings, 0.0, 0.0)[6]) == pytest.approx(urgency, abs=1e-6)


def test_a_first_time_step_surprises_nobody():
    before = after(1, -3)
    before = before._replace(expected=jnp.float32(50))
    now = step(before, told(0, value=7, first=True))
    for name in ("size", "reward", "deviation", "counted"):
        assert float(getattr(now, name)) == float(getattr(before, name))


def test_what_is_held_is_felt_and_the_equation_goes_on():
    held = jnp.array([*ABSENT[:3], *[FREE] * 4])
    feelings = eqx.tree_at(lambda f: f.held, feelings_of(after(-2, -2)), held)
    levels = feel(feelings, 0.5, 0.25)
    assert levels[:3].tolist() == [0, 0, 1]
    assert float(levels[3]) == pytest.approx(-0.75)
    assert float(feelings.signal("fear")) == pytest.approx(0.75)


def test_it_is_kept_what_is_usual():
    feelings = feelings_of(START._replace(counted=jnp.float32(4)))
    levels = jnp.arange(7.0)
    kept = settled(feelings, levels, jnp.float32(3), jnp.float32(0.9))
    assert (float(kept.signal("expected")), float(kept.signal("ahead"))) == (3, pytest.approx(0.9))
    np.testing.assert_allclose(kept.usual, levels / 4)
    np.testing.assert_allclose(kept.levels, levels)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 1.0, -1.0, 1e-15, 1e15, -1e15, 3.5]),
            st.floats(-(2.0**50), 2.0**50, width=32),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_feelings_stay_finite_and_in_their_bounds_whatever_happens(happened):
    feelings = init_feelings()
    for reward, value, first in happened:
        signals = jnp.stack(step(Signals(*feelings.signals), told(reward, value, first=first)))
        feelings = eqx.tree_at(lambda f: f.signals, feelings, signals)
        levels = feel(feelings, jnp.float32(0.1), jnp.float32(0.3))
        feelings = settled(feelings, levels, jnp.float32(value), jnp.float32(0.99))
        named = dict(zip(EMOTIONS, levels.tolist(), strict=True))
        assert all(map(math.isfinite, named.values())), named
        bounds = dict.fromkeys(EMOTIONS, (0, 1)) | {"fear": (0, 10), "mood": (-10, 10), "satiety": (0, 10)}
        assert all(low <= named[name] <= high for name, (low, high) in bounds.items()), named


def test_a_value_that_is_no_number_is_no_surprise():
    before = after(1, -3)
    now = step(before, told(1, value=math.nan))
    assert all(map(math.isfinite, map(float, jax.tree.leaves(now))))
