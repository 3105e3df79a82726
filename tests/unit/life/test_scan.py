"""Fleets: each learner as alone, in the order of the seeds."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import InvalidArgument
from trainee.learner import Constants
from trainee.life import FleetWork, fleet_at

SMALL = dataclasses.replace(Constants(), replay_steps=16, heads=3, windows=2, window_steps=3, prior_width=8)
STEPS = 12


class Dice:
    """Three throws an episode, each of which is seen and brings what was thrown, whatever is done."""

    observation_space = spaces.Box(0, 1, (1,))
    action_space = spaces.Discrete(2)

    def reset(self, key):
        thrown = jax.random.uniform(key, (1,))
        return jnp.int32(0), thrown

    def step(self, key, state, action):
        thrown = jax.random.uniform(key, (1,))
        return state + 1, thrown, thrown[0], state == 2, jnp.array(False)


DICE = Dice()


def fleet(seeds: list[int]) -> FleetWork:
    return fleet_at(DICE, STEPS, seeds, width=8, constants=SMALL)


def test_each_of_a_fleet_does_as_alone_in_the_order_of_the_seeds() -> None:
    seeds = [7, 0, 3]
    together = fleet(seeds)
    assert together.trace.reward.shape == (3, STEPS)
    assert len(together.logbooks) == len(together.scene.state.stream.key) == 3
    # First time steps are learned from too, and bring nothing.
    assert together.trace.first.tolist() == [[t % 4 == 0 for t in range(STEPS)]] * 3
    for i, seed in enumerate(seeds):
        alone = fleet([seed])
        np.testing.assert_allclose(together.trace.reward[i], alone.trace.reward[0], rtol=1e-6)
        np.testing.assert_allclose(together.trace.value[i], alone.trace.value[0], rtol=1e-3, atol=1e-4)
        assert together.logbooks[i].steps == alone.logbooks[0].steps
        totals, expected = (
            [episode.total for episode in work.episodes] for work in (together.logbooks[i], alone.logbooks[0])
        )
        assert len(totals) == 3
        np.testing.assert_allclose(totals, expected, rtol=1e-6)
    assert len({float(rewards.sum()) for rewards in together.trace.reward}) == 3


def test_what_came_true_is_discounted_by_what_was_said_with_each_value() -> None:
    short = dataclasses.replace(SMALL, shortest_horizon=1.25)
    work = fleet_at(DICE, STEPS, [5], width=8, constants=short)
    reward, said = work.trace.reward[0], work.trace.value_discount[0]
    # The first throw is at the second time step; as far as it has come in its line, so far does it look ahead; and
    # twelve times as far as that line was long once it has ended for good.
    np.testing.assert_allclose(said[:4], [0.2, 0.2, 1 / 2, 35 / 36], rtol=1e-5)
    first, second, _ = work.logbooks[0].episodes
    np.testing.assert_allclose(first.realised, reward[1] + 0.2 * reward[2] + 0.2 / 2 * reward[3], rtol=1e-5)
    expected = reward[5] + said[5] * reward[6] + said[5] * said[6] * reward[7]
    np.testing.assert_allclose(second.realised, expected, rtol=1e-5)
    assert work.logbooks[0].discount == said[-1]


def test_a_fleet_of_no_seeds_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"a fleet of no seeds: pass at least one, such as seeds=\[0\]"):
        fleet([])
