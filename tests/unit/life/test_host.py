"""Working at a job in this process: stretches, guards, and jobs that go wrong."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from memories import remembered
from trainee import Agent, Callback
from trainee.errors import InvalidArgument, JobFailed, UnknownJob, UnsupportedSpace
from trainee.life import deferred_interrupt
from work_toys import Blinks, Breaks, Endless, GoesBlind, Walk


class Listens(Callback):
    """Keeps what it was told of the faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def on_unfit(self, work, fault) -> None:
        self.faults.append(str(fault))


def test_a_stretch_and_what_it_came_to() -> None:
    agent = Agent()
    assert agent.learn("work_toys:Walk-v0", 50).episodes == 2
    stint = agent.learn("work_toys:Walk-v0", 50)
    assert (stint.name, stint.steps, stint.episodes, stint.unfit) == ("work_toys:Walk-v0", 50, 3, 0)
    # The episode under way was gone on with: the third ends at step 60 and not at 70.
    ends = [episode.step for episode in agent.workers["work_toys:Walk-v0"].logbook.episodes]
    assert ends == [20, 40, 60, 80, 100]
    assert stint.online_return == pytest.approx(np.mean(agent_tenths(agent, 50, 100)))
    assert stint.steps_per_second > 0


def agent_tenths(agent: Agent, begin: int, end: int) -> list[float]:
    from trainee.life import tenths

    return tenths(agent.workers["work_toys:Walk-v0"].logbook.episodes, begin, end)


def test_an_environment_goes_on_where_it_stood_and_is_left_open() -> None:
    env, agent = Walk(), Agent()
    agent.learn(env, 30)
    agent.learn(env, 30)
    assert env.time == 60
    assert [episode.step for episode in agent.workers["Walk"].logbook.episodes] == [20, 40, 60]


def test_an_environment_that_cannot_be_put_back_begins_anew_with_another_seed() -> None:
    env, agent = Walk(), Agent(seed=7)
    env.engine = threading.Lock()
    agent.learn(env, 30)
    agent.learn(env, 30)
    assert [episode.step for episode in agent.workers["Walk"].logbook.episodes] == [20, 50]
    # The seeds of the resets stand between the actions, which are below 3.
    assert [seen for seen in env.seen if seen is not None and seen > 2] == [7, 37]


@pytest.mark.parametrize("steps", [0, -5, 10**13, True, np.int64(0)])
def test_steps_are_a_positive_whole_number(steps) -> None:
    with pytest.raises(InvalidArgument, match=r"steps must be a whole number from 1 to 1,000,000,000,000, not"):
        Agent().learn("CartPole-v1", steps)


@pytest.mark.parametrize("settings", [{"seed": -1}, {"seed": 2**31}, {"seed": True}, {"width": 0}, {"width": 10**6}])
def test_settings_are_in_range(settings) -> None:
    with pytest.raises(InvalidArgument, match=f"{next(iter(settings))} must be a whole number from"):
        Agent(**settings)


def test_jobs_that_cannot_be_worked_at() -> None:
    agent = Agent()
    with pytest.raises(UnknownJob, match="CartPole-v1"):
        agent.learn("CartPol-v1", 10)
    with pytest.raises(UnsupportedSpace, match=r"observation\['map'\] is a Graph"):
        agent.learn("work_toys:Graph-v0", 10)
    assert agent.workers == {}


def test_unfit_steps_are_left_out_and_the_run_goes_on() -> None:
    listens, env, agent = Listens(), Blinks(), Agent()
    stint = agent.learn(env, 100, callbacks=[listens])
    # 22 of 122 are a multiple of 7 or of 11, or the one before them was the last that was asked for.
    assert stint.steps == 100
    unfit = [time for time in range(1, env.time + 1) if time % 7 == 0 or time % 11 == 0]
    assert stint.unfit == len(unfit) == len(listens.faults)
    assert stint.steps + stint.unfit == env.time
    assert "observation[1] is nan" in listens.faults[0].lower()
    assert "step 7" in listens.faults[0]
    assert any("reward is inf" in fault for fault in listens.faults)
    agent.gather()
    kept = remembered(agent.workers["Blinks"].learner, agent.streams["Blinks"]).step
    resets = sum(seen is None for seen in env.seen) + 1
    assert len(kept.reward) == stint.steps + resets
    assert np.isfinite(kept.observation.numeric).all()
    assert np.isfinite(kept.reward).all()
    # One that begins a new line after each gap, but where two gaps are one or the episode ended there.
    firsts = int(np.sum(kept.first))
    assert resets < firsts <= resets + len(unfit)


