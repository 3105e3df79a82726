"""Each measure of a life, beside numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from trainee.exams.life import measures
from trainee.exams.life.log import Row
from trainee.exams.life.measures import Range

# Of a job A random play brings 10 and one that does nothing else 110; of B −100 and −50.
RANGES = {"A": Range(10.0, 110.0), "B": Range(-100.0, -50.0)}


def row(job, episodes, examined=None, steps=100):
    return Row(job, job, steps, episodes, examined or {})


def steady(job, total, steps=100, every=10):
    """A turn in which every episode brings the same."""
    return row(job, [(step, total) for step in range(every, steps + 1, every)], steps=steps)


def test_a_score_is_0_for_random_play_and_1_for_who_does_nothing_else():
    assert [RANGES["A"].normalised(value) for value in (10.0, 60.0, 110.0, 0.0)] == pytest.approx([0.0, 0.5, 1.0, -0.1])
    assert RANGES["B"].normalised(-75.0) == 0.5


LIFE = [
    row("A", [], {"A": [100.0, 120.0]}),
    row("B", [], {"A": [60.0], "B": [-60.0]}),
    row("C", [], {"A": [70.0], "B": [-70.0], "C": [3.0]}),
    row("A", [], {"A": [110.0], "B": [-75.0], "C": [3.0]}),
]
SCORES = measures.performance(LIFE, RANGES)


def test_performance_is_of_jobs_with_a_range():
    assert SCORES == [{"A": 1.0}, {"A": 0.5, "B": 0.8}, {"A": 0.6, "B": 0.6}, {"A": 1.0, "B": 0.5}]
    assert measures.average_performance(SCORES) == 0.75
    assert math.isnan(measures.average_performance([{}]))


def test_forgetting_is_measured_before_anything_is_met_again():
    assert measures.first_meetings(LIFE) == [0, 1, 2]
    assert measures.forgotten(LIFE, SCORES) == pytest.approx({"A": 0.4, "B": 0.2})


def test_what_was_met_last_is_not_yet_forgotten():
    assert measures.forgotten(LIFE[:2], SCORES[:2]) == pytest.approx({"A": 0.5})


def test_backward_transfer_is_measured_at_the_end_of_life():
    assert measures.backward_transfer(LIFE, SCORES) == pytest.approx((0.0 - 0.3) / 2)


def test_the_area_is_the_mean_of_the_tenths():
    half = row("A", [(step, 10.0 if step <= 50 else 110.0) for step in range(10, 101, 10)])
    assert measures.area(half, RANGES) == pytest.approx(0.5)
    assert measures.area(half, RANGES, 3) == 0.0
    assert measures.area(steady("A", 60.0), RANGES) == pytest.approx(0.5)
    assert math.isnan(measures.area(row("A", []), RANGES))


def test_forward_transfer_is_beside_new_agents_and_not_of_the_first_job():
    ours, fresh = [steady("A", 10.0), steady("B", -60.0)], [steady("A", 110.0), steady("B", -75.0)]
    assert measures.forward_transfer(ours, fresh, RANGES) == pytest.approx(0.8 - 0.5)
    assert math.isnan(measures.forward_transfer(ours[:1], fresh[:1], RANGES))


def test_plasticity_is_the_areas_together_over_those_of_new_agents():
    ours, fresh = [steady("A", 10.0), steady("B", -70.0)], [steady("A", 110.0), steady("B", -50.0)]
    assert measures.relative_area(ours[:2], fresh[:2], RANGES) == pytest.approx((0.0 + 0.6) / 2)
    assert math.isnan(measures.relative_area(ours[:1], [steady("A", 10.0)], RANGES))


def test_the_online_return_is_over_all_of_life():
    # Three quarters of life at A with a score of 0, then B with 1: seven tenths of 0, one of both, two of 1.
    life = [steady("A", 10.0, 300, 20), steady("B", -50.0, 100, 20)]
    assert measures.online_return(life, RANGES) == pytest.approx((7 * 0 + 0.5 + 2 * 1) / 10)


def test_relearning_is_the_steps_to_nine_tenths_of_the_best():
    first = row("A", [(10 * n, 10.0 if n <= 10 else 110.0) for n in range(1, 41)], steps=400)
    # The best tenth brings 110; the running mean of ten is 100 or more once nine of them bring that.
    second = row("A", [(10 * n, 110.0) for n in range(1, 11)], steps=400)
    assert measures.relearning(first, second, RANGES["A"]) == 0
    later = row("A", [(10 * n, 10.0 if n <= 5 else 110.0) for n in range(1, 21)], steps=400)
    assert measures.relearning(first, later, RANGES["A"]) == pytest.approx(40 / 90)
    never = row("A", [(10 * n, 10.0) for n in range(1, 41)], steps=400)
    assert measures.relearning(first, never, RANGES["A"]) == pytest.approx(400 / 90)
    assert math.isnan(measures.relearning(second, first, RANGES["A"]))
    assert math.isnan(measures.relearning(row("A", [(10, 1.0)]), second, RANGES["A"]))
    assert measures.relearned([first, steady("B", -60.0), later], RANGES) == pytest.approx(40 / 90)
    assert math.isnan(measures.relearned([first], RANGES))


def test_the_best_is_not_the_luck_of_a_few_episodes():
    """Of 400 episodes twenty are looked at at a time, and of the best tenth ten in a row bring far more."""
    first = row("A", [(n, 210.0 if 300 < n <= 310 else 110.0) for n in range(1, 401)], steps=400)
    second = row("A", [(n, 110.0 if n <= 100 else 135.0) for n in range(1, 401)], steps=400)
    # The best is 135, and the bar 122.5: twenty episodes of the first reach it with the third that brings 210, and of
    # the second with ten that bring 135.
    assert measures.relearning(first, second, RANGES["A"]) == pytest.approx(90 / 283)


def test_what_is_gained_at_one_job_makes_up_for_no_loss_at_another():
    assert measures.forgetting({"A": 0.4, "B": -0.6}) == pytest.approx(0.2)
    assert math.isnan(measures.forgetting({}))


def test_what_was_never_better_than_random_play_cannot_be_relearned():
    worse = steady("A", 5.0, steps=400)
    assert math.isnan(measures.relearning(worse, steady("A", 110.0, steps=400), RANGES["A"]))
    assert math.isnan(measures.relearned([worse, steady("B", -60.0), worse], RANGES))
