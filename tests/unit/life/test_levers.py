"""Levers: an emotion taken out, held, or tied to another's, and let go again."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

import trainee
from trainee import Agent
from trainee.emotions import ABSENT, FREE
from trainee.errors import InvalidArgument
from trainee.life import Felt, Yoke
from trainee.types import EMOTIONS

WALK, OTHER = "work_toys:Walk-v0", "work_toys:Masked-v0"
FEAR, CONCERN, SECURITY = (EMOTIONS.index(name) for name in ("fear", "concern", "security"))


def worked(agent: Agent, steps: int = 30, job: str = WALK) -> np.ndarray:
    """What was felt at each step of a stretch, `[steps, 7]`; the first time step of an episode is no step."""
    felt = Felt()
    agent.learn(job, steps, callbacks=[felt])
    return felt.trace


@pytest.fixture(scope="module")
def lived() -> Agent:
    agent = Agent(seed=1, width=8)
    worked(agent, 60)
    return agent


def copied(agent: Agent, tmp_path) -> Agent:
    agent.save(tmp_path / "mind")
    return Agent.load(tmp_path / "mind")


def test_without_any_nothing_is_felt_and_it_goes_on_learning(lived, tmp_path):
    agent = copied(lived, tmp_path)
    before = np.asarray(agent.brain.now.blocks[0].weight).copy()
    agent.lesion("all")
    np.testing.assert_array_equal(worked(agent), np.tile(ABSENT, (30, 1)))
    agent.gather()
    assert not np.array_equal(before, agent.brain.now.blocks[0].weight)


def test_one_is_taken_out_here_and_at_jobs_to_come_and_after_a_restart(lived, tmp_path):
    agent = copied(lived, tmp_path)
    agent.lesion("concern")
    felt = worked(copied(agent, tmp_path))
    assert not felt[:, CONCERN].any()
    assert felt[:, SECURITY].all()
    new = worked(copied(agent, tmp_path), 20, OTHER)
    assert not new[:, CONCERN].any()
    assert new[:, SECURITY].any()


def test_let_go_it_is_felt_again_as_if_it_had_never_been_held(lived, tmp_path):
    agent = copied(lived, tmp_path)
    agent.lesion("security", "fear")
    held = worked(agent)
    assert (held[:, SECURITY] == 1).all()
    agent.free("security")
    felt = worked(agent)
    # The calm of the steps between counted.
    assert 0 < felt[0, SECURITY] < 1
    assert not felt[:, FEAR].any()
    agent.free()
    assert agent.lesions == ()
    assert (np.asarray(agent.streams[WALK].feelings.held) == FREE).all()


def test_clamped_it_stays_where_it_usually_was(lived, tmp_path):
    agent = copied(lived, tmp_path)
    usual = np.asarray(agent.streams[WALK].feelings.usual)
    agent.clamp("security", "mood")
    felt = worked(agent)
    for name in ("security", "mood"):
        place = EMOTIONS.index(name)
        np.testing.assert_array_equal(felt[:, place], np.full(30, usual[place]))
    assert len(np.unique(felt[:, EMOTIONS.index("concern")])) > 1


def test_yoked_it_is_what_another_felt(lived, tmp_path):
    agent = copied(lived, tmp_path)
    trace = np.tile(np.linspace(0, 1, 30, dtype=np.float32)[:, None], (1, len(EMOTIONS)))
    felt = Felt()
    agent.learn(WALK, 30, callbacks=[Yoke(agent, ["fear"], trace), felt])
    np.testing.assert_array_equal(felt.trace[:, FEAR], trace[:, FEAR])
    assert not np.array_equal(felt.trace[1:, CONCERN], trace[1:, CONCERN])


def test_two_may_be_yoked_apart_beside_a_third_that_is_taken_out_and_are_let_go_in_the_end(lived, tmp_path):
    agent, felt = copied(lived, tmp_path), Felt()
    draw = np.random.default_rng(0)
    traces = [draw.uniform(0, 1, (length, len(EMOTIONS))).astype(np.float32) for length in (30, 7)]
    agent.lesion("security")
    yokes = [Yoke(agent, [name], trace) for name, trace in zip(("fear", "concern"), traces, strict=True)]
    agent.learn(WALK, 30, callbacks=[*yokes, felt])
    np.testing.assert_array_equal(felt.trace[:, FEAR], traces[0][:, FEAR])
    np.testing.assert_array_equal(felt.trace[:, CONCERN], np.resize(traces[1], traces[0].shape)[:, CONCERN])
    assert np.all(felt.trace[:, SECURITY] == ABSENT[SECURITY])
    agent.gather()
    free = np.asarray(agent.streams[WALK].feelings.held) >= FREE
    assert free.tolist() == [name != "security" for name in EMOTIONS]


def test_only_the_work_of_a_worker_can_be_yoked(lived, tmp_path):
    agent = copied(lived, tmp_path)
    for yoked, job in ((agent, gymnasium.make_vec(WALK, num_envs=2)), (Agent(width=8), WALK)):
        yoke = Yoke(yoked, ["fear"], np.zeros((4, len(EMOTIONS))))
        with pytest.raises(InvalidArgument, match=r"is no worker of the agent whose emotions are to be tied"):
            agent.learn(job, 5, callbacks=[yoke])


def test_of_all_that_were_taken_out_one_can_be_let_go(tmp_path):
    agent = Agent(seed=1, width=8)
    agent.lesion("all")
    agent.free("fear")
    assert agent.lesions == tuple(sorted(set(EMOTIONS) - {"fear"}))
    agent = copied(agent, tmp_path)
    worked(agent, 2)
    held = np.asarray(agent.streams[WALK].feelings.held)
    assert (held >= FREE).tolist() == [name == "fear" for name in EMOTIONS]


@pytest.mark.parametrize("names", [["joy"], ["all", "joy"], ["fear", "joy"]])
@pytest.mark.parametrize("pull", ["lesion", "clamp", "free"])
def test_what_is_no_emotion_is_refused_with_those_that_are(lived, pull, names):
    for agent in (lived, Agent(width=8)):
        with pytest.raises(InvalidArgument, match="there is no emotion 'joy': there are fear, concern, security"):
            getattr(agent, pull)(*names)
        assert agent.lesions == ()


def test_what_was_never_felt_cannot_be_held_where_it_was():
    agent = Agent(seed=1, width=8)
    with pytest.raises(InvalidArgument, match="let the agent work first"):
        agent.clamp("fear")
    env = trainee.jobs.make(WALK)
    agent.deploy(env.codec.observation_space, env.codec.action_space, name="new")
    with pytest.raises(InvalidArgument, match="let it work first"):
        agent.clamp("fear")


@pytest.mark.parametrize(
    ("trace", "message"),
    [
        (np.zeros((0, 7)), "with one step at least"),
        (np.zeros((4, 3)), r"not \(4, 3\)"),
        (np.full((4, 7), np.nan), "no number, first at step 0"),
    ],
)
def test_a_trace_that_is_none_is_refused(lived, trace, message):
    with pytest.raises(InvalidArgument, match=message):
        Yoke(lived, ["fear"], trace)
