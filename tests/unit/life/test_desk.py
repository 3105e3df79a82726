"""A desk: it is asked while it is taught, and goes on after a restart as if nothing had been."""

from __future__ import annotations

import json
from contextlib import contextmanager

import jax
import numpy as np
import pytest
from gymnasium import spaces

from desks import Work, words
from homes import differences
from job_events import decided, overridden, rewarded
from learners import SMALL
from trainee import Agent, record
from trainee.errors import UnfitTimeStep
from trainee.jobs import JsonCodec
from trainee.life import Desk, Feed, feed
from trainee.life.saving import checkpoint, named_arrays

# Restartable, with an image, a place that can be met again, and masks: all that an agent keeps of a job is there.
SEEN = spaces.Dict(camera=spaces.Box(0, 255, (4, 4, 1), np.uint8), place=spaces.Discrete(4))
DONE = spaces.Dict(gear=spaces.Discrete(3), gas=spaces.Box(-1, 1, (1,)))
EVERYTHING = {"gear": [1, 1, 1], "gas": None}


def desk(agent=None):
    agent = Agent(seed=1, width=8, constants=SMALL) if agent is None else agent
    return Desk(agent, JsonCodec("valve", SEEN, DONE, masked=True), restartable=True)


def seen(random):
    return {"camera": random.integers(0, 256, (4, 4, 1)).tolist(), "place": int(random.integers(4))}


def mask(random):
    gear = random.integers(0, 2, 3)
    gear[random.integers(3)] = 1
    return {"gear": gear.tolist(), "gas": None}


