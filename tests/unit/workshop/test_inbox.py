"""Inboxes: nothing is missing and nothing is there twice, however many events come."""

from __future__ import annotations

import pytest

from trainee.record.events import Event
from trainee.workshop import inbox
from trainee.workshop.inbox import Inbox


def event(seq):
    return Event(seq, 0.0, "rewarded", "plant", {}, None, None)


def numbers(made):
    return [each.seq for each in made.events]


def test_what_comes_before_it_is_whole_is_read_later():
    made = Inbox(3)
    made.put(event(9))
    assert numbers(made) == []
    made.fill([event(4), event(7)], whole=False)
    made.put(event(9))
    assert (numbers(made), made.upto, made.whole) == ([4, 7], 7, False)
    made.fill([event(9)], whole=True)
    for seq in (7, 9, 12):
        made.put(event(seq))
    assert numbers(made) == [4, 7, 9, 12]


def test_there_being_no_more_makes_it_whole():
    made = Inbox(5)
    made.fill([], whole=True)
    made.put(event(5))
    made.put(event(6))
    assert (numbers(made), made.upto) == ([6], 6)


@pytest.mark.parametrize("most", [1, 3])
def test_more_than_it_holds_is_read_when_it_is_its_turn(monkeypatch, most):
    monkeypatch.setattr(inbox, "MOST", most)
    made = Inbox(0)
    made.fill([], whole=True)
    for seq in range(1, 10):
        made.put(event(seq))
    assert numbers(made) == list(range(1, most + 1))
    assert (made.upto, made.whole) == (most, False)
