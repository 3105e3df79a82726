"""What an emotion is worth, in numbers worked out by hand; and how often a verdict is a false alarm."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.exams.emotions.score import (
    AS_WELL,
    COSTS,
    EARNS,
    HELD,
    UNKNOWN,
    Estimate,
    best_setting,
    differences,
    estimate,
    interquartile_mean,
    loss,
    places,
    robustness,
    unit,
    verdict,
)


def flat(value):
    return np.full(4, float(value))


def certain(mean, width=0.01):
    return Estimate(mean, mean - width, mean + width, mean - 2 * width, mean + 2 * width)


def test_the_interquartile_mean_leaves_out_a_quarter_at_either_end():
    assert interquartile_mean(np.array([100.0, 1.0, 2.0, 3.0, 4.0, -50.0, 5.0, 6.0])) == pytest.approx(3.5)
    assert interquartile_mean(np.array([[1.0, 3.0], [5.0, 5.0]])).tolist() == [2, 5]


def test_a_unit_is_what_is_earned_beyond_chance_but_no_less_than_luck():
    assert unit([np.array([9.0, 11.0])], np.array([2.0, 2.0])) == pytest.approx(8)
    assert unit([np.array([-9.0, -11.0])], np.array([-2.0, -2.0])) == pytest.approx(8)
    # Of several arms no one says alone what counts as 1.
    assert unit([flat(9), flat(-1)], flat(2)) == pytest.approx(np.sqrt((49 + 9) / 2))
    # Nothing is learned: seeds of random play scatter by √2 about 1, where the mean is 0.1 away.
    assert unit([np.array([1.1, 1.1])], np.array([0.0, 2.0])) == pytest.approx(np.sqrt(2))
    assert unit([flat(3), flat(3)], flat(3)) == 0


def test_environments_without_anything_to_measure_by_do_not_count():
    intact = {"good": flat(5), "still": flat(1), "endless": flat(np.nan)}
    random = {"good": flat(1), "still": flat(1), "endless": flat(np.nan)}
    assert [(place.name, place.unit) for place in places(intact, random)] == [("good", 4.0)]


def test_a_loss_is_paired_by_seed_and_in_units():
    intact = {"a": np.array([4.0, 6.0, 4.0, 6.0]), "b": flat(10)}
    random = {"a": flat(0), "b": flat(0)}
    found = {"a": intact["a"] - 1, "b": flat(12)}
    where = places(intact, random)
    assert differences(where, intact, found).tolist() == [[0.2] * 4, [-0.2] * 4]
    one = loss("lesion-fear", where, intact, found)
    # Although seeds differ by more than what is lost, each loses the same: the pairs leave no doubt.
    assert one.places["a"] == pytest.approx([0.2] * 5)
    assert (one.won, one.lost) == (1, 1)
    assert one.whole.mean == pytest.approx(0)
    assert one.mean == pytest.approx([0.0] * 5)


def test_what_is_much_at_a_few_environments_is_in_the_plain_mean_alone():
    names = [f"{number}" for number in range(8)]
    intact, random = {name: flat(10) for name in names}, {name: flat(0) for name in names}
    found = {name: flat(0 if name == "0" else 10) for name in names}
    one = loss("lesion-curiosity", places(intact, random), intact, found)
    assert (one.whole.mean, one.mean.mean) == (0.0, 0.125)


def test_intervals_hold_what_seeds_differ_by():
    rng = np.random.default_rng(0)
    one = estimate(rng.normal(0.3, 1, (20, 10)))
    # Of the mean of the middle half of 200 draws the standard error is about 1.1 / √200.
    assert one.high - one.low == pytest.approx(2 * 1.96 * 1.1 / np.sqrt(200), rel=0.2)
    assert one.lower < one.low < one.mean < one.high < one.upper
    assert one.sign == 1


@pytest.mark.parametrize(
    ("lesion", "clamp", "found"),
    [
        (certain(0.2), certain(0.1), EARNS),
        (certain(0.2), certain(0.0), HELD),
        (certain(0.2), certain(-0.1), HELD),
        (certain(0.2), certain(0.0, AS_WELL), UNKNOWN),
        (certain(-0.2), certain(0.1), COSTS),
        (certain(0.0), certain(0.1), UNKNOWN),
    ],
)
def test_verdicts(lesion, clamp, found):
    assert verdict(lesion, clamp) == found


def test_false_alarms_are_as_rare_as_stated():
    """Emotions that do nothing, at 12 environments with 10 seeds each that scatter now and then by very much: of 150,
    1 in 140 may be called something, so that 5 or more have a probability of less than 1 in 100.
    """
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(150):
        intact, lesion, clamp = rng.standard_t(3, (3, 12, 10))
        found = [estimate(intact - arm, resamples=500) for arm in (lesion, clamp)]
        alarms += verdict(*found) != UNKNOWN
    assert alarms < 5


def test_what_is_worth_half_a_standard_deviation_is_seen():
    rng = np.random.default_rng(2)
    intact, lesion, clamp = rng.normal(0, 1, (3, 24, 10))
    assert verdict(estimate(intact + 0.6 - lesion), estimate(intact + 0.6 - clamp)) == EARNS


def test_robustness_is_what_a_disturbance_costs_each():
    where = places({"a": flat(10)}, {"a": flat(0)})
    calm, disturbed = [{"a": flat(10)}, {"a": flat(8)}], [{"a": flat(9)}, {"a": flat(4)}]
    one = robustness("noise", where, calm, disturbed)
    assert (one.intact.mean, one.bare.mean, one.more.mean) == pytest.approx((0.1, 0.4, 0.3))


def test_the_best_setting_is_the_one_that_is_good_everywhere():
    intact, random = {"a": flat(10), "b": flat(100)}, {"a": flat(0), "b": flat(0)}
    # Twice as good at one environment by far the larger in its units is no reason.
    tried = {"broad": {"a": flat(9), "b": flat(90)}, "narrow": {"a": flat(-20), "b": flat(120)}}
    assert best_setting(intact, random, tried) == "broad"
