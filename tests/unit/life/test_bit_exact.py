"""Learning on after a load, in another process, comes to the same bytes as learning on at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gymnasium import spaces

from homes import differences
from trainee import Agent, record
from trainee.errors import DamagedPart, DifferentAgent
from trainee.learner import Constants

# What two tests share is made once, so they go to one process.
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("bit-exact")]

# Two jobs that are saved mid-episode, and one whose actions are continuous. More than 2,000 steps fill all windows.
HALVES = {"CartPole-v1": 3000, "Acrobot-v1": 1000, "Pendulum-v1": 1000}
GO_ON = """
import sys
from trainee import Agent
for job, half in zip(sys.argv[2::2], sys.argv[3::2]):
    agent = Agent.load(f"{sys.argv[1]}/{job}")
    agent.learn(job, int(half))
    agent.save(f"{sys.argv[1]}/{job}")
"""


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("halves")
    for job, half in HALVES.items():
        agent = Agent(seed=3)
        agent.learn(job, half)
        agent.save(home / job)
    arguments = [str(part) for pair in HALVES.items() for part in pair]
    subprocess.run([sys.executable, "-c", GO_ON, str(home), *arguments], check=True, timeout=200, env=os.environ)
    return home


@pytest.mark.parametrize("job", HALVES)
def test_two_halves_in_two_processes_are_one_whole(job: str, halves: Path, tmp_path: Path) -> None:
    agent = Agent(seed=3)
    agent.learn(job, 2 * HALVES[job])
    agent.save(tmp_path)
    assert agent.workers[job].logbook.steps == 2 * HALVES[job]
    assert differences(tmp_path, halves / job) == []


def test_a_difference_is_seen(tmp_path: Path) -> None:
    agent = Agent(seed=3)
    agent.learn("CartPole-v1", 30)
    agent.save(tmp_path / "a")
    agent.learn("CartPole-v1", 1)
    agent.save(tmp_path / "b")
    assert any("replay" in name for name in differences(tmp_path / "a", tmp_path / "b"))


def test_an_agent_that_saves_while_it_works_goes_on_from_there_as_if_it_had_not(tmp_path: Path) -> None:
    """The job's own state is saved with it: a process that is killed later leaves no false transition."""
    agent = Agent()

    def saves(work, time_step, decision) -> None:
        if work.done == 50:
            agent.save(tmp_path / "then")

    agent.learn("CartPole-v1", 120, on_step=saves)
    agent.save(tmp_path / "whole")
    then = Agent.load(tmp_path / "then")
    assert then.workers["CartPole-v1"].logbook.steps == 50
    then.learn("CartPole-v1", 70)
    then.save(tmp_path / "then")
    assert differences(tmp_path / "whole", tmp_path / "then") == []


def test_saving_changes_nothing(tmp_path: Path) -> None:
    agent = Agent()
    agent.learn("CartPole-v1", 40)
    agent.learn("Pendulum-v1", 20)
    agent.save(tmp_path / "a")
    Agent.load(tmp_path / "a").save(tmp_path / "b")
    assert differences(tmp_path / "a", tmp_path / "b") == []


def test_a_worker_that_the_job_calls_goes_on_where_it_stood(tmp_path: Path) -> None:
    observation_space, action_space = spaces.Box(-1, 1, (2,)), spaces.Discrete(3)
    random = np.random.default_rng(0)
    told = [(random.uniform(-1, 1, 2).astype(np.float32), float(random.normal()), False, i % 9 == 8) for i in range(40)]

    def steps(worker, part) -> list[int]:
        actions = []
        for observation, reward, terminated, truncated in part:
            if worker.episode_over:
                worker.reset(observation)
            actions.append(int(worker.step(observation, reward, terminated, truncated)))
        return actions

    whole = Agent(seed=1)
    worker = whole.deploy(observation_space, action_space, name="valve")
    worker.reset(told[0][0])
    expected = steps(worker, told)

    first = Agent(seed=1)
    worker = first.deploy(observation_space, action_space, name="valve")
    worker.reset(told[0][0])
    actions = steps(worker, told[:20])
    first.save(tmp_path / "valve")
    second = Agent.load(tmp_path / "valve")
    # Mid-episode: the next call is `step`.
    worker = second.deploy(observation_space, action_space, name="valve")
    assert not worker.episode_over
    actions += steps(worker, told[20:])
    assert actions == expected
    whole.save(tmp_path / "whole")
    second.save(tmp_path / "valve")
    assert differences(tmp_path / "whole", tmp_path / "valve") == []


def test_an_agent_that_never_worked_can_be_saved(tmp_path: Path) -> None:
    Agent(seed=5, width=16, constants=Constants(heads=3)).save(tmp_path)
    agent = Agent.load(tmp_path)
    assert (agent.seed, agent.width, agent.constants.heads, agent.workers) == (5, 16, 3, {})


def test_a_checkpoint_with_another_table_of_constants_is_refused(tmp_path: Path) -> None:
    Agent().save(tmp_path)
    saved = record.load(tmp_path)
    constants = {**saved.about["constants"], "momentum": 0.1}
    record.save(tmp_path, record.Checkpoint(saved.parts, {**saved.about, "constants": constants}))
    with pytest.raises(DifferentAgent, match=r"momentum.*load it with that version"):
        Agent.load(tmp_path)


def test_a_part_that_is_altered_is_named_and_the_last_good_one_loads(tmp_path: Path) -> None:
    agent = Agent()
    agent.learn("CartPole-v1", 20)
    agent.save(tmp_path)
    agent.learn("CartPole-v1", 20)
    agent.save(tmp_path)
    newest = max((tmp_path / "agent").glob("*.safetensors"))
    data = bytearray(newest.read_bytes())
    data[-1] ^= 1
    newest.write_bytes(data)
    with pytest.raises(DamagedPart, match=r"part 'agent'.*altered.*last good one"):
        Agent.load(tmp_path)
    assert Agent.load(tmp_path, last_good=True).workers["CartPole-v1"].logbook.steps == 20
