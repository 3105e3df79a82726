"""Teaching: each job has its share, and what is wrong with one is none of the others' business."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from trainee.errors import SaveFailed
from trainee.record.events import Event
from trainee.workshop import teaching
from trainee.workshop.inbox import Inbox
from trainee.workshop.teaching import Teaching


class Bench:
    """A bench at which every event is a lesson that takes as long as it is told to."""

    def __init__(self, job, share=1.0, takes_s=0.0):
        self.about, self.takes_s = {"job": job, "share": share}, takes_s
        self.inbox, self.cursor, self.saved = Inbox(0), 0, 0
        self.heard, self.fails, self.saving_fails = [], False, False
        self.lessons = 0

    @property
    def waiting(self):
        return self.lessons > 0

    def hear(self, event):
        self.heard.append(event.seq)
        self.lessons += 1

    def learn(self):
        if self.fails:
            raise FloatingPointError("it is singular")
        time.sleep(self.takes_s)
        self.lessons -= 1
        self.cursor = self.heard[-1]

    def copied(self):
        cursor = self.cursor

        def save():
            if self.saving_fails:
                raise SaveFailed("the disk is full")
            self.saved = cursor

        return save


class Log:
    """A record of which only this is asked."""

    def __init__(self, *jobs):
        self.events = [Event(n + 1, 0.0, "rewarded", job, {}, None, None) for n, job in enumerate(jobs)]
        self.broken = False
        self.asked = Counter()

    def after(self, seq, limit, job=None):
        if self.broken:
            raise OSError("it is gone")
        self.asked[job] += 1
        return [event for event in self.events[seq:] if job in (None, event.job)][:limit]


def made(log, *benches, checkpoint_s=60.0):
    taught = Teaching(log, checkpoint_s)
    taught.hear(len(log.events))
    for bench in benches:
        taught.add(bench)
    return taught


def finish(taught, benches, events, patience_s=10.0):
    ends = time.monotonic() + patience_s
    while any(bench.cursor < max(e.seq for e in events if e.job == bench.about["job"]) for bench in benches):
        assert time.monotonic() < ends
        taught.step()


def numbers(log, job):
    return [event.seq for event in log.events if event.job == job]


def test_each_takes_up_all_of_its_own_once_and_in_order(monkeypatch):
    monkeypatch.setattr(teaching, "PAGE", 3)
    log, one, two = Log(*"aabab" * 7), Bench("a"), Bench("b")
    taught = made(log, one)
    finish(taught, [one], log.events)
    # What comes from now on is read for all of them at once; one that comes later reads what was before by itself.
    log.events += [Event(len(log.events) + n, 0.0, "rewarded", "ab"[n % 2], {}, None, None) for n in range(1, 30)]
    taught.hear(len(log.events))
    taught.step()
    taught.add(two)
    finish(taught, [one, two], log.events)
    assert one.heard == numbers(log, "a")
    assert two.heard == numbers(log, "b")
    taught.close()
    assert (one.saved, two.saved) == (one.cursor, two.cursor)


def test_more_than_may_be_at_hand_is_read_later(monkeypatch):
    monkeypatch.setattr("trainee.workshop.inbox.MOST", 4)
    monkeypatch.setattr(teaching, "LOOK_STEPS", 1)
    log, slow = Log("a"), Bench("a", share=0.5, takes_s=0.001)
    taught = made(log, slow)
    finish(taught, [slow], log.events)
    log.events += [Event(n, 0.0, "rewarded", "a", {}, None, None) for n in range(2, 120)]
    taught.hear(len(log.events))
    finish(taught, [slow], log.events)
    assert slow.heard == numbers(log, "a")


def test_one_that_was_idle_has_not_saved_up_for_it():
    log, worked, fresh = Log(*["a"] * 300, *["b"] * 300), Bench("a", takes_s=0.0002), Bench("b", takes_s=0.0002)
    taught = made(log, worked, fresh)
    fresh.inbox.whole, fresh.inbox.upto = True, 10_000
    for _ in range(200):
        taught.step()
    fresh.inbox.whole, fresh.inbox.upto = False, 0
    before, steps = len(worked.heard), 120
    for _ in range(steps):
        taught.step()
    assert steps / 4 < len(worked.heard) - before < 3 * steps / 4


def test_what_a_share_leaves_is_for_others():
    log, small, large = Log(*"ab" * 150), Bench("a", share=0.1, takes_s=0.001), Bench("b", takes_s=0.001)
    taught = made(log, small, large)
    finish(taught, [large], log.events)
    assert len(small.heard) < len(large.heard) / 3


def test_a_job_whose_learning_fails_keeps_no_other_from_it(monkeypatch):
    monkeypatch.setattr(teaching, "RETRY_S", 0.02)
    log, sick, sound = Log(*"ab" * 20), Bench("a"), Bench("b")
    sick.fails = True
    taught = made(log, sick, sound)
    finish(taught, [sound], log.events)
    assert taught.problem == "it is singular"
    assert sick.heard == [1]
    sick.fails = False
    finish(taught, [sick], log.events)
    assert taught.problem is None
    assert sick.heard == numbers(log, "a")


def test_a_record_that_cannot_be_read_is_read_when_it_is_back(monkeypatch):
    monkeypatch.setattr(teaching, "RETRY_S", 0.02)
    log, bench = Log(*"aaa"), Bench("a")
    log.broken = True
    taught = made(log, bench)
    assert not taught.step()
    assert taught.problem == "it is gone"
    log.broken = False
    finish(taught, [bench], log.events)
    assert taught.problem is None


def test_that_saving_fails_is_told_until_it_does_not():
    log, full, other = Log(*"ab"), Bench("a"), Bench("b")
    full.saving_fails = True
    taught = made(log, full, other, checkpoint_s=0.0)
    finish(taught, [full, other], log.events)
    ends = time.monotonic() + 10
    while taught.problem is None or not other.saved:
        assert time.monotonic() < ends
        taught.step()
    for _ in range(50):
        taught.step()
        assert taught.problem == "the disk is full"
    full.saving_fails = False
    while taught.problem is not None:
        assert time.monotonic() < ends
        taught.step()
    assert full.saved == full.cursor


@pytest.mark.parametrize("breaks", ["learn", "copied"])
def test_at_the_end_one_that_fails_is_no_reason_not_to_save_the_others(breaks):
    log, sick, sound = Log(*"ab"), Bench("a"), Bench("b")
    taught = made(log, sick, sound)
    finish(taught, [sick, sound], log.events)

    def fail():
        raise RuntimeError("no")

    setattr(sick, breaks, fail)
    sick.lessons = breaks == "learn"
    threading.Thread(target=taught.close).start()
    ends = time.monotonic() + 10
    while not sound.saved:
        assert time.monotonic() < ends
    assert sound.saved == sound.cursor
