"""How long a job takes to be done well again, by numbers worked out by hand."""

from __future__ import annotations

from twins import until_well

from trainee.life import Episode, Logbook


def log(*totals):
    """Episodes of ten steps each, the first of which ends at step 10."""
    nothing = float("nan")
    ended = [Episode(10 * n, 10, float(total), nothing, nothing) for n, total in enumerate(totals, 1)]
    return Logbook(0.99, 10 * len(totals), ended)


def test_the_first_of_three_that_are_done_well_on_the_mean():
    assert until_well(log(0, 0, 9, 9, 9, 0), 0, 60, 9.0) == 20
    assert until_well(log(0, 0, 9, 9, 9, 0), 0, 60, 6.0) == 10


def test_the_last_one_or_two_episodes_are_no_three():
    assert until_well(log(0, 0, 0, 9, 9), 0, 50, 9.0) == float("inf")
    assert until_well(log(9, 9), 0, 20, 9.0) == float("inf")
    assert until_well(log(0, 0, 9, 9, 9), 0, 50, 9.0) == 20
