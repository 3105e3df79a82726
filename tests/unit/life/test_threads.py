"""Threads that share an agent: what they do is done in turns."""

from __future__ import annotations

import copy
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gymnasium import spaces

from trainee import Agent
from work_toys import Walk

PLACE, PUSH = spaces.Box(-1.0, 1.0, (2,)), spaces.Discrete(3)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads that give way to one another as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_two_workers_of_one_agent_are_stepped_by_two_threads_while_a_third_asks(restless, tmp_path) -> None:
    agent, together = Agent(width=8), threading.Barrier(3)
    workers = [agent.deploy(PLACE, PUSH, name=name) for name in ("left", "right")]
    for worker in workers:
        worker.reset(np.zeros(2, np.float32))
        worker.overrule(worker.step(np.zeros(2, np.float32), 1.0, False, False))

    def stepped(worker) -> int:
        together.wait()
        for step in range(150):
            worker.overrule(worker.step(np.full(2, step / 200, np.float32), 1.0, False, False))
        return worker.logbook.steps

    def asked() -> float:
        together.wait()
        for _ in range(5):
            agent.save(tmp_path)
            agent.lesion("fear")
            agent.free()
        return agent.evaluate(Walk(), 1, name="walk").mean

    with ThreadPoolExecutor(3) as threads:
        asking = threads.submit(asked)
        assert list(threads.map(stepped, workers)) == [151, 151]
        assert np.isfinite(asking.result())


def test_a_copy_goes_on_by_itself_also_in_the_middle_of_work() -> None:
    agent = Agent(width=8)
    agent.learn(Walk(), 5)
    other = copy.deepcopy(agent)
    assert other.lock is not agent.lock
    for each in (agent, other):
        each.learn(Walk(), 5)
    np.testing.assert_array_equal(*(each.workers["Walk"].decision.action for each in (agent, other)))
