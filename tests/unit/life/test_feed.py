"""Events of a job, and which time steps are learned from because of them, by hand."""

from __future__ import annotations

import json

import pytest

from job_events import CONDUCT, begun, decided, defaulted, ended, overridden, rewarded, window_closed
from trainee.life import Feed, feed


def short(lesson):
    """Observation, reward, action, and whether it is the first or the last; of a last one its discount too."""
    end = (f"last {lesson.discount:g}",) if lesson.last else ()
    return (lesson.observation, lesson.reward, lesson.action, *(("first",) if lesson.first else ()), *end)


def fed(*events, made=None):
    """What each event lets pass."""
    made = Feed("sum", 0.0) if made is None else made
    return [[short(lesson) for lesson in made.take(*event)] for event in events]


def flat(*events, made=None):
    return [lesson for lessons in fed(*events, made=made) for lesson in lessons]


def whole(episode, *actions, terminated=False):
    """An episode whose decisions brought 1, 2 and so on, each reward there with the next call."""
    yield begun(episode)
    for n, action in enumerate(actions):
        yield decided(episode, n, action)
        yield rewarded(episode, n, n + 1.0)
    yield ended(episode, terminated, f"{episode}!")


def lessons_of(episode, *actions, end="last 1"):
    first, *others = [f"{episode}{n}" for n in range(len(actions))]
    seen = [*others, f"{episode}!"]
    steps = [(name, n + 1.0, action) for n, (name, action) in enumerate(zip(seen, actions, strict=True))]
    return [(first, 0.0, None, "first"), *steps[:-1], (*steps[-1], end)]


class TestOneEpisode:
    def test_is_passed_on_as_a_worker_would_be_told_of_it(self):
        assert fed(*whole("a", 3, 4, terminated=True)) == [
            [],
            [("a0", 0.0, None, "first")],
            [],
            [("a1", 1.0, 3)],
            [],
            [("a!", 2.0, 4, "last 0")],
        ]

    def test_is_waited_for_until_the_reward_before_is_settled(self):
        events = begun("a"), decided("a", 0), decided("a", 1), rewarded("a", 0, 1.0, final=False), decided("a", 2)
        made = Feed("sum", 0.0)
        assert flat(*events, made=made) == [("a0", 0.0, None, "first")]
        assert made.waiting == 3
        assert fed(rewarded("a", 1, 5.0), rewarded("a", 0, 2.0, "s"), made=made) == [
            [],
            [("a1", 3.0, 0), ("a2", 5.0, 0)],
        ]
        assert made.waiting == 1

    def test_that_terminated_may_have_been_seen_by_nobody(self):
        events = begun("a"), decided("a", 0, 2), ended("a", terminated=True), rewarded("a", 0, 1.0)
        assert flat(*events) == [("a0", 0.0, None, "first"), ("a0", 1.0, 2, "last 0")]

    def test_has_how_it_was_decided_and_what_was_allowed(self):
        made = Feed("sum", 0.0)
        assert made.take(*begun("a")) == []
        (first,) = made.take(*decided("a", 0, mask=[1, 0], spell=7))
        assert (first.action_mask, first.conduct) == ([1, 0], {**CONDUCT, "spell": 7})
        (second,) = made.take(*rewarded("a", 0, 1.0)) + made.take(*decided("a", 1, conduct=None))
        assert (second.action_mask, second.conduct) == (None, feed.UNKNOWN)
        made.take(*rewarded("a", 1, 1.0))
        (last,) = made.take(*ended("a", seen="a!", conduct={**CONDUCT, "value": 3.0}))
        assert (last.conduct["value"], last.discount, last.action_mask) == (3.0, 1.0, None)

    @pytest.mark.parametrize("adding", ["sum", "mean", "last"])
    def test_has_the_rewards_that_the_job_adds_up(self, adding):
        rewards = [
            rewarded("a", 0, value, f"{value}", of=3, at=at) for value, at in [(1.0, 2.0), (4.0, 3.0), (7.0, 1.0)]
        ]
        told = [("a0", 0.0, None, "first"), ("a1", {"sum": 12.0, "mean": 4.0, "last": 4.0}[adding], 0)]
        for order in (rewards, rewards[::-1], [rewards[1], rewards[1], rewards[0], rewards[2]]):
            assert flat(begun("a"), decided("a", 0), *order, decided("a", 1), made=Feed(adding, 0.0)) == told
            assert flat(begun("a"), decided("a", 0), decided("a", 1), *order, made=Feed(adding, 0.0)) == told

    def test_what_is_never_heard_of_brought_the_default(self):
        events = begun("a"), decided("a", 0), decided("a", 1), defaulted("a", 0)
        assert flat(*events, made=Feed("sum", -0.5))[-1] == ("a1", -0.5, 0)
        # What came before the window closed counts.
        events = (*events[:-1], rewarded("a", 0, 2.0, final=False), window_closed("a", 0))
        assert flat(*events, made=Feed("sum", -0.5))[-1] == ("a1", 2.0, 0)

    def test_what_comes_too_late_is_counted_and_not_learned_from(self):
        made = Feed("sum", 0.0)
        events = begun("a"), decided("a", 0), defaulted("a", 0), rewarded("a", 0, 9.0, late=True), decided("a", 1)
        assert flat(*events, made=made)[-1] == ("a1", 0.0, 0)
        assert made.unlearned == 1
        # Nor is what was passed on already, nor what is of an episode that is not known.
        assert flat(rewarded("a", 0, 9.0, "s"), overridden("a", 0, 1), rewarded("x", 0, 9.0), made=made) == []
        assert made.unlearned == 4
        assert flat(decided("x", 0), ended("x"), defaulted("x", 0), window_closed("a", 0), made=made) == []
        assert made.unlearned == 4

    def test_what_is_no_matter_of_learning_is_let_by(self):
        assert fed(("control_set", {"mode": "paused"}), ("shadowed", {})) == [[], []]


