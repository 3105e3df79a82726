"""Scores and the page of lives whose logs were written by hand: perfect, forgetful, hopeless, and none at all."""

from __future__ import annotations

import dataclasses
import math
import re
import xml.etree.ElementTree as ElementTree

import pytest

from trainee.errors import InvalidArgument, SaveFailed
from trainee.exams.life import ARMS, Selection, scaled, scored, verdicts, write_page
from trainee.exams.life.heatmap import short
from trainee.exams.life.log import Played, Row, write_played, write_rows
from trainee.exams.life.score import ALONE, MEASURES, _ranges, estimate
from trainee.exams.life.small import windows
from trainee.exams.life.sweep import turns

EXAM = scaled(quick=True)
HOPELESS = EXAM.names[1]
TURNS = turns(EXAM, "life/ours/0")
SEEDS = (3, 4)
# Student's t of one degree of freedom, two-sided.
T_1 = 12.7062


def asked(*parts):
    return Selection(EXAM, ARMS, SEEDS, parts)


def steady(total, steps=100):
    return [(step, total) for step in range(5, steps + 1, 5)]


def life(home, name, score, online):
    """A life in which `score(turn, job)` is what is played, and `online(turn)` what is earned; random play brings 0."""
    done = []
    for number, turn in enumerate(turns(EXAM, name)):
        played = {job: [float(score(number, job))] * 15 for job, _ in turn.examined}
        done.append(Row(turn.job, turn.job, 100, steady(float(online(number))), played, 100, 2.0, 0.5, 1.0))
    write_rows(home / name, done)


