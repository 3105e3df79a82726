"""A worker that the job calls."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from memories import remembered
from trainee import Agent
from trainee.errors import InvalidArgument, UnfitTimeStep, UnsupportedSpace
from trainee.life.saving import named_arrays
from work_toys import Masked

PLACE, PUSH = spaces.Box(-1.0, 1.0, (2,)), spaces.Discrete(3)


def mind(agent: Agent) -> dict[str, bytes]:
    """Everything that an agent has learned, and its streams."""
    agent.gather()
    arrays = named_arrays(agent.brain, "brain/")
    for kind in ("interfaces", "streams"):
        for name, part in getattr(agent, kind).items():
            arrays |= named_arrays(part, f"{kind}/{name}/")
    return {name: array.tobytes() for name, array in arrays.items()}


def driven(worker, env: gymnasium.Env, steps: int, seed: int | None = None) -> list:
    """The actions of a worker in an environment that calls it."""
    actions = []
    for _ in range(steps):
        if worker.episode_over:
            observation, _ = env.reset(seed=seed)
            action, seed = worker.reset(observation), None
        actions.append(action)
        observation, reward, terminated, truncated, _ = env.step(action)
        action = worker.step(observation, float(reward), terminated, truncated)
    return actions


def replayed(agent: Agent, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The first numbers of the observations that a worker remembers, and the actions that answered them."""
    agent.gather()
    stream = agent.streams[name]
    kept = remembered(agent.workers[name].learner, stream)
    # Each stands beside the time step that it led to; the newest has led to none as yet.
    return kept.step.observation.numeric[:, 0], np.append(kept.action[1:, 0], stream.memory.action[0])


def test_a_job_that_calls_the_worker_is_learned_as_one_that_the_worker_calls() -> None:
    agent, env = Agent(seed=2), gymnasium.make("CartPole-v1")
    worker = agent.deploy(env.observation_space, env.action_space, name="CartPole-v1")
    driven(worker, env, 300, seed=2)
    called = Agent(seed=2)
    called.learn("CartPole-v1", 300)
    assert worker.logbook == called.workers["CartPole-v1"].logbook
    assert mind(agent) == mind(called)
    assert len(worker.logbook.episodes) > 3


def test_actions_are_in_the_action_space() -> None:
    action_space = spaces.Dict(
        {
            "gear": spaces.Discrete(3, start=-1),
            "lights": spaces.MultiBinary(2),
            "gas": spaces.Box(np.array([0, -np.inf], np.float32), np.array([2, 1], np.float32)),
        }
    )
    worker = Agent(width=8).deploy(PLACE, action_space)
    assert worker.name == worker.spec.signature.id
    assert action_space.contains(worker.reset(PLACE.sample()))
    assert action_space.contains(worker.step(PLACE.sample(), 1.0, False, False))


def test_the_logbook_discounts_as_the_agent_does_also_after_a_load(tmp_path: Path) -> None:
    agent, nothing = Agent(width=8), np.zeros(2, np.float32)
    worker = agent.deploy(PLACE, PUSH, name="endless")
    worker.reset(nothing)
    for _ in range(60):
        worker.step(nothing, 0.0, False, False)
    # As far ahead as the episode is long already.
    assert worker.logbook.discount == pytest.approx(1 - 1 / 60, rel=1e-6)
    assert float(worker.decision.discount) == worker.logbook.discount
    assert not worker.decision.abandon
    agent.save(tmp_path)
    loaded = Agent.load(tmp_path).workers["endless"]
    assert loaded.logbook == worker.logbook
    assert float(loaded.decision.discount) == worker.logbook.discount


def test_a_step_needs_an_episode() -> None:
    worker = Agent().deploy(PLACE, PUSH)
    with pytest.raises(InvalidArgument, match=r"has no episode under way: call reset"):
        worker.step(np.zeros(2, np.float32), 0.0, False, False)
    worker.reset(np.zeros(2, np.float32))
    worker.step(np.zeros(2, np.float32), 0.0, True, False)
    with pytest.raises(InvalidArgument, match=r"has no episode under way"):
        worker.step(np.zeros(2, np.float32), 0.0, False, False)
    assert worker.logbook.steps == 1


BAD = {
    "NaN": (np.array([np.nan, 0], np.float32), 0.0, r"observation\[0\] is nan"),
    "outside": (np.array([0, 7], np.float32), 0.0, r"7"),
    "shape": (np.zeros(3, np.float32), 0.0, r"\(3,\)"),
    "type": (np.zeros(2, complex), 0.0, r"complex"),
    "reward": (np.zeros(2, np.float32), float("inf"), r"reward is inf"),
}


@pytest.mark.parametrize("bad", BAD)
def test_an_unfit_step_is_not_learned_from_and_links_nothing(bad: str) -> None:
    observation, reward, message = BAD[bad]
    agent = Agent(seed=1)
    worker = agent.deploy(PLACE, PUSH, name="valve")
    worker.reset(np.array([0.1, 0], np.float32))
    worker.step(np.array([0.2, 0], np.float32), 1.0, False, False)
    before, decision = mind(agent), worker.decision
    with pytest.raises(UnfitTimeStep, match=message) as caught:
        worker.step(observation, reward, False, False)
    assert "worker 'valve', step 2" in str(caught.value)
    assert "not learned from" in str(caught.value)
    assert mind(agent) == before
    assert worker.decision is decision
    assert (worker.broken, worker.episode_over, worker.logbook.unfit, worker.logbook.steps) == (True, False, 1, 1)
    assert PUSH.contains(worker.step(np.array([0.4, 0], np.float32), 1.0, False, False))
    agent.gather()
    kept = remembered(worker.learner, agent.streams["valve"]).step
    assert kept.observation.numeric[:, 0] == pytest.approx([0.1, 0.2, 0.4])
    # The step after the gap begins anew, so that the one before it is not taken for where it came from.
    assert kept.first.tolist() == [True, False, True]
    assert not worker.broken