class TestOverriding:
    def test_is_learned_from_until_the_next_time_step_is(self):
        start = begun("a"), decided("a", 0, 1), rewarded("a", 0, 1.0)
        assert flat(*start, overridden("a", 0, 2), decided("a", 1))[-1] == ("a1", 1.0, 2)
        made = Feed("sum", 0.0)
        assert flat(*start, decided("a", 1), overridden("a", 0, 2), made=made)[-1] == ("a1", 1.0, 1)
        assert made.unlearned == 1
        # The next decision was made, but what the one before brought is not known yet.
        events = begun("a"), decided("a", 0, 1), decided("a", 1), overridden("a", 0, 2), rewarded("a", 0, 1.0)
        assert flat(*events)[-1] == ("a1", 1.0, 2)

    def test_counts_as_it_was_said_last_and_in_time(self):
        overriding = overridden("a", 0, 2), overridden("a", 0, 0), overridden("a", 0, 1, late=True)
        made = Feed("sum", 0.0)
        events = begun("a"), decided("a", 0, 1), *overriding, rewarded("a", 0, 1.0), decided("a", 1)
        assert flat(*events, made=made)[-1] == ("a1", 1.0, 0)
        assert made.unlearned == 1


class TestSeveralEpisodes:
    def test_are_passed_on_whole_the_one_that_ended_first_before_the_others(self):
        a, b, c = list(whole("a", 1, 1)), list(whole("b", 2)), list(whole("c", 3))
        # Side by side; `c` is over before `b`, which began before it, and both before `a`, which has the turn.
        events = [*a[:2], *b[:2], *a[2:4], *c, *b[2:], *a[4:]]
        assert flat(*events) == lessons_of("a", 1, 1) + lessons_of("c", 3) + lessons_of("b", 2)

    def test_none_of_which_ended_go_by_when_they_began(self):
        a, b, c, d = (list(whole(name, 1)) for name in "abcd")
        # `b` has decided nothing yet.
        made = Feed("sum", 0.0)
        assert flat(a[0], b[0], c[0], d[0], a[1], d[1], c[1], *a[2:], made=made) == [
            *lessons_of("a", 1),
            ("c0", 0.0, None, "first"),
        ]
        assert flat(*b[1:], *d[2:], *c[2:], made=made) == lessons_of("c", 1)[1:] + lessons_of("b", 1) + lessons_of(
            "d", 1
        )
        assert (made.waiting, made.to_json()["episodes"]) == (0, [])

    def test_that_came_to_nothing_hold_up_nobody(self):
        made = Feed("sum", 0.0)
        assert flat(begun("a"), begun("b"), ended("a", seen="a!"), made=made) == []
        assert flat(*whole("c", 1), made=made) == lessons_of("c", 1)
        assert [name for name, _ in made.to_json()["episodes"]] == ["b"]
        assert flat(decided("b", 0), made=made) == [("b0", 0.0, None, "first")]


