"""Whole numbers and callbacks that people pass."""

from __future__ import annotations

import numpy as np
import pytest

from trainee import Agent, Callback
from trainee.errors import InvalidArgument
from trainee.life.callbacks import listeners
from trainee.life.whole import whole
from work_toys import Walk


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_a_whole_number_of_any_library_is_one(value) -> None:
    assert type(whole("steps", value, 1, 3)) is int


@pytest.mark.parametrize("value", ["3", None, 3.0, True, np.bool_(True), [3]])
def test_anything_else_is_told(value) -> None:
    with pytest.raises(InvalidArgument, match="episode must be a whole number, not"):
        whole("episode", value)
    with pytest.raises(InvalidArgument, match="steps must be a whole number of 1 or more, not"):
        whole("steps", value, 1)


def test_an_agent_takes_them_from_numpy() -> None:
    agent = Agent(seed=3, width=8)
    assert agent.learn(Walk(), np.int64(45)).steps == 45
    assert len(agent.evaluate(Walk(), np.int8(2), seed=np.int64(5)).returns) == 2
    assert agent.hindsight(np.int64(0)).job == "Walk"
    assert agent.policy("Walk", seed=np.uint16(1)).predict(np.zeros(2, np.float32))[0] in range(3)
    with pytest.raises(InvalidArgument, match="seed must be a whole number from 0 to"):
        agent.evaluate(Walk(), 1, seed=-1)


@pytest.mark.parametrize("callbacks", [[print], [Callback], print, None, "progress"])
def test_what_is_no_callback_is_told(callbacks) -> None:
    with pytest.raises(InvalidArgument, match=r"which is no callback: give instances of trainee\.Callback, and a func"):
        listeners(callbacks)


def test_one_callback_may_stand_alone() -> None:
    callback = Callback()
    assert listeners(callback) == [callback]
    assert listeners(()) == []
