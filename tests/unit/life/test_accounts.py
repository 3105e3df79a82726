"""What a decision has brought, by hand; and that it is the same whatever the order."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainee.life import Account

law = settings(deadline=None, max_examples=100)
finite = st.floats(allow_nan=False, allow_infinity=False)
rewards = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), finite, st.floats(0, 10), st.booleans(), st.sampled_from([None, 1, 2, 5])),
    max_size=8,
    unique_by=lambda reward: reward[0],
)


def after(*told, closed=False):
    account = Account(closed=closed)
    for reward_id, value, observed_at, final, of in told:
        account.add(reward_id, value, observed_at, final, of)
    return account


def of_values(*values):
    return after(*[(str(i), value, 0.0, False, None) for i, value in enumerate(values)])


def test_nothing_was_brought_but_the_default():
    assert Account().total("sum", 0.25) == Account().total("last", 0.25) == Account().total("mean", 0.25) == 0.25
    assert of_values(2.0).total("sum", 0.25) == 2.0


def test_rewards_are_added_up_as_the_job_says():
    # The second one was observed last.
    account = after(("a", 1.0, 5.0, False, None), ("b", 4.0, 7.0, False, None), ("c", -2.0, 6.0, False, None))
    assert account.total("sum", 9.0) == 3.0
    assert account.total("mean", 9.0) == 1.0
    assert account.total("last", 9.0) == 4.0


def test_of_two_that_were_observed_at_once_the_id_says_which_is_the_last():
    one, other = ("a", 1.0, 0.0, False, None), ("b", -1.0, 0.0, False, None)
    assert after(one, other).total("last", 0.0) == after(other, one).total("last", 0.0) == -1.0


def test_what_is_small_is_not_lost_beside_what_is_large():
    # Added one by one these come to 0.
    assert of_values(1e16, 1.0, -1e16).total("sum", 0.0) == 1.0


def test_the_largest_numbers_there_are_add_up_to_a_finite_one():
    most = 3.4e38
    assert of_values(1.7e308, 1.7e308).total("sum", 0.0) == 2 * most
    assert of_values(-1.7e308).total("mean", 0.0) == of_values(-1.7e308).total("last", 0.0) == -most


def test_one_that_is_known_is_not_added_again():
    account = after(("a", 1.0, 0.0, False, None), ("a", 5.0, 9.0, False, None))
    assert account.total("sum", 0.0) == account.total("last", 0.0) == 1.0
    assert not after(("a", 1.0, 0.0, True, 2), ("a", 1.0, 0.0, True, 2)).settled


def test_nothing_is_waited_for_after_the_final_one_or_once_it_is_closed():
    assert not Account().settled
    assert not of_values(1.0).settled
    assert after(("a", 1.0, 0.0, True, None)).settled
    assert after(closed=True).settled
    assert after(("a", 1.0, 0.0, True, 3), closed=True).settled


def test_where_it_is_said_how_many_there_will_be_they_are_waited_for():
    told = [(str(i), 1.0, 0.0, True, 3 if i == 1 else None) for i in range(3)]
    # Until the second one says so, the first is the last.
    assert [after(*told[:n]).settled for n in range(4)] == [False, True, False, True]
    # The most that was said counts.
    assert not after(("a", 1.0, 0.0, True, 3), ("b", 1.0, 0.0, True, 2)).settled
    assert not after(("b", 1.0, 0.0, True, 2), ("a", 1.0, 0.0, True, 3)).settled


@law
@given(rewards, st.data(), st.sampled_from(["sum", "mean", "last"]))
def test_the_order_makes_no_difference_nor_do_repetitions(told, data, adding):
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told or [None]), max_size=3))))
    one, other = after(*told), after(*[reward for reward in shuffled if reward is not None])
    assert one == other
    assert one.settled == other.settled
    total = one.total(adding, 0.5)
    assert total == other.total(adding, 0.5)
    assert math.isfinite(total)


@law
@given(rewards, st.booleans())
def test_an_account_written_and_read_is_the_same(told, closed):
    account = after(*told, closed=closed)
    assert Account.from_json(json.loads(json.dumps(account.to_json(), sort_keys=True))) == account


@pytest.mark.parametrize("values", [(1.0, 2.0), (2.0, 1.0)])
def test_what_was_written_does_not_change_with_what_comes_after(values):
    account = of_values(*values)
    written = json.dumps(account.to_json())
    again = Account.from_json(json.loads(written))
    account.add("later", 3.0, 9.0, True, None)
    assert again.total("sum", 0.0) == 3.0