class TestLostEpisodes:
    def test_end_with_what_was_seen_last(self):
        events = begun("a"), decided("a", 0), rewarded("a", 0, 1.0), decided("a", 1), ended("a", lost=True)
        assert flat(*events) == [("a0", 0.0, None, "first"), ("a1", 1.0, 0)]

    def test_do_not_wait_for_what_the_last_decision_brings(self):
        events = begun("a"), decided("a", 0), decided("a", 1), ended("a", lost=True), *whole("b", 1)
        made = Feed("sum", 0.0)
        assert flat(*events, made=made) == [("a0", 0.0, None, "first")]
        assert flat(defaulted("a", 0), made=made) == [("a1", 0.0, 0), *lessons_of("b", 1)]
        assert flat(rewarded("a", 1, 1.0), made=made) == []
        assert made.unlearned == 1


class TestGivingUp:
    def told(self, *events, made=None):
        made = Feed("sum", 0.0) if made is None else made
        return [(short(lesson), lesson.conduct["abandon"]) for event in events for lesson in made.take(*event)]

    START = begun("a"), decided("a", 0), rewarded("a", 0, 1.0), decided("a", 1, abandon=True)

    def test_is_told_once_the_line_was_given_up_and_nothing_is_waited_for(self):
        made = Feed("sum", 0.0)
        assert self.told(*self.START, made=made) == [(("a0", 0.0, None, "first"), False)]
        assert self.told(ended("a", seen="a!"), made=made) == [(("a1", 1.0, 0), True)]
        assert made.to_json()["episodes"] == []

    def test_is_not_told_where_the_line_was_gone_on_with(self):
        assert self.told(*self.START, decided("a", 2))[-1] == (("a1", 1.0, 0), False)
        events = decided("a", 2), rewarded("a", 1, 2.0), rewarded("a", 2, 3.0), ended("a", seen="a!")
        told = [(("a1", 1.0, 0), False), (("a2", 2.0, 0), False), (("a!", 3.0, 0, "last 1"), False)]
        assert self.told(*self.START, *events)[1:] == told

    def test_is_not_told_where_the_line_came_to_its_own_end(self):
        events = ended("a", terminated=True, seen="a!"), rewarded("a", 1, 2.0)
        assert self.told(*self.START, *events)[1:] == [(("a1", 1.0, 0), False), (("a!", 2.0, 0, "last 0"), False)]

    def test_is_told_where_nobody_was_heard_of_again(self):
        assert self.told(*self.START, ended("a", lost=True))[-1] == (("a1", 1.0, 0), True)


