"""What callbacks are told, and those that write."""

from __future__ import annotations

import io
import struct
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from trainee import Agent, Callback
from trainee.errors import MissingExtra
from trainee.life import Logbook, Progress, TensorBoard, Work
from trainee.types import Decision, Observation, TimeStep

WALK = "work_toys:Walk-v0"
ZERO, NO = np.zeros((), np.float32), np.zeros((), bool)
NOTHING = Observation(np.zeros(1, np.float32), np.zeros(0, np.int32), ())
TIME_STEP = TimeStep(NOTHING, ZERO, ZERO, NO, NO)
DECISION = Decision(
    np.zeros(1, np.float32), ZERO, ZERO, np.zeros(2, np.float32), ZERO, ZERO, np.zeros(7, np.float32), ZERO, NO
)


class Tells(Callback):
    """Notes every call, under a name."""

    def __init__(self, name: str, calls: list[tuple]):
        self.name, self.calls = name, calls

    def on_start(self, work: Work) -> None:
        self.calls.append((self.name, "start", work.done))

    def on_step(self, work, time_step, decision) -> None:
        self.calls.append((self.name, "step", work.done))

    def on_episode(self, work, episode) -> None:
        self.calls.append((self.name, "episode", episode.step))

    def on_end(self, work: Work) -> None:
        self.calls.append((self.name, "end", work.done))


def test_the_order_of_calls() -> None:
    calls: list[tuple] = []
    Agent().learn(WALK, 21, callbacks=[Tells("a", calls), Tells("b", calls)])
    of_a = [call[1:] for call in calls if call[0] == "a"]
    steps = [("step", done) for done in range(1, 22)]
    assert of_a == [("start", 0), *steps[:20], ("episode", 20), steps[20], ("end", 21)]
    assert [call[0] for call in calls] == ["a", "b"] * len(of_a)


def test_false_ends_the_stretch_and_nothing_else_does() -> None:
    agent, calls = Agent(), []
    stint = agent.learn(WALK, 50, callbacks=[Tells("a", calls)], on_step=lambda work, *_: work.done < 20)
    assert stint.steps == 20
    assert calls[-2:] == [("a", "episode", 20), ("a", "end", 20)]
    assert agent.learn(WALK, 10, on_step=lambda *_: True).steps == 10
    assert agent.learn(WALK, 10, on_step=lambda *_: None).steps == 10


def test_the_end_is_told_whatever_ends_it() -> None:
    calls: list[tuple] = []

    def stumbles(work, time_step, decision) -> None:
        raise ZeroDivisionError

    agent = Agent()
    with pytest.raises(ZeroDivisionError):
        agent.learn(WALK, 50, callbacks=[Tells("a", calls)], on_step=stumbles)
    assert calls[-1] == ("a", "end", 1)
    assert agent.learn(WALK, 5).steps == 5


def test_a_callback_may_evaluate_in_the_middle_of_work() -> None:
    agent, means = Agent(), []

    def evaluates(work, time_step, decision) -> None:
        if work.done == 10:
            means.append(agent.evaluate(WALK, 2).mean)

    watched = agent.learn(WALK, 25, on_step=evaluates)
    assert len(means) == 1
    assert watched.online_return == Agent().learn(WALK, 25).online_return


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """What a TensorBoard folder holds: step and value by tag. Each record: length, its check, the event, its check."""
    from tensorboardX.proto.event_pb2 import Event

    found: dict[str, list[tuple[int, float]]] = {}
    for file in sorted(folder.glob("events.out.tfevents.*")):
        data = file.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            event = Event.FromString(data[12 : 12 + length])
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
            data = data[16 + length :]
    return found


def test_tensorboard_gets_curves_that_can_be_read_back(tmp_path: Path) -> None:
    agent = Agent()
    writer = TensorBoard(tmp_path, every_steps=10)
    agent.learn(WALK, 30, callbacks=[writer])
    agent.learn(WALK, 30, callbacks=[writer])
    found = {tag.rpartition("/")[2]: values for tag, values in scalars(tmp_path).items()}
    episodes = agent.workers[WALK].logbook.episodes
    assert [step for step, _ in found["return"]] == [20, 40, 60]
    assert [value for _, value in found["return"]] == pytest.approx([episode.total for episode in episodes])
    assert [value for _, value in found["realised"]] == pytest.approx([episode.realised for episode in episodes])
    assert [step for step, _ in found["value"]] == [10, 20, 30, 40, 50, 60]
    assert found.keys() >= {"length", "predicted", "spread"}
    agent.learn(WALK, 20, tensorboard=tmp_path / "other")
    assert scalars(tmp_path / "other")


def test_a_missing_writer_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(
        MissingExtra, match=r"tensorboardX, which is not installed: pip install 'trainee\[tensorboard\]'"
    ):
        Agent().learn(WALK, 10, tensorboard=tmp_path)


def test_the_progress_line() -> None:
    stream = io.StringIO()
    log = Logbook(0.9)
    work = Work("valve", log, 0, 40)
    line = Progress(stream, every_s=1e9)
    for step in range(10):
        log.enter(1.0, 1.0, False, step == 4, 0.0)
        if work.clock is None:
            work.clock = 1, time.perf_counter() - 1.0
        line.on_step(work, TIME_STEP, DECISION)
    line.on_end(work)
    lines = stream.getvalue().split("\r")
    assert len(lines) == 3
    assert lines[1].startswith("valve  step 1/40  recent return nan")
    assert lines[2].startswith("valve  step 10/40  recent return 5.0  9 steps/s  3 s left")
    assert lines[2].endswith("\n")


def test_progress_is_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    Agent().learn(WALK, 5, progress=True)
    assert "step 5/5" in capsys.readouterr().err
