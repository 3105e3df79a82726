"""The job of offers: what is asked for comes, at its time and with its probability, and ends the episode."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.jobs import Offers, check
from trainee.jobs.offers import CHANCES, DELAYS, MORE, NOW, Offer


def at(place, amount=0.3):
    return Offer(jnp.float32(amount), jnp.int32(place), jnp.int32(0))


def test_what_is_certain_comes_at_once_whatever_else_is_offered():
    for place in range(len(DELAYS) + len(CHANCES)):
        _, _, reward, over, cut = Offers().step(jax.random.key(0), at(place), jnp.int32(NOW))
        assert (float(reward), bool(over), bool(cut)) == (pytest.approx(0.3), True, False)


@pytest.mark.parametrize("place", range(len(DELAYS)))
def test_what_is_more_comes_so_many_steps_later(place):
    state, over, rewards = at(place), False, []
    while not over:
        # Once it is waited for actions do nothing, so that the amount cannot be had as well.
        action = jnp.int32(MORE if not rewards else NOW)
        state, seen, reward, over, _ = Offers().step(jax.random.key(len(rewards)), state, action)
        rewards.append(float(reward))
    assert rewards == [0.0] * int(DELAYS[place]) + [1.0]
    assert Offers().observation_space.contains(np.asarray(seen))


@pytest.mark.parametrize("place", range(len(CHANCES)))
def test_what_is_uncertain_comes_as_often_as_it_says(place):
    keys = jax.random.split(jax.random.key(7), 4_000)
    step = jax.vmap(lambda key: Offers().step(key, at(len(DELAYS) + place), jnp.int32(MORE)))
    _, _, rewards, over, _ = step(keys)
    assert bool(over.all())
    assert set(np.unique(rewards)) == {0.0, 1.0}
    # Four standard deviations: wrongly alarmed in one of 16,000 runs for each of five.
    chance = CHANCES[place]
    assert abs(float(rewards.mean()) - chance) < 4 * np.sqrt(chance * (1 - chance) / 4_000)


def test_it_keeps_the_contract_of_jobs():
    assert check(Offers(), 300).fit
