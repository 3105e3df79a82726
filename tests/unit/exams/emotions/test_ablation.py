"""The exam from one end to the other, in one small world and with small agents, broken off and gone on with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainee.errors import DamagedPart, InvalidArgument
from trainee.exams.emotions import (
    Selection,
    Workplace,
    bars,
    chosen,
    lines,
    phases,
    runs_of,
    scored,
    unfinished,
    write_page,
)
from trainee.exams.emotions.environments import Environment
from trainee.exams.emotions.load import Lives, keep, lives, recalled
from trainee.learner import Constants
from trainee.types import EMOTIONS

SMALL = dataclasses.replace(Constants(), heads=3, windows=2, window_steps=3, prior_width=8)
WORKPLACE = Workplace(2, SMALL, 8)
WORLD = Environment("worlds:drift-101", 160)
ARMS = ("lesion-all", "lesion-fear", "clamp-fear", "yoked", "tuned")
ASKED = Selection((WORLD,), ARMS, WORKPLACE)


def worked(home, asked=ASKED, most=1000):
    """Does what is not done, up to so many runs; their names."""
    done = []
    for phase in phases(asked):
        for runs in unfinished(asked, phase, home):
            for run, speed in runs_of(runs, asked, home):
                assert speed > 0
                done.append(run.rpartition("/")[2])
                if len(done) == most:
                    return done
    return done


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("emotions")


@pytest.fixture(scope="module")
def done(home):
    """What was done before it was broken off, and after."""
    return worked(home, most=3), worked(home)


def test_what_was_kept_is_not_done_again(home, done):
    before, after = done
    assert before == ["random", "intact", "lesion-all"]
    tried = ["try-plain", "try-curious", "try-half", "try-mean"]
    assert after == ["lesion-fear", "clamp-fear", "yoked", *tried, "tuned"]
    assert worked(home) == []


def test_an_arm_differs_in_what_is_held_and_in_nothing_else(home, done):
    intact = recalled(ASKED.path(home, WORLD, "intact"), whole=True)
    assert intact.felt.shape == (2, 160, 7)
    assert np.ptp(intact.felt[..., EMOTIONS.index("mood")]) > 0
    again = lives(WORLD, "intact", WORKPLACE)
    assert np.array_equal(again.online, intact.online)
    assert np.array_equal(again.felt, intact.felt)
    assert np.array_equal(recalled(ASKED.path(home, WORLD, "intact")).usual, intact.felt.mean(axis=(0, 1)))
    bare = recalled(ASKED.path(home, WORLD, "lesion-all"))
    assert not np.array_equal(bare.online, intact.online)


def test_the_scores_and_the_page(home, done, tmp_path):
    scores = scored(ASKED, home)
    assert [one.emotion for one in scores.emotions] == ["fear"]
    assert set(scores.losses) == set(ARMS)
    assert scores.setting in ("plain", "curious", "half", "mean")
    assert (scores.seeds, scores.steps, scores.left_out) == (2, 160, [])
    page = write_page(tmp_path / "page.html", scores).read_text(encoding="utf-8")
    assert "worlds:drift-101" in page
    assert scores.emotions[0].verdict in page
    assert "<svg" in page
    head, *rows = (tmp_path / "page.csv").read_text().splitlines()
    assert (head, len(rows)) == ("arm,environment,lost,low,high", 2 * len(ARMS))
    assert any(line.startswith("lesion-fear") for line in lines(scores))
    assert {bar.asked for bar in bars(scores)} >= {"intact agents do better than those without fear"}


@pytest.mark.parametrize("endless", ["random", "yoked"])
def test_where_no_episode_ends_who_does_so_comes_last_and_random_play_says_nothing(home, done, tmp_path, endless):
    wider = dataclasses.replace(ASKED, environments=(WORLD, Environment("worlds:drift-102", 20)), arms=("yoked",))
    for arm in ("random", "intact", "yoked"):
        found = recalled(ASKED.path(home, WORLD, arm))
        keep(wider.path(tmp_path, WORLD, arm), found)
        online = {"random": [0.0, 1.0], "intact": [10.0, 12.0], "yoked": [8.0, 12.0]}[arm]
        online = [np.nan, online[1]] if arm == endless else online
        keep(wider.path(tmp_path, wider.environments[1], arm), found._replace(online=np.array(online)))
    scores = scored(wider, tmp_path)
    if endless == "yoked":
        assert scores.left_out == []
        # The first seed ends no episode: it counts as the worst random play.
        place = scores.places[1]
        assert scores.losses["yoked"].places[place.name].mean == pytest.approx(5 / place.unit)
        return
    assert scores.left_out == ["worlds:drift-102"]
    assert [*scores.losses["yoked"].places] == [place.name for place in scores.places] == ["worlds:drift-101"]
    assert "Left out" in write_page(tmp_path / "page.html", scores).read_text(encoding="utf-8")


def test_what_disturbances_cost_is_told_beside_the_agent_without_emotions(tmp_path):
    asked = dataclasses.replace(ASKED, arms=chosen(["noise-intact"]))
    online = {"random": 0.0, "intact": 10.0, "lesion-all": 8.0, "noise-intact": 9.0, "noise-lesion-all": 4.0}
    for arm, level in online.items():
        found = Lives(np.full(2, level), np.zeros(7, np.float32), np.zeros((0, 0, 7), np.float32))
        keep(asked.path(tmp_path, WORLD, arm), found)
    scores = scored(asked, tmp_path)
    assert [*scores.losses] == ["lesion-all"]
    (one,) = scores.robustness
    unit = np.sqrt((10**2 + 8**2) / 2)
    assert (one.kind, one.intact.mean, one.bare.mean, one.more.mean) == (
        "noise",
        *map(pytest.approx, (1 / unit, 4 / unit, 3 / unit)),
    )
    assert [bar.met for bar in bars(scores)] == [True, True]
    assert any("noise" in line and "0.33 [0.33, 0.33] more" in line for line in lines(scores))


def test_what_depends_on_all_environments_is_not_taken_for_that_of_others(home, done):
    wider = dataclasses.replace(ASKED, environments=(WORLD, Environment("worlds:drift-102", 160)))
    assert unfinished(wider, ("intact", "tuned"), home) == [
        ["worlds:drift-102/intact", "worlds:drift-102/tuned"],
        ["worlds:drift-101/tuned"],
    ]


def test_other_constants_have_another_place(home):
    other = dataclasses.replace(ASKED, workplace=Workplace(2, dataclasses.replace(SMALL, trace=0.5), 8))
    assert other.home(home, 1.0) != ASKED.home(home, 1.0) != ASKED.home(home, 0.5)


def test_what_is_damaged_is_named(home, tmp_path):
    path = tmp_path / "intact.npz"
    path.write_bytes(b"PK")
    with pytest.raises(DamagedPart, match=r"intact\.npz cannot be read"):
        recalled(path)


def test_one_seed_is_too_few():
    with pytest.raises(InvalidArgument, match="2 seeds at least, not 1"):
        Selection((WORLD,), (), Workplace(1))
