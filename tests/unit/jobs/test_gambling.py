"""The gambling task: what cards bring, when they bring it, and in which order."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.errors import InvalidArgument
from trainee.jobs import IowaGambling
from trainee.jobs.gambling import CHOICE, DECKS, GAIN, GAINS, LOSS, PAUSE


def played(job, choices, seed=0):
    """Rewards and phases seen, `[trials, 4]`, where these decks are chosen; elsewhere actions are any."""
    step = jax.jit(job.step)
    state, seen = job.reset(jax.random.key(seed))
    rewards, phases = [], []
    for choice in choices:
        for action in (choice, 3, 0, 1):
            state, seen, reward, terminated, truncated = step(jax.random.key(1), state, jnp.int32(action))
            rewards.append(float(reward))
            phases.append(int(seen[0]))
            assert not terminated
    return np.array(rewards).reshape(-1, 4), np.array(phases).reshape(-1, 4), bool(truncated)


def test_a_card_pays_first_and_costs_later():
    rewards, phases, over = played(IowaGambling(1), [0, 0, 0, 1])
    assert phases.tolist() == [[GAIN, PAUSE, LOSS, CHOICE]] * 4
    assert rewards.tolist() == [[100, 0, 0, 0], [100, 0, 0, 0], [100, 0, -150, 0], [100, 0, 0, 0]]
    assert not over


def test_losses_are_those_of_the_deck_s_own_cards_in_a_fixed_order():
    rewards, _, _ = played(IowaGambling(1, trials=120), [2] * 41 + [1] * 9 + [3] * 10)
    assert np.flatnonzero(rewards[:10, 2]).tolist() == [2, 4, 6, 8, 9]
    # After forty cards it begins again.
    assert rewards[40, 2] == rewards[0, 2] == 0
    assert rewards[41:50, 2].tolist() == [0] * 8 + [-1250]
    assert rewards[50:, 2].tolist() == [0] * 9 + [-250]
    assert set(rewards[41:50, 0]) == {100}
    assert set(rewards[50:, 0]) == {50}


@pytest.mark.parametrize(("deck", "losses"), [(0, [150, 200, 250, 300, 350]), (1, [1250]), (2, [50] * 5), (3, [250])])
def test_shuffled_every_ten_cards_cost_the_same(deck, losses):
    orders = set()
    for seed in range(3):
        rewards, _, _ = played(IowaGambling(2), [deck] * 20, seed)
        for ten in (rewards[:10, 2], rewards[10:, 2]):
            assert sorted(-ten[ten < 0]) == losses
            orders.add(tuple(ten))
    assert len(orders) > 1


@pytest.mark.parametrize("scheme", [1, 2])
def test_the_bad_decks_lose_as_much_as_the_good_ones_win(scheme):
    table, _ = IowaGambling(scheme).reset(jax.random.key(0))
    assert (np.array(GAINS) - np.asarray(table.losses).mean(axis=1)).tolist() == [-25, -25, 25, 25]


def test_a_session_has_its_trials():
    assert played(IowaGambling(2, trials=3), [0, 1, 2])[2]
    assert len(DECKS) == 4


def test_there_are_two_schemes():
    with pytest.raises(InvalidArgument, match="scheme 3 of the gambling task: there are 1 and 2"):
        IowaGambling(3)
