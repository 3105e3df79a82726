"""A frozen agent: it answers the same whoever asks when, and the same after it was put away."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from gymnasium import spaces

from desks import Work
from learners import SMALL
from trainee import Agent
from trainee.errors import InvalidArgument, NothingSaved
from trainee.jobs import JsonCodec
from trainee.life import Desk, Version, frozen, keep, keep_again, keep_saved, opened

SEEN, DONE = spaces.Box(-1, 1, (2,)), spaces.Discrete(3)


def desk(agent=None):
    agent = Agent(seed=2, width=8, constants=SMALL) if agent is None else agent
    return Desk(agent, JsonCodec("valve", SEEN, DONE), restartable=True)


def taught(made, episodes, seed=0):
    """After some episodes, in which the third action is the better one where more is seen."""
    random, work = np.random.default_rng(seed), Work(made)
    for episode in range(episodes):
        work.begin(name := f"{seed}.{episode}")
        for _ in range(5):
            what = random.uniform(-1, 1, 2)
            action = work.decide(name, what.tolist())
            work.reward(name, float(what[0]) * (action - 1))
        work.end(name, terminated=True)
    return made


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A desk, a version of it in a folder, and what that answered before the desk learned more."""
    made, folder = taught(desk(), 8), tmp_path_factory.mktemp("versions") / "v1"
    keep(frozen(made), made.agent.width, folder, {"version": "v1"})
    version = opened(made, folder)
    before = asked(version, made)
    taught(made, 8, seed=1)
    return made, folder, version, before


def asked(version, made, done=(1, 0, 2, 2), words=(0, 0)):
    """What is answered in an episode in which these actions are done, whatever was decided."""
    underway, before, answers = version.blank, None, []
    for n, action in enumerate(done):
        step = made.codec.heard([0.1 * n, -0.5], 0.0, n == 0, False, False, None)
        answers.append(version.ask(underway, before, step, words))
        underway, before = answers[-1].underway, action
    return answers


def said(answers):
    return [(answer.action, answer.conduct, np.asarray(answer.decision.interval).tolist()) for answer in answers]


def test_what_it_answers_does_not_change_with_chance_nor_with_what_is_learned_since(kept):
    made, _, version, before = kept
    assert said(asked(version, made)) == said(before)
    assert said(asked(version, made, words=(7, 8))) == said(before)
    newer = Version(made, made.agent.learner(made.worker.spec), state_of(made))
    assert said(asked(newer, made)) != said(before)


def state_of(made):
    return made.gathered().state_of(made.worker)


def test_it_says_how_it_decided_and_never_gives_up(kept):
    _, _, _, before = kept
    for answer in before:
        assert answer.action in (0, 1, 2)
        assert answer.coordinates.tolist() == [float(answer.action)]
        assert answer.conduct["value"] == float(answer.decision.value)
        assert answer.conduct["discount"] > 0.9
        assert (answer.conduct["abandon"], answer.conduct["plays"], answer.conduct["spell"]) == (False, False, 0)
        assert float(answer.decision.propensity) == 1.0


def test_it_remembers_what_was_done_in_the_episode_whoever_did_it(kept):
    made, _, version, before = kept
    values = [answer.conduct["value"] for answer in before]
    others = [answer.conduct["value"] for answer in asked(version, made, done=(2, 0, 2, 2))]
    assert values[0] == others[0]
    assert values[1] != others[1]
    # What is seen for the first time in another episode is not what is seen after other things.
    step = made.codec.heard([0.3, -0.5], 0.0, True, False, False, None)
    assert version.ask(version.blank, None, step, (0, 0)).conduct["value"] != values[3]


def test_put_away_and_opened_again_it_answers_the_same(kept):
    made, folder, _, before = kept
    keep_again(folder, folder.parent / "v2", {"version": "v2"})
    for name in ("v1", "v2"):
        assert said(asked(opened(made, folder.parent / name), made)) == said(before)
    with pytest.raises(NothingSaved):
        opened(made, folder.parent / "v3")


def test_an_agent_that_was_saved_elsewhere_becomes_one(kept, tmp_path):
    made, _, _, _ = kept
    other = Agent(seed=3, width=16, constants=SMALL)
    other.deploy(SEEN, DONE, name="elsewhere")
    other.save(tmp_path / "home")
    keep_saved(made, tmp_path / "home", tmp_path / "import", {"version": "v9"})
    answers = asked(opened(made, tmp_path / "import"), made)
    policy = other.policy("elsewhere")
    step = made.codec.heard([0.0, -0.5], 0.0, True, False, False, None)
    (decision,), _ = policy.decide([step])
    assert answers[0].conduct["value"] == float(decision.value)


def test_an_agent_that_cannot_do_the_job_or_is_of_another_kind_is_refused(kept, tmp_path):
    made, _, _, _ = kept
    Agent(seed=3, width=8, constants=SMALL).save(tmp_path / "new")
    with pytest.raises(InvalidArgument, match="has not worked at a job with these spaces"):
        keep_saved(made, tmp_path / "new", tmp_path / "none", {})
    constants = dataclasses.replace(SMALL, memory_gain=0.2)
    stranger = Agent(seed=3, width=8, constants=constants)
    stranger.deploy(SEEN, DONE, name="valve")
    stranger.save(tmp_path / "stranger")
    with pytest.raises(InvalidArgument, match="another table of constants"):
        keep_saved(made, tmp_path / "stranger", tmp_path / "none", {})
    assert not (tmp_path / "none").exists()
