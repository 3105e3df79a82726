"""Continual Gym Control: its tasks, its cuts and its score, on a few steps of it."""

from __future__ import annotations

import numpy as np
import pytest
from chain import LONGEST, STEPS, TASKS, Chain, measured, page

pytestmark = pytest.mark.long


def walked(chain, steps, action=0):
    """Observations less what the job itself shows, and which steps ended an episode, from its beginning."""
    shown, ends = [], []
    observation, _ = chain.reset(seed=0)
    for _ in range(steps):
        shown.append(observation - np.asarray(chain.unwrapped.state, np.float32))
        observation, _, terminated, cut, _ = chain.step(action)
        ends.append(terminated or cut)
        if terminated or cut:
            observation, _ = chain.reset()
    return np.array(shown), np.array(ends)


def test_a_task_adds_what_it_has_drawn_and_the_first_nothing():
    chain = Chain("MountainCar-v0", seed=3, iterations=1)
    shifts, _ = walked(chain, TASKS * STEPS)
    tasks = shifts.reshape(TASKS, STEPS, 2)
    np.testing.assert_allclose(tasks, np.broadcast_to(tasks[:, :1], tasks.shape), atol=1e-5)
    assert np.all(tasks[0] == 0)
    assert len(np.unique(tasks[:, 1].round(4), axis=0)) == TASKS
    again, _ = walked(Chain("MountainCar-v0", seed=3, iterations=1), 2 * STEPS)
    np.testing.assert_allclose(again, shifts[: 2 * STEPS], atol=1e-5)


def test_episodes_are_cut_after_400_steps_and_with_the_iteration():
    """The limit of 200 steps that MountainCar has of its own does not count; each episode here is as long as can be."""
    chain = Chain("MountainCar-v0", seed=0, iterations=1)
    _, ends = walked(chain, 2 * STEPS)
    assert (np.flatnonzero(ends) + 1).tolist() == [LONGEST, 2 * LONGEST, 3 * LONGEST, 4 * LONGEST]
    assert chain.returns[:2] == [[-400.0, -400.0]] * 2
    poles = Chain("CartPole-v1", seed=0, iterations=1)
    _, ends = walked(poles, STEPS)
    assert ends[-1]
    assert sum(poles.returns[0]) == STEPS


@pytest.mark.parametrize("asleep", [False, True])
def test_a_life_is_scored_by_its_iterations(asleep):
    found = measured("CartPole-v1", 0, 1, asleep)
    assert len(found["tasks"]) == TASKS
    assert found["mean"] == pytest.approx(np.mean(found["tasks"]), abs=0.01)
    assert 8 < found["mean"] < 400
    told = page({("CartPole-v1", 0): found})
    assert "| CartPole-v1 |" in told
    assert "266.0" in told