def test_after_an_unfit_end_or_beginning_comes_reset() -> None:
    worker = Agent().deploy(PLACE, PUSH)
    nan = np.full(2, np.nan, np.float32)
    with pytest.raises(UnfitTimeStep):
        worker.reset(nan)
    with pytest.raises(InvalidArgument):
        worker.step(np.zeros(2, np.float32), 0.0, False, False)
    worker.reset(np.zeros(2, np.float32))
    with pytest.raises(UnfitTimeStep):
        worker.step(nan, 0.0, False, True)
    with pytest.raises(InvalidArgument):
        worker.step(np.zeros(2, np.float32), 0.0, False, False)
    worker.reset(np.zeros(2, np.float32))
    # An episode under way is over once another was to begin, even with something unfit.
    with pytest.raises(UnfitTimeStep):
        worker.reset(nan)
    with pytest.raises(InvalidArgument):
        worker.step(np.zeros(2, np.float32), 0.0, False, False)


def test_whether_the_episode_ended_has_to_be_told() -> None:
    worker, place = Agent(width=8).deploy(PLACE, PUSH), np.zeros(2, np.float32)
    worker.reset(place)
    for flags in ((np.nan, False), (False, np.zeros(2, bool))):
        with pytest.raises(UnfitTimeStep, match="neither True nor False"):
            worker.step(place, 0.0, *flags)
        assert not worker.episode_over
    worker.step(place, 0.0, np.array([False]), 1)
    assert worker.episode_over
    assert float(worker.newest.discount) == 1
    assert (worker.logbook.steps, worker.logbook.unfit) == (1, 2)


def test_what_was_done_is_what_is_remembered() -> None:
    agent = Agent()
    worker = agent.deploy(PLACE, PUSH, name="valve")
    with pytest.raises(InvalidArgument, match="no decision to overrule"):
        worker.overrule(0)
    done = []
    for step in range(6):
        place = np.array([step / 10, 0], np.float32)
        decided = worker.step(place, 0.0, False, False) if step else worker.reset(place)
        done.append((int(decided) + step) % 3)
        worker.overrule(np.int64(done[-1]))
    with pytest.raises(InvalidArgument, match=r"action 3 is not in Discrete\(3\)"):
        worker.overrule(3)
    assert replayed(agent, "valve")[1].tolist() == done


def test_two_workers_of_one_agent_share_a_brain_and_keep_their_streams() -> None:
    def taught(agent: Agent, *names: str) -> Agent:
        workers = [agent.deploy(PLACE, PUSH, name=name) for name in names]
        for step in range(12):
            for number, worker in enumerate(workers):
                place = np.array([step / 100, number], np.float32)
                worker.step(place, 1.0, False, False) if step else worker.reset(place)
        return agent

    both = taught(Agent(seed=4), "left", "right")
    assert both.streams.keys() == {"left", "right"}
    assert len(both.interfaces) == 1
    for number, name in enumerate(("left", "right")):
        agent_places, _ = replayed(both, name)
        assert agent_places == pytest.approx(np.arange(12) / 100)
        seconds = remembered(both.workers[name].learner, both.streams[name]).step.observation.numeric[:, 1]
        assert set(seconds.tolist()) == {float(number)}
    alone = taught(Agent(seed=4), "left")
    same, together = mind(alone), mind(both)
    # What the other one learned is in the brain.
    assert any(same[name] != together[name] for name in same if name.startswith("brain/slow"))


def test_masks_are_honoured() -> None:
    agent, env = Agent(seed=1), Masked()
    worker = agent.deploy(env.observation_space, env.action_space, masked=True)
    observation, info = env.reset(seed=0)
    action = worker.reset(observation, action_mask=info["action_mask"])
    for _ in range(60):
        observation, reward, terminated, truncated, info = env.step(action)
        action = worker.step(observation, reward, terminated, truncated, action_mask=info["action_mask"])
        if terminated or truncated:
            observation, info = env.reset()
            action = worker.reset(observation, action_mask=info["action_mask"])
    with pytest.raises(UnfitTimeStep, match="action_mask is missing"):
        worker.step(observation, 0.0, False, False)
    with pytest.raises(UnfitTimeStep, match="allows nothing"):
        worker.step(observation, 0.0, False, False, action_mask=np.zeros(3))
    # The environment raises where a mask is not honoured.
    assert agent.learn("work_toys:Masked-v0", 60).steps == 60


def test_a_name_stands_for_one_kind_of_job() -> None:
    agent = Agent()
    worker = agent.deploy(PLACE, PUSH, name="valve")
    assert agent.deploy(PLACE, PUSH, name="valve") is worker
    worker.reset(np.zeros(2, np.float32))
    worker.step(np.zeros(2, np.float32), 0.0, False, False)
    with pytest.raises(InvalidArgument, match=r"'valve'.*Discrete\(3\), where this one.*Discrete\(4\)"):
        agent.deploy(PLACE, spaces.Discrete(4), name="valve")
    with pytest.raises(InvalidArgument, match=r"Discrete\(3\) with action masks\. Give"):
        agent.deploy(PLACE, PUSH, name="valve", masked=True)
    with pytest.raises(UnsupportedSpace, match="Graph"):
        agent.deploy(spaces.Graph(PLACE, None), PUSH)
