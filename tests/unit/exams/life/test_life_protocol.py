"""What is met when, and what is examined."""

from __future__ import annotations

from collections import Counter

import pytest

from trainee.errors import InvalidArgument
from trainee.exams.life import ARMS, Selection, lives, scaled, steps, unfinished, unions
from trainee.exams.life.log import Played, Row, write_played, write_rows
from trainee.exams.life.protocol import PERMUTED, SWAPPED, jointly, life, small, worker
from trainee.exams.life.sweep import turns


def test_at_full_scale_it_is_twelve_jobs_and_the_first_three_again_and_new_ones_at_last():
    exam = scaled()
    assert len(exam.names) == len(set(exam.names)) == 12
    assert [steps for _, steps in exam.jobs] == [1_000_000] * 4 + [200_000] * 4 + [150_000] * 2 + [200_000, 1_000_000]
    turns = life(exam)
    assert [turn.job for turn in turns] == [*exam.names, *exam.names[:3], *(job for job, _ in exam.new)]
    assert len(set(exam.every)) == 15
    assert [turn.examined for turn in turns[-3:]] == [((job, 100),) for job, _ in exam.new]
    assert not any(turn.fresh or turn.whole for turn in turns)


def test_every_job_so_far_is_played_after_each_turn_longest_when_new_and_at_the_end():
    exam = scaled()
    turns = life(exam)
    assert turns[0].examined == ((exam.names[0], 100),)
    assert dict(turns[4].examined) == {**dict.fromkeys(exam.names[:4], 20), "CartPole-v1": 100}
    for end in (turns[11], turns[14]):
        assert dict(end.examined) == dict.fromkeys(exam.names, 100)


def test_at_a_small_scale_episodes_still_end():
    assert {job: steps for job, steps in scaled(scale=0.001).jobs if job.startswith(("MinAtar", "Acro", PERMUTED))} == {
        "MinAtar/Breakout-v1": 5_000,
        "MinAtar/Asterix-v1": 5_000,
        "MinAtar/SpaceInvaders-v1": 5_000,
        "MinAtar/Freeway-v1": 5_000,
        "Acrobot-v1": 2_000,
        PERMUTED: 5_000,
    }


def test_twins_are_with_different_workers_of_the_fleet():
    exam = scaled()
    dealt = [[turn.job for turn in worker(exam, number)] for number in range(1, 5)]
    assert [len(jobs) for jobs in dealt] == [3] * 4
    assert sorted(job for jobs in dealt for job in jobs) == sorted(exam.names)
    for pair in ({SWAPPED, "CartPole-v1"}, {PERMUTED, "MinAtar/Breakout-v1"}):
        assert not any(pair <= set(jobs) for jobs in dealt)


def test_all_jobs_at_once_take_as_many_steps_and_are_played_at_the_end():
    exam = scaled(scale=0.1)
    turns, asked = jointly(exam), Counter()
    for turn in turns:
        asked[turn.job] += turn.steps
    assert asked["CartPole-v1"] == 20_000
    assert asked["MinAtar/Breakout-v1"] == 200_000
    assert all(turn.whole for turn in turns)
    assert [bool(turn.examined) for turn in turns] == [False] * (len(turns) - 1) + [True]
    assert {turn.job for turn in turns[:12]} == set(exam.names)


def test_small_jobs_are_all_different():
    exam = scaled()
    assert len({turn.job for turn in small(exam)}) == 200
    assert all(turn.fresh for turn in small(exam, fresh=True))


def asked(**changes):
    return Selection(
        scaled(quick=True), **{"arms": ARMS, "seeds": (0, 7), "parts": ("life", "fleet", "small"), **changes}
    )


def test_new_agents_are_run_in_any_case_and_merges_only_for_a_fleet():
    assert lives(asked(arms=("ours",), parts=("life",), seeds=(7,))) == ["random", "life/ours/7", "life/resets/7"]
    assert unions(asked(arms=("ours",), parts=("life",))) == []
    assert unions(asked(arms=("ours", "TIES"), parts=("fleet",))) == [
        f"union/{arm}/{seed}" for seed in (0, 7) for arm in ("ours", "TIES")
    ]
    workers = [f"fleet/worker-{number}/7" for number in (1, 2)]
    assert lives(asked(arms=("TIES",), parts=("fleet",), seeds=(7,))) == ["random", *workers]


def test_what_is_logged_is_not_run_again(tmp_path):
    choice = asked(arms=("ours",), parts=("life",), seeds=(7,))
    exam, names = choice.exam, lives(choice)
    every = unfinished(choice, names, tmp_path)
    assert [len(runs) for runs in sorted(every, key=len)] == [1, 6, 6]
    write_rows(tmp_path / "life/ours/7", [Row("A", "A", 1, [])] * 3)
    for job in exam.every:
        write_played(tmp_path / "random", Played(job, [0.0]))
    left = unfinished(choice, names, tmp_path)
    assert left[1] == ["life/ours/7#3", "life/ours/7#4", "life/ours/7#5"]
    assert [steps(exam, run) for run in left[1]] == [turn.steps for turn in turns(exam, "life/ours/7")[3:]]


@pytest.mark.parametrize(("changes", "message"), [({"arms": ("hers",)}, "no arm 'hers'"), ({"seeds": ()}, "one seed")])
def test_what_cannot_be_asked_for(changes, message):
    with pytest.raises(InvalidArgument, match=message):
        asked(**changes)
