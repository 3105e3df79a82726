"""The difference between two arms, by numbers worked out by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from trainee.errors import InvalidArgument
from trainee.release.bounds import LOWER, UPPER, reach
from trainee.release.contrast import BLOCK, LEAST, SEEN, Contrast, bounds, entered, estimated


def after(episodes, share=0.5):
    contrast = Contrast(share)
    for canary, total in episodes:
        contrast = entered(contrast, canary, total)
    return contrast


def in_turn(canary, serving):
    return [pair for both in zip(canary, serving, strict=True) for pair in ((True, both[0]), (False, both[1]))]


def noisy(count, difference=0.0, seed=0):
    draws = np.random.default_rng(seed)
    return in_turn((draws.normal(size=count) + difference).tolist(), draws.normal(size=count).tolist())


def test_an_estimate_by_hand():
    # Means 2 and 4; weight 2·2/4; variances 2 and 8, each halved: √(1 + 4).
    estimate = estimated(after([(True, 1.0), (False, 2.0), (True, 3.0), (False, 6.0)]))
    assert (estimate.difference, estimate.weight) == (-2.0, 1.0)
    assert estimate.error == pytest.approx(math.sqrt(5))
    assert estimate.deviation == pytest.approx(math.sqrt(8))


def test_a_canary_that_varies_less_is_taken_to_vary_as_the_others_do():
    # Own: 2/2 + (8/3)/4 = 5/3. Shared: (2 + 8)/4 · 6/8 = 15/8.
    episodes = [(True, 1.0), (True, 3.0), *((False, total) for total in (2.0, 6.0, 4.0, 4.0))]
    assert estimated(after(episodes)).error == pytest.approx(math.sqrt(15 / 8))


def test_a_canary_that_varies_more_is_taken_at_its_own_variance():
    # Own: 18/2 + (8/3)/4 = 29/3. Shared: (18 + 8)/4 · 6/8 = 39/8.
    episodes = [(True, 0.0), (True, 6.0), *((False, total) for total in (2.0, 6.0, 4.0, 4.0))]
    assert estimated(after(episodes)).error == pytest.approx(math.sqrt(29 / 3))


def test_what_changes_from_block_to_block_for_both_alike_cancels_out():
    levels = [0.0] * BLOCK + [1000.0] * BLOCK
    contrast = after(in_turn([level - 1 for level in levels], levels))
    assert contrast.canary.block.count == contrast.serving.block.count == 0
    assert contrast.weight == BLOCK
    estimate = estimated(contrast)
    assert (estimate.difference, estimate.error, estimate.deviation) == (-1.0, 0.0, 0.0)
    assert contrast.canary.mean == 499.0


def test_a_block_goes_on_until_both_arms_are_in_it():
    contrast = after([(False, float(total)) for total in range(100)] + [(True, 1.0)] * (BLOCK - 1))
    assert (contrast.serving.block.count, contrast.canary.block.count) == (100, BLOCK - 1)
    assert entered(contrast, True, 1.0).serving.block.count == 0


@pytest.mark.parametrize("episodes", [[], [(True, 1.0)] * 30, [(False, 1.0)] * 30])
def test_one_arm_alone_shows_no_difference(episodes):
    contrast = after(episodes)
    assert math.isnan(estimated(contrast).difference)
    assert bounds(contrast) == (-math.inf, math.inf)


def test_there_are_no_bounds_before_ten_of_each():
    episodes = noisy(LEAST)
    assert bounds(after(episodes[:-1])) == (-math.inf, math.inf)
    contrast = after(episodes)
    now = estimated(contrast)
    low, high = bounds(contrast)
    assert low == pytest.approx(now.difference - reach(now.weight, 0.5, LOWER) * now.error)
    assert high == pytest.approx(now.difference + reach(now.weight, 0.5, UPPER) * now.error)


def test_bounds_never_widen_once_fifty_of_each_were_seen():
    contrast, narrowest = after(noisy(SEEN)), (-math.inf, math.inf)
    for canary, total in noisy(300, seed=1):
        contrast = entered(contrast, canary, total)
        low, high = bounds(contrast)
        assert narrowest[0] <= low <= high <= narrowest[1]
        narrowest = low, high


def test_bounds_of_what_never_varied_are_not_held_against_what_comes():
    same = after(in_turn([5.0] * SEEN, [5.0] * SEEN))
    assert bounds(same) == (0.0, 0.0)
    for canary, total in [(True, 0.0), (False, 5.0), (True, 5.0), (False, 5.0)]:
        same = entered(same, canary, total)
    low, high = bounds(same)
    assert low < -0.1 < 0 < high


def test_a_return_shows_no_difference_before_it_shows_a_deviation():
    # Beside returns that never varied, the first of a block would be worse for sure.
    contrast = after([*in_turn([5.0] * 2 * BLOCK, [5.0] * 2 * BLOCK), (True, 4.0), (False, 5.0)])
    assert bounds(contrast) == (0.0, 0.0)
    assert estimated(contrast).deviation == 0.0
    contrast = entered(entered(contrast, True, 5.0), False, 5.0)
    # The block's means differ by a half and weigh 1 of 11. Squares of ½, of which 38 are free.
    assert estimated(contrast).difference == pytest.approx(-0.5 / 11)
    assert estimated(contrast).error == pytest.approx(math.sqrt(0.5 / 38 / 11))
    assert bounds(contrast)[0] < 0 < bounds(contrast)[1]


@pytest.mark.parametrize("total", [math.nan, math.inf, -math.inf, 1e200])
def test_a_return_that_cannot_be_compared_is_refused(total):
    with pytest.raises(InvalidArgument, match="return of an episode is"):
        entered(Contrast(0.5), True, total)


@pytest.mark.parametrize("share", [0.0, 1.0, math.nan])
def test_a_share_without_two_arms_is_refused(share):
    with pytest.raises(InvalidArgument, match="share of a canary is"):
        Contrast(share)


def test_returns_as_large_as_there_may_be_give_no_wrong_bounds():
    low, high = bounds(after(in_turn([1e100, -1e100] * 20, [-1e100, 1e100] * 20)))
    assert low < 0 < high


def test_written_and_read_it_goes_on_as_if_nothing_had_been():
    episodes = noisy(130)
    whole, half = after(episodes), after(episodes[:131])
    again = Contrast.from_json(json.loads(json.dumps(half.to_json(), allow_nan=False)))
    assert again == half
    for canary, total in episodes[131:]:
        again = entered(again, canary, total)
    assert again == whole
    assert Contrast.from_json(Contrast(0.5).to_json()) == Contrast(0.5)


def test_what_is_kept_does_not_grow():
    assert len(json.dumps(after(noisy(3000)).to_json())) < 1000