def met_at(job):
    return EXAM.names.index(job)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Alone an agent comes to 100 at every job but the hopeless one. Ours keeps all of it, fine-tuning the newest."""
    root = tmp_path_factory.mktemp("life")
    for job in EXAM.every:
        write_played(root / "random", Played(job, [0.0] * 15))
    for seed in SEEDS:
        new = lambda number, job: 100 * (TURNS[number].job == job and job != HOPELESS)  # noqa: E731
        life(root, f"life/resets/{seed}", new, lambda number: 50.0)
        life(root, f"life/ours/{seed}", lambda number, job: 100, lambda number: 40.0 if number < 4 else 90.0)
        life(root, f"life/fine-tuning/{seed}", new, lambda number: 25.0)
        life(root, f"life/all jobs jointly/{seed}", lambda number, job: 50, lambda number: 10.0)
        for number in (1, 2):
            life(root, f"fleet/worker-{number}/{seed}", lambda number, job: 100, lambda number: 0.0)
        for job in EXAM.names:
            write_played(root / f"union/ours/{seed}", Played(job, [99.0] * 15, size=220, largest=200))
            write_played(root / f"union/TIES/{seed}", Played(job, [], "left out & gone"))
    return root


@pytest.fixture(scope="module")
def scores(home):
    return scored(asked("life", "fleet"), home)


def means(scores, arm):
    return {name: one.mean for name, one in scores.arms[arm].items() if not math.isnan(one.mean)}


def test_a_job_that_nobody_learns_alone_is_left_out(scores):
    assert scores.left_out == (HOPELESS,)
    assert {job: (span.random, span.alone) for job, span in scores.ranges.items()} == {
        job: (0.0, 100.0) for job in EXAM.every if job != HOPELESS
    }


@pytest.mark.parametrize(("learned", "counts"), [((100, 90, 0), True), ((100, 0, 0), False), ((100, 0), False)])
def test_a_job_counts_that_more_than_half_of_the_agents_learn(learned, counts):
    fresh = {seed: [Row("A", "A", 100, steady(0.0), {"A": [float(end)] * 15})] for seed, end in enumerate(learned)}
    assert ("A" in _ranges(fresh, {"A": [0.0] * 15})) == counts


def test_a_perfect_life(scores):
    assert means(scores, "ours") == pytest.approx(
        {
            "average performance": 1.0,
            "forgetting": 0.0,
            "worst forgetting": 0.0,
            "backward transfer": 0.0,
            "forward transfer": -0.1,
            # Five turns of as many steps; of the second nothing counts, and the first part goes on for it.
            "online return": 0.5,
            "plasticity": 1.8,
        }
    )
    # What was done as well from the first step on cannot be learned again.
    assert {name: one.seeds for name, one in scores.arms["ours"].items()} == dict.fromkeys(MEASURES, 2) | {
        "relearning": 0
    }
    assert [each.verdict for each in scores.kept["ours"]] == ["passed"] * 4


def test_a_forgetful_life(scores):
    assert means(scores, "fine-tuning") == pytest.approx(
        {
            "average performance": 1 / 3,
            "forgetting": 1.0,
            "worst forgetting": 1.0,
            # Of the three jobs that count the first is met again and known again at the end.
            "backward transfer": -2 / 3,
            "forward transfer": -0.25,
            "online return": 0.25,
            "plasticity": 0.5,
        }
    )
    verdicts = {each.job: each.verdict for each in scores.kept["fine-tuning"]}
    assert verdicts[HOPELESS] == "learned nothing"
    assert verdicts[EXAM.names[2]] == "failed"


def test_seeds_that_differ_are_not_so_many_episodes(tmp_path):
    """One seed keeps all and one nine tenths: what is retained is hardly known, however many episodes each has."""
    for job in EXAM.every:
        write_played(tmp_path / "random", Played(job, [0.0] * 15))
    for seed, end in zip(SEEDS, (100, 90), strict=True):
        last = len(EXAM.met) - 1
        life(tmp_path, f"life/ours/{seed}", lambda n, job, end=end, last=last: end if n == last else 100, lambda n: 0)
    for each in scored(asked("life"), tmp_path).kept["ours"]:
        assert (each.retained, each.verdict) == (0.95, "inconclusive")
        assert (each.low, each.high) == pytest.approx((0.95 - 0.05 * T_1, 0.95 + 0.05 * T_1), abs=1e-5)


def test_one_agent_per_job_and_all_jobs_at_once(scores):
    assert means(scores, ALONE) == pytest.approx({"average performance": 1.0, "online return": 0.5})
    assert means(scores, "all jobs jointly") == pytest.approx({"average performance": 0.5, "online return": 0.1})


def test_a_merge_is_measured_by_the_gates_formula(scores):
    assert [(each.retained, each.verdict) for each in scores.unions["ours"]] == [(0.99, "passed")] * 4
    assert [each.retained for each in scores.unions["TIES"]] == [0.0] * 4
    assert scores.union_notes["TIES"] == dict.fromkeys(EXAM.names, "left out & gone")
    assert "weight averaging" not in scores.unions


def test_the_bars_are_of_what_sleeps_and_of_its_merge(scores):
    found = {bar.asked: (bar.found, bar.met) for bar in verdicts(scores)}
    assert found == {
        "forgetting at most 0.05": ("0.00 [0.00, 0.00]", True),
        "worst forgetting at most 0.15": ("0.00 [0.00, 0.00]", True),
        "forward transfer at least 0": ("−0.10 [−0.10, −0.10]", False),
        "relearning at most 0.2": ("could not be measured", False),
        "plasticity at least 0.95": ("1.80 [1.80, 1.80]", True),
        "merged, of every job at least 0.98 is retained, and 0.95 for sure": (
            f"{EXAM.names[1]}: 0.990 [0.990, 0.990]",
            True,
        ),
        "merged, at most 1.1 times the largest worker's agent": ("1.10 times", True),
        "sleep takes at most 20% of the time": ("25%", False),
    }


def test_what_is_not_known_of_a_merge_does_not_pass(scores):
    jobs = [dataclasses.replace(each, retained=math.nan) if n else each for n, each in enumerate(scores.unions["ours"])]
    (bar,) = [
        one
        for one in verdicts(dataclasses.replace(scores, unions={"ours": jobs}))
        if one.asked.startswith("merged, of")
    ]
    assert not bar.met
    assert "nan" in bar.found


def test_what_it_took(scores):
    cost = scores.costs["ours"]
    assert (cost.steps_per_second, cost.asleep, cost.learning_s, cost.examining_s) == (50.0, 0.25, 20.0, 10.0)


def test_a_life_that_is_not_over_is_not_scored(home, tmp_path):
    assert "ours" not in scored(asked("fleet"), home).arms
    write_played(tmp_path / "random", Played(EXAM.names[0], [0.0]))
    write_rows(tmp_path / "life/ours/3", [Row(EXAM.names[0], "A", 1, [])])
    empty = scored(asked("life", "fleet", "small"), tmp_path)
    assert (empty.arms, empty.maps, empty.unions, empty.windows) == ({}, {}, {}, {})
    assert "<h1>" in write_page(tmp_path / "page.html", empty, asked("life")).read_text()


def test_nothing_at_all_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="nothing is logged in"):
        scored(asked("life"), tmp_path)


def test_an_interval_needs_two_seeds():
    one = estimate([0.5, float("nan")])
    assert (one.mean, one.seeds) == (0.5, 1)
    assert math.isnan(one.low)
    both = estimate([0.0, 1.0])
    assert (both.low, both.mean, both.high) == pytest.approx((0.5 - T_1 / 2, 0.5, 0.5 + T_1 / 2), abs=1e-4)
    assert estimate([]).seeds == 0


def test_small_jobs_are_told_of_in_parts_beside_new_agents():
    def row(total, end, rank):
        episodes = [(step, total if step < 50 else end) for step in range(10, 101, 10)]
        return Row("J", "J", 100, episodes, health={"rank": rank})

    fresh = {0: [row(0.0, 10.0, 8.0) for _ in range(20)]}
    ours = {0: [row(0.0, 10.0, 8.0)] * 10 + [row(0.0, 5.0, 4.0)] * 10}
    first, second = windows(ours, fresh)
    assert (first.first, first.last, first.relative, first.health) == (1, 10, 1.0, {"rank": 8.0})
    assert (second.first, second.last, second.relative, second.health) == (11, 20, 0.5, {"rank": 4.0})
    assert windows(ours, {}) == []


def test_the_page_stands_by_itself_and_follows_its_colours(scores, tmp_path):
    page = write_page(tmp_path / "new" / "page.html", scores, asked("life", "fleet")).read_text()
    for words in ("The life of ours", "The life of fine-tuning", "A fleet merged: TIES", "left out &amp; gone", ALONE):
        assert words in page
    assert not re.findall(r"https?://(?!www\.w3\.org)", page)
    drawings = re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        texts = {text.text for text in ElementTree.fromstring(drawing).iter("text")}
        assert {short(job) for job in EXAM.names} <= texts
        assert not re.findall(r"(?:stroke|fill): #", drawing), "a colour that would not follow the page's"
    assert "1.00" in drawings[0]
    rows = (tmp_path / "new" / "page.csv").read_text().splitlines()
    assert rows[0] == "arm,measure,mean,low,high,seeds"
    assert "ours,worst forgetting,0.0000,0.0000,0.0000,2" in rows


def test_a_page_that_cannot_be_written(scores, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed, match="could not be written"):
        write_page(tmp_path / "file" / "page.html", scores, asked("life"))