def test_after_ten_unfit_steps_in_a_row_the_run_stops(tmp_path: Path) -> None:
    listens, agent = Listens(), Agent()
    with pytest.raises(JobFailed, match=r"GoesBlind: 10 unfit time steps in a row, the last: reward is nan.*step 40"):
        agent.learn(GoesBlind(), 100, callbacks=[listens])
    worker = agent.workers["GoesBlind"]
    assert (worker.logbook.steps, worker.logbook.unfit, len(listens.faults)) == (30, 10, 10)
    # It can be saved, and begins an episode anew: the job is not put back to where it failed.
    agent.save(tmp_path)
    stint = Agent.load(tmp_path).learn(GoesBlind(), 30)
    assert (stint.steps, stint.unfit) == (30, 0)


def test_an_environment_that_raises_is_reported_with_its_step(tmp_path: Path) -> None:
    agent = Agent()
    with pytest.raises(JobFailed, match=r"Breaks raised RuntimeError: the motor is hot in step 31"):
        agent.learn(Breaks(), 100)
    assert agent.workers["Breaks"].logbook.steps == 30
    agent.save(tmp_path)
    stint = Agent.load(tmp_path).learn(Breaks(), 10)
    assert stint.steps == 10


def test_what_a_guard_does_is_what_is_remembered() -> None:
    env, agent, asked = Walk(), Agent(), []

    def guard(time_step, decision) -> np.ndarray:
        asked.append((float(time_step.observation.numeric[0]), np.array(decision.action)))
        return np.array([2.0]) if len(asked) % 2 else decision.action

    agent.learn(env, 40, guard=guard)
    done = [seen for seen in env.seen if seen in (0, 1, 2) and seen is not None]
    done = done[1:]  # the first entry is the seed
    assert len(done) == len(asked) == 40
    assert done[::2] == [2] * 20
    agent.gather()
    kept = remembered(agent.workers["Walk"].learner, agent.streams["Walk"])
    assert kept.action[~kept.step.first, 0].tolist() == done
    assert any(int(decided[0]) != action for (_, decided), action in zip(asked, done, strict=True))


def test_a_guard_sees_the_time_step_also_after_a_load(tmp_path: Path) -> None:
    agent = Agent()
    agent.learn("work_toys:Walk-v0", 5)
    newest = agent.workers["work_toys:Walk-v0"].newest
    agent.save(tmp_path)
    seen = []

    def guard(time_step, decision) -> np.ndarray:
        seen.append(time_step)
        return decision.action

    Agent.load(tmp_path).learn("work_toys:Walk-v0", 1, guard=guard)
    assert newest is not None
    assert seen[0].observation.numeric.tolist() == newest.observation.numeric.tolist()
    assert bool(seen[0].first) is False


def test_a_job_without_an_end_fills_no_memory() -> None:
    agent = Agent()
    stint = agent.learn(Endless(), 100)
    log = agent.workers["Endless"].logbook
    assert (stint.episodes, log.length, log.steps) == (0, 100, 100)
    assert np.isnan(stint.online_return)
    assert not any(isinstance(value, list) and len(value) for value in vars(log).values())


def test_ctrl_c_waits_for_the_step_and_loses_nothing(tmp_path: Path) -> None:
    agent = Agent()

    def interrupts(work, time_step, decision) -> None:
        if work.done == 33:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        agent.learn("work_toys:Walk-v0", 100, on_step=interrupts)
    assert agent.workers["work_toys:Walk-v0"].logbook.steps == 33
    agent.learn("work_toys:Walk-v0", 7)
    whole = Agent()
    whole.learn("work_toys:Walk-v0", 40)
    assert agent.workers["work_toys:Walk-v0"].logbook == whole.workers["work_toys:Walk-v0"].logbook


def test_the_second_ctrl_c_does_not_wait() -> None:
    before = signal.getsignal(signal.SIGINT)

    def twice() -> None:
        with deferred_interrupt() as interrupted:
            assert not interrupted()
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupted()
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert signal.getsignal(signal.SIGINT) is before


def test_outside_the_main_thread_nothing_is_held_back() -> None:
    found = []

    def work() -> None:
        with deferred_interrupt() as interrupted:
            found.append(interrupted())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]


def test_what_is_made_here_is_closed_here() -> None:
    class Closes(Walk):
        closed = 0

        def close(self) -> None:
            type(self).closed += 1

    agent = Agent()
    agent.learn(Closes, 3)
    assert Closes.closed == 1
    env: gymnasium.Env = Closes()
    agent.learn(env, 3)
    agent.evaluate(env, 1)
    assert Closes.closed == 1
