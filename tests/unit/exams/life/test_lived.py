"""A life, from turn to turn, over kills and over twins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleets import NESTED, WALK, born
from trainee.errors import HomeInUse, NothingSaved
from trainee.exams.life import load
from trainee.exams.life.load import end_of, lived, worker_at
from trainee.exams.life.log import Row, rows, write_rows
from trainee.exams.life.protocol import Turn
from trainee.jobs.twins import add_twin
from trainee.life import Agent, Episode, Logbook

pytestmark = pytest.mark.long

TWIN = "trainee.jobs.twins:WalkPermuted-v0"
add_twin("WalkPermuted-v0", WALK)
LIFE = [
    Turn(WALK, 45, ((WALK, 2),)),
    Turn(NESTED, 40, ((WALK, 1), (NESTED, 2))),
    Turn(TWIN, 50, ((TWIN, 1),)),
    Turn(WALK, 30, ((WALK, 1), (TWIN, 1))),
]


def whole(folder: Path, turns=LIFE, asleep=False) -> list[Row]:
    return [row for _, row in lived(folder, turns, 3, asleep, born)]


def learned(told: list[Row]) -> list[tuple]:
    """What does not depend on the clock."""
    return [(row.job, row.worker, row.steps, list(row.episodes), dict(row.examined)) for row in told]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> list[Row]:
    return whole(tmp_path_factory.mktemp("life"))


def test_each_turn_is_told_of(undisturbed):
    assert [(row.job, row.steps) for row in undisturbed] == [(turn.job, turn.steps) for turn in LIFE]
    assert [step for step, _ in undisturbed[0].episodes] == [20, 40]
    # What was under way when the turn began was another job's.
    assert [step for step, _ in undisturbed[2].episodes] == [20, 40]
    assert [{job: len(played) for job, played in row.examined.items()} for row in undisturbed] == [
        dict(turn.examined) for turn in LIFE
    ]
    assert all(row.timed_steps == row.steps and row.learning_s > 0 for row in undisturbed)
    assert undisturbed[-1].health["rank"] >= 1
    assert undisturbed[-1].health["norm"] > 0


def test_nobody_says_which_of_two_twins_it_is(undisturbed):
    assert [row.worker for row in undisturbed] == [WALK, NESTED, WALK, WALK]


def test_what_is_done_is_not_done_again(tmp_path, undisturbed):
    life = lived(tmp_path, LIFE, 3, False, born)
    first = [next(life)[1], next(life)[1]]
    with pytest.raises(HomeInUse):
        next(lived(tmp_path, LIFE, 3, False, born))
    life.close()
    told = rows(tmp_path)
    assert learned(told) == learned(first)[: len(told)]
    rest = whole(tmp_path)
    assert learned([*told, *rest]) == learned(undisturbed) == learned(rows(tmp_path))
    assert whole(tmp_path) == []


def test_a_log_without_its_agent_is_no_life_to_go_on_with(tmp_path):
    write_rows(tmp_path, [Row(WALK, WALK, 45, [])])
    with pytest.raises(NothingSaved, match="the log of a life of which 1 turns are done, and no agent"):
        whole(tmp_path)
    assert len(rows(tmp_path)) == 1


def test_a_real_kill_at_any_time(tmp_path, undisturbed):
    program = (
        "import sys; from pathlib import Path; import test_lived; test_lived.load.SAVE_EVERY_S = 0.0\n"
        "test_lived.whole(Path(sys.argv[1]))"
    )
    here = Path(__file__)
    paths = [str(here.parent), str(here.parents[3]), os.environ.get("PYTHONPATH", "")]
    around = {**os.environ, "PYTHONPATH": ":".join(paths)}
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=around)
    while not rows(tmp_path) and child.poll() is None:
        time.sleep(0.01)
    time.sleep(0.3)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert 1 <= len(rows(tmp_path)) < len(LIFE)
    whole(tmp_path)
    assert learned(rows(tmp_path)) == learned(undisturbed)


def test_new_agents_know_nothing_of_earlier_turns(tmp_path, undisturbed):
    turns = [Turn(turn.job, turn.steps, turn.examined, fresh=True) for turn in LIFE]
    life = lived(tmp_path, turns, 3, False, born)
    told = [row for row, _ in zip((row for _, row in life), range(2), strict=False)]
    life.close()
    told += whole(tmp_path, turns)[2 - len(told) :]
    assert learned(told[:1]) == learned(undisturbed[:1])
    assert [row.worker for row in rows(tmp_path)] == [turn.job for turn in LIFE]
    assert Agent.load(tmp_path).seed == 3 + 3 * load.APART


def test_turns_that_end_with_an_episode_go_on_after_a_kill(tmp_path, monkeypatch):
    turns = [Turn(job, 10, whole=True) for _ in range(2) for job in (WALK, TWIN, NESTED)]
    one = whole(tmp_path / "one", turns)
    assert [row.steps for row in one] == [20] * 6
    monkeypatch.setattr(load, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(load, "write_rows", lambda folder, more: None)
    life = lived(tmp_path / "other", turns, 3, False, born)
    for _ in range(4):
        next(life)
    life.close()
    monkeypatch.undo()
    assert learned(whole(tmp_path / "other", turns)) == learned(one)


def test_sleep_belongs_to_the_life_and_is_timed(tmp_path):
    turns = [Turn(WALK, 300), Turn(NESTED, 600)]
    told = whole(tmp_path, turns, asleep=True)
    assert 0 < told[1].asleep_s < told[1].learning_s
    assert (tmp_path / "lessons").exists()


def test_the_end_of_a_turn_is_told_by_the_logbook():
    nothing = float("nan")
    log = Logbook(0.9, 95, [Episode(step, 20, 0.0, nothing, nothing) for step in (20, 40, 60, 80)])
    assert end_of(Turn("A", 30), 40, log) == 70
    assert end_of(Turn("A", 30, whole=True), 40, log) == 80
    assert end_of(Turn("A", 60), 40, log) is None
    assert end_of(Turn("A", 45, whole=True), 40, log) is None
    log.steps = 85 + load.LONGEST_EPISODE
    assert end_of(Turn("A", 45, whole=True), 40, log) == log.steps


def test_who_has_worked_at_the_like_goes_on():
    agent = born()
    agent.learn(WALK, 5)
    assert worker_at(agent, TWIN) is agent.workers[WALK]
    assert worker_at(agent, NESTED) is None
