"""Which settings are run, and which of them are still to be run."""

from __future__ import annotations

from collections import Counter

import pytest

from trainee.errors import InvalidArgument
from trainee.exams.bsuite import SELECTIONS, groups, selected, steps, unfinished
from trainee.exams.bsuite.sweep import record


def experiments(ids):
    return Counter(one.split("/")[0] for one in ids)


def test_the_full_selection_is_all_but_mnist():
    assert len(selected("full")) == 408
    assert len(experiments(selected("full"))) == 20


def test_the_default_runs_every_distinct_setting_and_five_seeds_where_they_do_not_differ():
    counts = experiments(selected("default"))
    assert counts["catch"] == counts["cartpole"] == counts["bandit"] == counts["discounting_chain"] == 5
    assert counts["catch_noise"] == counts["bandit_scale"] == 5
    assert (counts["deep_sea"], counts["memory_len"], counts["umbrella_length"]) == (21, 23, 23)
    # One of each of the five strengths of noise.
    assert [one for one in selected("default") if one.startswith("catch_noise/")] == [
        f"catch_noise/{i}" for i in (0, 4, 8, 12, 16)
    ]


def test_the_quick_selection_has_most_experiments_and_a_fraction_of_the_steps():
    quick = selected("quick")
    assert set(quick) < set(selected("full"))
    left_out = experiments(selected("default")).keys() - experiments(quick).keys()
    assert left_out == {"cartpole_noise", "cartpole_scale", "cartpole_swingup"}
    assert sum(map(steps, quick)) < sum(map(steps, selected("default"))) / 10


def test_an_unknown_selection_is_refused():
    with pytest.raises(InvalidArgument, match="choose quick, default, full"):
        selected("half")
    assert SELECTIONS == ("quick", "default", "full")


def test_what_is_recorded_to_its_end_is_not_run_again(tmp_path):
    def recorded(bsuite_id, text):
        record(bsuite_id, tmp_path).write_text(text)

    recorded("catch/0", "steps,episode\n9,1\n90000,10000\n")
    recorded("catch/1", "steps,episode\n9,1\n45000,5000\n")
    recorded("catch/2", "steps,episode\n9,1\n45")
    recorded("catch/3", "")
    assert unfinished([f"catch/{i}" for i in range(5)], tmp_path) == [f"catch/{i}" for i in range(1, 5)]


def test_settings_that_look_alike_are_worked_at_side_by_side_the_longest_first():
    ids = ["bandit/0", "deep_sea/1", "deep_sea/9", "memory_len/2", "memory_len/4", "cartpole/0", "cartpole_noise/3"]
    assert groups([*ids, "deep_sea_stochastic/1", "cartpole_swingup/3"]) == [
        ["cartpole/0", "cartpole_noise/3"],
        ["cartpole_swingup/3"],
        ["deep_sea/9"],
        ["deep_sea/1", "deep_sea_stochastic/1"],
        ["memory_len/4", "memory_len/2"],
        ["bandit/0"],
    ]


@pytest.mark.parametrize(
    ("bsuite_id", "about"),
    [("catch_noise/2", 90_000), ("deep_sea/0", 110_000), ("umbrella_length/4", 60_000), ("memory_size/0", 30_000)],
)
def test_steps_of_a_setting(bsuite_id, about):
    assert steps(bsuite_id) == about


def test_every_setting_has_a_length():
    assert all(steps(one) > 0 for one in selected("full"))
