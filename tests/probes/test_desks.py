"""Does an agent that is asked now and taught later learn as well as one that does both at once?"""

from __future__ import annotations

import numpy as np
import probe_jobs as probes
import pytest

from desks import Work
from trainee import Agent
from trainee.jobs import JsonCodec, value_to_json
from trainee.life import Desk

pytestmark = pytest.mark.long

SEEDS, STEPS = range(3), 500


def alone(probe, seed):
    """The online return of an agent that works at a probe in one sequence."""
    agent = Agent(seed)
    agent.learn(probe(), STEPS, name="probe")
    return agent.workers["probe"].logbook.online_return()


def at_a_desk(probe, seed):
    """The same, of episodes side by side, where what an action brought is heard of once the next one is taken."""
    job = probe()
    work = Work(Desk(Agent(seed), JsonCodec("probe", job.observation_space, job.action_space), restartable=False))
    before = None
    for number in range(STEPS):
        job, name = probe(), f"{seed}.{number}"
        observation, _ = job.reset(seed=1000 * seed + number)
        work.begin(name)
        action = work.decide(name, value_to_json(job.observation_space, observation))
        seen, reward, terminated, _, _ = job.step(action)
        if before is not None:
            _ended(work, *before)
        before = name, reward, terminated, value_to_json(job.observation_space, seen)
    _ended(work, *before)
    log = work.desk.worker.logbook
    assert log.steps == len(log.episodes) == STEPS
    return log.online_return()


def _ended(work, name, reward, terminated, seen):
    work.reward(name, reward)
    work.end(name, terminated, seen)


@pytest.mark.parametrize("probe", [probes.Categories])
def test_an_agent_at_a_desk_learns_as_well_as_one_that_is_told_at_once(probe):
    told = np.array([(alone(probe, seed), at_a_desk(probe, seed)) for seed in SEEDS])
    # Chance brings a half; both come to 0.95.
    assert told[:, 1].mean() > told[:, 0].mean() - 0.1, told
    assert told[:, 1].min() > 0.8, told
