"""Drift: seldom told of where there is none, soon told of where there is."""

from __future__ import annotations

import numpy as np
import pytest

from serving import Served
from trainee.record.events import Event
from trainee.serve import drift
from trainee.serve.board import JobEntry
from trainee.serve.drift import Drift

LOW, HIGH = -1.0, 1.0


def first_alarm(returns, most):
    watch = Drift()
    return next((n for n in range(1, most + 1) if watch.met(next(returns), LOW, HIGH)), most)


def beyond(random, share, side=-2.0):
    while True:
        yield side if random.random() < share else 0.0


def test_where_no_more_lie_beyond_than_are_usual_alarms_are_as_rare_as_is_said():
    # Cut at four times what is promised, the mean of 400 runs is 2,700 with a deviation of 100: that it is below 1,800
    # by chance happens less than once in a million.
    random, most = np.random.default_rng(0), 4 * drift.EPISODES
    runs = [first_alarm(beyond(random, drift.USUAL), most) for _ in range(400)]
    assert np.mean(runs) > 0.9 * drift.EPISODES
    assert min(first_alarm(beyond(random, 0.1), most) for _ in range(40)) == most


@pytest.mark.parametrize(("side", "said"), [(-2.0, "less"), (2.0, "more")])
@pytest.mark.parametrize(("share", "within"), [(1.0, 9), (0.8, 40)])
def test_where_many_do_it_is_told_soon(side, said, share, within):
    random = np.random.default_rng(1)
    late = sum(first_alarm(beyond(random, share, side), 1_000) > within for _ in range(200))
    assert late <= 10
    watch, words, source = Drift(), None, beyond(random, 1.0, side)
    while words is None:
        words = watch.met(next(source), LOW, HIGH)
    assert words == f"returns come to {said} than was expected"
    # And not again with the next one.
    assert watch.met(side, LOW, HIGH) is None


def test_it_is_told_to_who_asks(plant: Served):
    mark = {"at": 1.0, "kind": "drift", "text": "returns come to less than was expected"}
    plant.on_loop(lambda: plant.service.jobs["plant"].marks.append(mark))
    # What is answered is compared with the document.
    assert mark in plant.view()["marks"]


def test_it_is_marked_at_the_job_where_its_own_version_decided():
    job, seq = JobEntry({"job": "plant", "rewards": "sum", "default_reward": 0.0}, 0.0), 0

    def tell(kind, **body):
        nonlocal seq
        seq += 1
        job.take(Event(seq, float(seq), kind, "plant", body, None, None))

    def episode(name, reward, source="agent"):
        tell("episode_begun", episode=name, version="live", stage="full", release=None)
        conduct = {"discount": 0.9, "value": 1.0}
        more = {"action": 0, "event_id": "0", "value": 1.0, "interval": [0.5, 1.5], "fallback": None}
        tell("decided", episode=name, decision=f"{name}.0", sequence=0, source=source, conduct=conduct, **more)
        told = {"reward_id": "r", "value": reward, "observed_at": 0.0, "final": True, "of": None, "late": False}
        tell("rewarded", decision=f"{name}.0", **told)
        tell("episode_ended", episode=name, terminated=True, truncated=False, lost=False, conduct=None)

    for n in range(30):
        episode(f"good{n}", 1.0)
        episode(f"person{n}", 0.0, "person")
    assert list(job.marks) == []
    for n in range(12):
        episode(f"bad{n}", 0.0)
    (mark,) = job.marks
    assert (mark["kind"], mark["text"]) == ("drift", "returns come to less than was expected")