class TestTheTurn:
    @pytest.fixture(autouse=True)
    def short_turns(self, monkeypatch):
        monkeypatch.setattr(feed, "TURN_STEPS", 3)

    def test_passes_to_others_after_so_many_steps_and_comes_back_to_begin_anew(self):
        a, b = list(whole("a", *range(7))), list(whole("b", 1))
        # `b` is over before `a` has made four steps.
        assert flat(*a[:3], *b, *a[3:]) == [
            *lessons_of("a", *range(7))[:3],
            *lessons_of("b", 1),
            # The transition from the third step to the fourth is lost.
            ("a3", 0.0, None, "first"),
            *lessons_of("a", *range(7))[4:],
        ]

    def test_passes_to_one_that_goes_on_too(self):
        a, b = list(whole("a", *range(6))), list(whole("b", *range(6)))
        events = [event for pair in zip(a, b, strict=True) for event in pair]
        told = [lesson[0] for lesson in flat(*events) if "first" in lesson]
        assert told == ["a0", "b0", "a3", "b3"]

    def test_stays_where_nobody_else_waits(self):
        assert flat(begun("b"), *whole("a", *range(9))) == lessons_of("a", *range(9))

    def test_is_not_needed_to_see_an_end_alone(self):
        # Three steps, then another's turn; when it comes back there is nothing but the end.
        a, b = list(whole("a", 0, 1, 2)), list(whole("b", 1))
        assert flat(*a[:5], *b, *a[5:]) == [*lessons_of("a", 0, 1, 2)[:3], *lessons_of("b", 1)]

    def test_of_one_that_has_passed_it_is_not_lost_when_it_is_written_down(self):
        a, b = list(whole("a", *range(7))), list(whole("b", 1))
        events = [*a[:9], *b, *a[9:]]
        for at in range(len(events)):
            made = Feed("sum", 0.0)
            before = flat(*events[:at], made=made)
            again = Feed("sum", 0.0)
            again.stand(json.loads(json.dumps(made.to_json(), sort_keys=True)))
            assert before + flat(*events[at:], made=again) == flat(*events)


class TestSilence:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(feed, "PATIENCE", 6)
        monkeypatch.setattr(feed, "PATIENCE_EACH", 1)

    def test_of_one_that_has_the_turn_lets_others_be_learned_from(self):
        a, b = list(whole("a", *range(4))), list(whole("b", *range(5)))
        # The program at `a` dies after its second decision.
        told = flat(*a[:4], *b)
        assert told == [*lessons_of("a", *range(4))[:2], *lessons_of("b", *range(5))]
        # And where it goes on all the same, one transition is lost.
        assert flat(*a[:4], *b, *a[4:])[len(told) :] == [("a2", 0.0, None, "first"), *lessons_of("a", *range(4))[3:]]

    def test_is_none_while_anything_is_heard_of_it(self):
        a, b = list(whole("a", *range(3))), list(whole("b", *range(7)))
        first, second, third = b[:5], b[5:10], b[10:]
        told = flat(*a[:3], *first, *a[3:4], *second, *a[4:5], *third, *a[5:])
        assert told == [*lessons_of("a", *range(3)), *lessons_of("b", *range(7))]

    def test_where_nobody_else_waits_costs_nothing(self):
        empty = [begun(f"empty{n}") for n in range(9)]
        a = list(whole("a", *range(3)))
        assert flat(*a[:3], *empty, *a[3:]) == lessons_of("a", *range(3))

    def test_is_written_down(self):
        a, b = list(whole("a", *range(4))), list(whole("b", *range(5)))
        events = [*a[:4], *b, *a[4:]]
        for at in range(len(events)):
            made, again = Feed("sum", 0.0), Feed("sum", 0.0)
            before = flat(*events[:at], made=made)
            again.stand(json.loads(json.dumps(made.to_json(), sort_keys=True)))
            assert before + flat(*events[at:], made=again) == flat(*events)


def test_whose_turn_is_next_does_not_depend_on_names():
    # Written with sorted keys, as a checkpoint is, `a` would come first.
    events = begun("z"), begun("a"), begun("t"), decided("t", 0), decided("a", 0), decided("z", 0)
    made, again = Feed("sum", 0.0), Feed("sum", 0.0)
    flat(*events, made=made)
    again.stand(json.loads(json.dumps(made.to_json(), sort_keys=True)))
    rest = ended("t", lost=True), defaulted("t", 0)
    assert flat(*rest, made=again) == flat(*rest, made=made) == [("z0", 0.0, None, "first")]
