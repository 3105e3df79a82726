"""Which episodes are the canary's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trainee.errors import InvalidArgument
from trainee.release import arm

NAMES = [f"episode {number}" for number in range(4000)]
PINNED = [False, True, True, False, True, False, False, False]


def test_an_episode_stays_where_it_is():
    # Pinned: an episode that is under way must not change sides when the service is brought up to date.
    assert [arm("r1", name, 0.5) for name in NAMES[:8]] == PINNED


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 0.9])
def test_the_share_is_kept(share):
    count = sum(arm("r1", name, share) for name in NAMES)
    # Four standard deviations.
    assert abs(count - share * len(NAMES)) < 4 * math.sqrt(len(NAMES) * share * (1 - share))


def test_neighbours_have_nothing_to_do_with_each_other():
    drawn = np.array([arm("r1", name, 0.5) for name in NAMES], float) - 0.5
    other = np.array([arm("r2", name, 0.5) for name in NAMES], float) - 0.5
    for first, second in ((drawn[:-1], drawn[1:]), (drawn, other)):
        assert abs(np.mean(first * second)) * 4 < 4 / math.sqrt(len(NAMES))


def test_a_larger_share_takes_none_away():
    assert all(arm("r1", name, 0.5) for name in NAMES if arm("r1", name, 0.25))
    assert not any(arm("r1", name, 0.0) for name in NAMES)
    assert all(arm("r1", name, 1.0) for name in NAMES)


def test_names_are_not_run_together():
    shares = np.linspace(0, 1, 1000)
    assert any(arm("r", "1e", share) != arm("r1", "e", share) for share in shares)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InvalidArgument, match="share of a canary is"):
        arm("r1", "e1", share)
