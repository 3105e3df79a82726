"""A guard whose answer is no action: the stretch ends, nothing is learned from it, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from memories import remembered
from trainee import Agent
from trainee.errors import InvalidArgument
from work_toys import Masked, Walk

ANSWERS = {
    "not a number": [np.nan],
    "beyond the last choice": [99.0],
    "two for one": [1.0, 1.0],
    "none": None,
    "a scalar": 1.0,
    "a text": "left",
    "texts": ["1"],
    "ragged": [[1.0], [1.0, 2.0]],
}


def fails_at(step: int, answer):
    """A guard that lets actions pass up to a step, and how often it was asked."""
    asked = []

    def guard(time_step, decision):
        asked.append(decision)
        return decision.action if len(asked) < step else answer

    return guard


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_is_no_action_is_refused_and_the_work_goes_on_from_there(answer) -> None:
    agent, env = Agent(width=8), Walk()
    with pytest.raises(
        InvalidArgument, match=r"worker 'Walk' cannot take the action .* Nothing was done or remembered"
    ):
        agent.learn(env, 20, guard=fails_at(6, answer))
    worker = agent.workers["Walk"]
    assert (worker.logbook.steps, env.time) == (5, 5)
    agent.learn(env, 10)
    assert (worker.logbook.steps, env.time) == (15, 15)
    agent.gather()
    kept = remembered(worker.learner, agent.streams["Walk"])
    done = [seen for seen in env.seen[1:] if seen is not None]
    assert kept.action[~kept.step.first, 0].tolist() == done
    assert kept.step.first.sum() == 1


def test_what_the_mask_forbids_is_refused() -> None:
    def forbidden(time_step, decision):
        return np.float32([int(np.argmin(time_step.action_mask[0, :3]))])

    agent = Agent(width=8)
    with pytest.raises(InvalidArgument, match=r"component 0 is 0.0, which the job's action mask does not allow"):
        agent.learn(Masked(), 20, guard=forbidden)
    worker = agent.workers["Masked"]
    with pytest.raises(InvalidArgument, match="does not allow"):
        worker.overrule(0)
    worker.overrule(2)


def test_a_copy_of_what_was_decided_may_pass_as_it_is() -> None:
    agent = Agent(width=8)
    agent.learn("Pendulum-v1", 10, guard=lambda step, decision: decision.action.tolist())
    assert agent.workers["Pendulum-v1"].logbook.steps == 10
