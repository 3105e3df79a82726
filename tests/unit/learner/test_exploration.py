from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.learner import exploration

BOTH = jnp.ones(2, bool)
NORMAL_TOP = 1 / np.sqrt(2 * np.pi)


def floats(*numbers):
    return jnp.array(numbers, jnp.float32)


def drawn(chance, first, head=2):
    draw = jax.jit(exploration.drawn_head, static_argnums=(3, 4))
    return int(draw(floats(*chance), jnp.array(head), jnp.array(first), 4, 0.1))


def test_an_episode_begins_with_a_new_head():
    assert drawn((0.99, 0.0), first=True) == 0
    assert drawn((0.99, 0.49), first=True) == 1
    assert drawn((0.99, 0.9999), first=True) == 3


def test_within_an_episode_the_head_changes_once_in_a_while():
    assert drawn((0.5, 0.0), first=False) == 2
    assert drawn((0.11, 0.0), first=False) == 2
    assert drawn((0.09, 0.0), first=False) == 0
    assert drawn((0.09, 0.8), first=False) == 3


def test_every_head_is_drawn_as_often():
    chances = jnp.stack([jnp.zeros(400), (jnp.arange(400) + 0.5) / 400], axis=1)
    heads = jax.jit(jax.vmap(lambda c: exploration.drawn_head(c, jnp.array(0), jnp.array(True), 4, 0.1)))(chances)
    assert np.bincount(heads).tolist() == [100] * 4


def test_each_head_proposes_its_own_best():
    utilities = floats(1, 2, 0, -1.5625, -0.0625, -0.5625, 3, 2, 9, 0, 1, 5).reshape(2, 2, 3)
    allowed = jnp.array([[True, True, False], [True, True, True]])
    plain = jax.jit(lambda u: exploration.proposals(u, allowed, jnp.inf, BOTH))
    assert plain(utilities).tolist() == [[1, 1], [0, 2]]


def settled(utilities, sure, allowed=(True, True), heard=None):
    """What each head proposes for one discrete component of two choices."""
    grid = jnp.array(utilities, jnp.float32)[:, None]
    among = jnp.array(heard or [True] * len(utilities))
    proposed = exploration.proposals(grid, jnp.array([allowed]), sure, among)
    return proposed[:, 0].tolist()


def test_a_head_is_overruled_where_the_others_are_sure():
    # The second choice leads by 1, 1, 1 and −1: ½ on the mean, with a deviation of √¾.
    utilities = [[0, 1], [0, 1], [0, 1], [1, 0]]
    assert settled(utilities, sure=0.57) == [1, 1, 1, 1]
    assert settled(utilities, sure=0.58) == [1, 1, 1, 0]


def test_only_those_who_were_heard_count():
    utilities = [[0, 1], [0, 1], [0, 1], [1, 0]]
    assert settled(utilities, sure=0.58, heard=(True, True, True, False)) == [1, 1, 1, 1]
    # Heard are one for each: none leads.
    assert settled(utilities, sure=0.0, heard=(True, False, False, True)) == [1, 1, 1, 0]


def test_a_forbidden_choice_overrules_no_one():
    assert settled([[0, 9], [0, 9], [0, 9], [1, 0]], sure=0.0, allowed=(True, False)) == [0, 0, 0, 0]


def test_heads_that_agree_to_the_bit_are_not_overruled():
    assert settled([[2, 1], [2, 1]], sure=1.0) == [0, 0]


def base_noise(continuous, any_action=0.0, width=0.25, choices=4):
    return exploration.BaseNoise(any_action, width, jnp.array(continuous), jnp.full(len(continuous), choices - 1.0))


def test_noise_is_added_to_continuous_components_alone_and_stops_at_the_rim():
    noise, action = floats(1, 1, 1, -1), floats(1, 1, 2.75, 0.25)
    base = base_noise([False, True, True, True], width=0.5)
    assert exploration.blurred(action, noise, base).tolist() == [1.0, 1.5, 3.0, 0.0]


def test_once_in_a_while_any_allowed_action_is_taken():
    allowed = jnp.array([[True, False, True], [True, True, True]])
    which = (0.1, 0.9, 0.2, 0.3, 0.1, 0.2)
    usual, other = floats(0.11, *which), floats(0.09, *which)
    assert exploration.explored(usual, floats(1, 1), allowed, 0.1).tolist() == [1, 1]
    assert exploration.explored(other, floats(1, 1), allowed, 0.1).tolist() == [2, 0]


def propensity_of(action, proposed, base, allowed=None, choices=4):
    allowed = jnp.ones((len(action), choices), bool) if allowed is None else jnp.array(allowed)
    return float(jax.jit(exploration.propensity)(floats(*action), jnp.array(proposed, jnp.float32), allowed, base))


def test_propensity_of_discrete_actions_is_the_share_of_heads():
    proposed, base = [[1, 0], [1, 0], [1, 2], [0, 0]], base_noise([False, False])
    assert propensity_of((1, 0), proposed, base) == 0.5
    assert propensity_of((1, 2), proposed, base) == 0.25
    assert propensity_of((0, 2), proposed, base) == 0.0


def test_propensity_of_continuous_actions_is_a_mixture_of_normal_densities():
    # On one head's proposal, one standard deviation of ½ from the other's.
    density = propensity_of((2,), [[2], [2.5]], base_noise([True], width=0.5))
    assert density == pytest.approx(0.5 * (1 + np.exp(-0.5)) * NORMAL_TOP / 0.5, rel=1e-5)


def test_propensity_of_mixed_actions_multiplies_over_components():
    # The first head agrees on both, the second only on the continuous component, the third is two deviations away.
    density = propensity_of((1, 2), [[1, 2], [0, 2], [1, 3]], base_noise([False, True], width=0.5))
    assert density == pytest.approx((1 + np.exp(-2)) / 3 * NORMAL_TOP / 0.5, rel=1e-5)


def test_propensity_counts_chance_as_even_along_a_line():
    # Of a line of four choices, three long; a proposal that is ten deviations away is no longer one.
    base = base_noise([False, True], any_action=0.3, width=0.1)
    assert propensity_of((1, 2.5), [[1, 1.5]], base) == pytest.approx(0.3 / 4 / 3)


def test_propensity_counts_the_base_noise_over_what_is_allowed():
    allowed, base = [[True, True, True, False], [True, False, True, False]], base_noise([False, False], any_action=0.3)
    assert propensity_of((1, 0), [[1, 0], [2, 2]], base, allowed) == pytest.approx(0.7 / 2 + 0.3 / 6)
    assert propensity_of((0, 2), [[1, 0], [2, 2]], base, allowed) == pytest.approx(0.3 / 6)
    assert propensity_of((3, 0), [[1, 0], [2, 2]], base, allowed) == 0.0


def test_propensities_of_all_discrete_actions_add_up_to_one():
    proposed = jax.random.randint(jax.random.key(0), (10, 2), 0, 3).astype(jnp.float32)
    every = jnp.stack(jnp.meshgrid(jnp.arange(3.0), jnp.arange(3.0)), axis=-1).reshape(9, 2)
    base, allowed = base_noise([False, False], any_action=0.1, choices=3), jnp.ones((2, 3), bool)
    reckon = jax.jit(jax.vmap(lambda a: exploration.propensity(a, proposed, allowed, base)))
    np.testing.assert_allclose(jnp.sum(reckon(every)), 1, rtol=1e-6)
