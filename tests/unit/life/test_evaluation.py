"""Evaluation: returns of a frozen agent, their interval, and films."""

from __future__ import annotations

import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from trainee import Agent
from trainee.errors import InvalidArgument, MissingExtra, UnfitTimeStep
from trainee.life import interval
from trainee.life.agent import EVALUATION_SEED
from work_toys import Blinks, Endless

WALK = "work_toys:Walk-v0"


def test_the_interval_of_a_mean() -> None:
    assert interval([3.0]) == (3.0, 3.0)
    values = np.random.default_rng(1).normal(10.0, 2.0, 100)
    low, high = interval(values.tolist())
    # Of a mean: ± 1.96 standard errors.
    error = 1.96 * values.std() / 10
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.1 * error)
    assert interval(values.tolist()) == (low, high)


def test_an_evaluation_changes_nothing_and_can_be_repeated() -> None:
    agent = Agent()
    agent.learn(WALK, 60)
    steps = agent.workers[WALK].logbook.steps
    first = agent.evaluate(WALK, 4)
    assert first == agent.evaluate(WALK, 4)
    assert (first.job, len(first.returns), agent.workers[WALK].logbook.steps) == ("Walk-v0", 4, steps)
    assert first.low <= first.mean <= first.high
    assert first.mean == pytest.approx(np.mean(first.returns))
    assert str(first).startswith("Walk-v0: ")
    twin = Agent()
    twin.learn(WALK, 60)
    agent.learn(WALK, 20)
    twin.learn(WALK, 20)
    assert agent.workers[WALK].logbook == twin.workers[WALK].logbook


def test_an_episode_of_an_evaluation_is_remembered_from_its_beginning_and_then_what_actions_did() -> None:
    agent = Agent()
    agent.learn("Pendulum-v1", 600)
    policy = agent.policy("Pendulum-v1")

    def returns(remembers: bool) -> list[float]:
        env, totals, state = gymnasium.make("Pendulum-v1"), [], None
        for seed in (EVALUATION_SEED, None):
            (observation, _), total, over, start = env.reset(seed=seed), 0.0, False, np.ones(1, bool)
            while not over:
                before = (state, start) if remembers else (None, None)
                action, state = policy.predict(observation, *before, deterministic=True)
                start = np.zeros(1, bool)
                observation, reward, terminated, truncated, _ = env.step(action)
                total, over = total + float(reward), terminated or truncated
            totals.append(total)
        return totals

    found = agent.evaluate("Pendulum-v1", 2).returns
    assert found == pytest.approx(returns(remembers=True), rel=1e-5)
    assert found != pytest.approx(returns(remembers=False), rel=1e-5)


def test_a_job_never_worked_at_can_be_evaluated() -> None:
    agent = Agent()
    assert len(agent.evaluate("CartPole-v1", 2).returns) == 2
    assert agent.workers == {}


@pytest.mark.parametrize("episodes", [0, -1, True])
def test_episodes_are_a_positive_whole_number(episodes) -> None:
    with pytest.raises(InvalidArgument, match=f"episodes must be a whole number of 1 or more, not {episodes}"):
        Agent().evaluate(WALK, episodes)


def test_an_episode_that_does_not_end_is_cut() -> None:
    agent = Agent()
    found = agent.evaluate(Endless(), 3, longest=25)
    assert (len(found.returns), found.cut) == (3, 3)
    assert str(found).endswith("over 3 episodes, 3 of them cut before their end")
    # One that ends with the last step that it may have was not cut.
    pole = agent.evaluate("CartPole-v1", 1)
    assert pole.cut == 0
    assert agent.evaluate("CartPole-v1", 1, longest=int(pole.mean)) == pole
    assert agent.evaluate("CartPole-v1", 1, longest=int(pole.mean) - 1).cut == 1
    with pytest.raises(InvalidArgument, match="longest must be a whole number of 1 or more, not 0"):
        agent.evaluate(WALK, longest=0)


def test_what_is_unfit_has_no_return() -> None:
    with pytest.raises(UnfitTimeStep, match=r"step 7"):
        Agent().evaluate(Blinks(), 2)


@pytest.mark.parametrize("name", ["episode.gif", "episode.mp4"])
def test_the_first_episode_is_filmed(name: str, tmp_path: Path) -> None:
    import imageio_ffmpeg
    from PIL import Image

    evaluation = Agent().evaluate("CartPole-v1", 2, video=tmp_path / name)
    pictures = int(evaluation.returns[0]) + 1
    if name.endswith(".gif"):
        with Image.open(tmp_path / name) as film:
            # Pictures that are alike are one, shown for longer.
            shown_ms = [film.seek(frame) or film.info["duration"] for frame in range(film.n_frames)]
            assert (film.size, sum(shown_ms)) == ((600, 400), 20 * pictures)
    else:
        assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / name))[0] == pictures


def test_a_film_that_cannot_be_made_is_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = Agent()
    with pytest.raises(InvalidArgument, match=r"must end in \.mp4 or \.gif, not 'x\.avi'"):
        agent.evaluate("CartPole-v1", 1, video=tmp_path / "x.avi")
    with pytest.raises(InvalidArgument, match="no video can be written to"):
        agent.evaluate("CartPole-v1", 1, video=tmp_path / "nowhere" / "x.gif")
    with pytest.raises(InvalidArgument, match="without rgb_array"):
        agent.evaluate(WALK, 1, video=tmp_path / "x.gif")
    monkeypatch.setitem(sys.modules, "imageio", None)
    with pytest.raises(MissingExtra, match=r"pip install 'trainee\[video\]'"):
        agent.evaluate("CartPole-v1", 1, video=tmp_path / "x.gif")
