"""Workers' names: what may be one, and that each stands for one kind of job."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from homes import differences
from trainee import Agent
from trainee.errors import InvalidArgument, JobFailed
from trainee.life.mind import checked_name
from work_toys import Breaks, Nested, Walk

PLACE, PUSH = spaces.Box(-1.0, 1.0, (2,)), spaces.Discrete(3)


class BreaksAtOnce(Nested):
    """Raises in its first step."""

    time = 0

    def step(self, action):
        raise RuntimeError("the motor is hot")


@pytest.mark.parametrize("name", ["", 5, b"valve", ["valve"], None])
def test_what_is_no_text_is_no_name(name) -> None:
    with pytest.raises(InvalidArgument, match=r"not .*: the worker is saved under it"):
        checked_name(name)


@pytest.mark.parametrize("name", ["", "valve \ud800"])
def test_a_name_that_could_not_be_saved_is_refused(name) -> None:
    agent = Agent(width=8)
    for call in (
        lambda: agent.deploy(PLACE, PUSH, name=name),
        lambda: agent.learn(Walk(), 5, name=name),
        lambda: agent.learn(gymnasium.vector.SyncVectorEnv([Walk]), 5, name=name),
        lambda: agent.evaluate(Walk(), 1, name=name),
        lambda: agent.policy(Walk(), name=name),
    ):
        with pytest.raises(InvalidArgument, match="a worker's name must be a text of one character or more"):
            call()
    assert agent.workers == {}


def test_a_worker_is_not_asked_about_another_kind_of_job() -> None:
    agent = Agent(width=8)
    agent.learn("FrozenLake-v1", 12, name="lake")
    larger = gymnasium.make("FrozenLake-v1", map_name="8x8")
    for call in (
        lambda: agent.evaluate(larger, 1, name="lake"),
        lambda: agent.evaluate("CartPole-v1", 1, name="lake"),
        lambda: agent.policy("CartPole-v1", name="lake"),
        lambda: agent.policy(larger, name="lake"),
    ):
        with pytest.raises(InvalidArgument, match=r"worker 'lake' .* another kind of job: Discrete\(16\) and"):
            call()
    assert agent.evaluate("FrozenLake-v1", 1, name="lake").job == "FrozenLake-v1"
    assert agent.policy("lake").predict(0)[0] in range(4)


def test_a_worker_that_never_made_a_step_makes_room(tmp_path) -> None:
    agent, other = Agent(width=8), Agent(width=8)
    with pytest.raises(JobFailed, match="the motor is hot in step 1"):
        agent.learn(BreaksAtOnce(), 30, name="mine")
    before = agent.workers["mine"]
    # An untrained interface, as if it had never been tried.
    assert np.isfinite(agent.evaluate(Walk(), 1, name="mine").mean)
    assert agent.learn(Walk(), 30, name="mine").steps == 30
    assert len(agent.interfaces) == 1
    with pytest.raises(InvalidArgument, match=r"'mine', which had made no step, was replaced"):
        before.reset({"place": np.zeros(1, np.float32), "late": 0})
    agent.save(tmp_path / "a")
    Agent.load(tmp_path / "a").save(tmp_path / "b")
    assert differences(tmp_path / "a", tmp_path / "b") == []
    other.deploy(Walk().observation_space, PUSH, name="mine")
    assert other.deploy(Walk().observation_space, PUSH, name="mine", restartable=True).spec.restartable


def test_a_worker_that_made_steps_before_it_failed_does_not() -> None:
    agent = Agent(width=8)
    with pytest.raises(JobFailed):
        agent.learn(Breaks(), 40, name="mine")
    with pytest.raises(InvalidArgument, match="has worked at another kind of job"):
        agent.learn(Nested(), 30, name="mine")