def worked(work, rounds=60, seed=0):
    """Two episodes at a time, in which much happens."""
    random, names = np.random.default_rng(seed), []
    for t in range(rounds):
        while len(names) < 2:
            names.append(f"{seed}-{t}-{len(names)}")
            work.begin(names[-1])
        name = names[random.integers(2)]
        # Some lines are given up, which then is followed.
        abandon = t % 10 == 7
        work.decide(name, seen(random), mask(random), **({"abandon": True} if abandon else {}))
        if t % 9 == 4:
            work.hear(overridden(name, int(work.events[-1][1]["sequence"]), {"gear": 0, "gas": [0.25]}))
        if not abandon:
            work.reward(name, float(random.choice([0.0, 0.0, 1.0])) if t > rounds // 3 else 0.0)
        if abandon or random.random() < 0.15:
            work.end(name, terminated=not abandon and bool(random.random() < 0.5), seen=seen(random))
            names.remove(name)
    return work


def mind(made):
    """All that a desk's agent has learned, as bytes."""
    arrays = named_arrays(made.gathered().state_of(made.worker))
    return {name: array.tobytes() for name, array in arrays.items()}


def saved(made, told, folder):
    """As a service saves it."""
    now = checkpoint(made.gathered())
    record.save(folder, record.Checkpoint(now.parts, {**now.about, "feed": told.to_json()}))


def restored(folder):
    again = Feed("sum", 0.0)
    again.stand(record.describe(folder).about["feed"])
    return Work(desk(Agent.load(folder)), again)


@pytest.fixture(scope="module")
def warm():
    """A desk that was warmed up, and what was compiled once it was at work."""
    made = desk()
    made.warm_up()
    with compilations() as compiled:
        work = worked(Work(made))
        checkpoint(made.gathered())
        worked(work, rounds=5, seed=1)
    return work, compiled


@contextmanager
def compilations():
    """The compilations that happen within."""
    found, over = [], []

    def listener(event, *_, **__):
        if "compile" in event and not over:
            found.append(event)

    jax.monitoring.register_event_duration_secs_listener(listener)
    yield found
    # It cannot be taken off again in every version of JAX.
    over.append(True)


def test_once_it_is_warm_nothing_is_compiled(warm):
    _, compiled = warm
    assert compiled == []
    with compilations() as seen_otherwise:
        jax.jit(lambda x: x + 1)(np.float32(1))
    assert seen_otherwise


def test_what_is_answered_is_in_the_space_and_allowed(warm):
    work, _ = warm
    decisions = [body for kind, body in work.events if kind == "decided"]
    for body, answer in zip(decisions, work.answers, strict=True):
        assert work.desk.codec.valid(answer.action, body["action_mask"])
        assert json.loads(json.dumps(answer.action, allow_nan=False)) == answer.action
        assert float(answer.decision.propensity) > 0
        assert np.isfinite([float(answer.decision.value), *np.asarray(answer.decision.interval)]).all()
    # Nobody was at work before there was a reward.
    assert any(answer.conduct["spell"] > 0 for answer in work.answers)
    assert {answer.action["gear"] for answer in work.answers} == {0, 1, 2}


def test_a_time_step_is_learned_from_once_and_entered_in_the_logbook(warm):
    work, _ = warm
    log, lessons = work.desk.worker.logbook, [lesson for lesson in passed(work.events) if not lesson.first]
    assert log.steps == len(lessons)
    assert len(log.episodes) == sum(lesson.last or lesson.conduct["abandon"] for lesson in lessons)
    assert any(lesson.conduct["abandon"] for lesson in lessons)
    assert log.unfit == 0


def passed(events):
    made = Feed("sum", 0.0)
    return [lesson for event in events for lesson in made.take(*event)]


@pytest.mark.parametrize(("turn_steps", "at"), [(10_000, 90), (4, 61)])
def test_after_a_restart_it_becomes_the_same_one(tmp_path, monkeypatch, warm, turn_steps, at):
    monkeypatch.setattr(feed, "TURN_STEPS", turn_steps)
    whole = Work(desk())
    events = warm[0].events
    for event in events[:at]:
        whole.hear(event)
    saved(whole.desk, whole.feed, tmp_path / "then")
    again = restored(tmp_path / "then")
    assert whole.feed.waiting == again.feed.waiting > 0
    for event in events[at:]:
        whole.hear(event)
        again.hear(event)
    for work, name in ((whole, "whole"), (again, "again")):
        saved(work.desk, work.feed, tmp_path / name)
    assert whole.desk.worker.logbook.steps > 40
    assert differences(tmp_path / "whole", tmp_path / "again") == []
    # And decides the same from then on.
    answers = [work.desk.ask(work.desk.blank, None, work.desk.example(), words("x", 0)) for work in (whole, again)]
    assert answers[0].action == answers[1].action
    assert answers[0].conduct == answers[1].conduct


def test_to_ask_between_lessons_changes_nothing_of_what_is_learned(warm):
    alone, made = desk(), desk()
    answer = made.ask(made.blank, None, made.example(), words("a", 0))
    for n, lesson in enumerate(passed(warm[0].events)):
        alone.teach(lesson)
        made.teach(lesson)
        step = made.codec.heard(seen(np.random.default_rng(n)), 0.0, False, False, False, EVERYTHING)
        answer = made.ask(answer.underway, answer.action, step, words("a", n + 1))
        assert made.codec.valid(answer.action, EVERYTHING)
    assert mind(made) == mind(alone)


def test_what_was_copied_is_not_what_it_learns_since(warm):
    made, lessons = desk(), passed(warm[0].events)
    held = named_arrays(made.gathered().state_of(made.worker))
    copied = {name: np.array(array) for name, array in held.items()}
    before = {name: array.tobytes() for name, array in copied.items()}
    for lesson in lessons:
        made.teach(lesson)
    assert {name: array.tobytes() for name, array in copied.items()} == before
    changed = [name for name, array in before.items() if array != mind(made)[name]]
    assert "stream/replay/written" in changed


class TestUnfit:
    def test_what_a_program_says_is_refused_with_its_place(self, warm):
        made, good = warm[0].desk, seen(np.random.default_rng(0))
        for told, why in [
            ((good, float("nan"), EVERYTHING), "reward is nan"),
            (({**good, "place": 4}, 0.0, EVERYTHING), r"observation\['place'\] is 4"),
            (({**good, "camera": [[0]]}, 0.0, EVERYTHING), r"observation\['camera'\] has shape"),
            ((good, 0.0, None), "action_mask is missing"),
            ((good, 0.0, {"gear": [0, 0, 0], "gas": None}), r"action_mask\['gear'\] allows nothing"),
            ((good, 0.0, {"gear": "all"}), "action_mask is"),
        ]:
            observation, reward, allowed = told
            with pytest.raises(UnfitTimeStep, match=why):
                made.codec.heard(observation, reward, False, False, False, allowed)
        for action in (
            None,
            {"gear": 3, "gas": [0.0]},
            {"gear": 0, "gas": [1.5]},
            {"gear": 0, "gas": [None]},
            [0, [0.0]],
        ):
            with pytest.raises(UnfitTimeStep, match="action"):
                made.codec.heard_action(action)
            assert not made.codec.valid(action, EVERYTHING)
        assert not made.codec.valid({"gear": 1, "gas": [0.0]}, {"gear": [1, 0, 1], "gas": None})
        assert not made.codec.valid({"gear": 1, "gas": [0.0]}, {"gear": [1, 2, 1], "gas": None})
        assert made.codec.alike({"gear": 1, "gas": [0.01]}, {"gear": 1, "gas": [0.0]})
        assert not made.codec.alike({"gear": 1, "gas": [1.0]}, {"gear": 1, "gas": [0.0]})

    def test_a_lesson_that_is_unfit_is_left_out_and_links_nothing(self):
        made = desk()
        work, random = Work(made), np.random.default_rng(0)
        work.begin("a")
        for _ in range(4):
            work.decide("a", seen(random), EVERYTHING)
            work.reward("a", 0.5)
        _, body = decided("a", 4, {"gear": 0, "gas": [0.0]}, {"camera": None}, EVERYTHING)
        with pytest.raises(UnfitTimeStep):
            work.hear(("decided", body))
        assert (made.worker.broken, made.worker.logbook.unfit, made.worker.logbook.steps) == (True, 1, 3)
        work.hear(rewarded("a", 4, 0.5))
        work.hear(decided("a", 5, {"gear": 0, "gas": [0.0]}, seen(random), EVERYTHING))
        # The episode goes on in the logbook, as it does at the job.
        log = made.worker.logbook
        assert (made.worker.broken, log.steps, log.length, log.total) == (False, 4, 4, 2.0)
        work.hear(rewarded("a", 5, 0.5))
        work.hear(decided("a", 6, {"gear": 0, "gas": [0.0]}, seen(random), EVERYTHING))
        assert (log.steps, log.length) == (5, 5)
