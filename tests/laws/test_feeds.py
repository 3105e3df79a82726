"""What holds for every sequence of events of a job."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from job_events import begun, decided, defaulted, ended, overridden, rewarded, window_closed
from trainee.life import Feed, feed

law = settings(deadline=None, max_examples=100)
LONG, SHORT = 10_000, 3


@pytest.fixture(params=[LONG, SHORT], scope="module", autouse=True)
def turn_steps(request):
    before, feed.TURN_STEPS = feed.TURN_STEPS, request.param
    yield request.param
    feed.TURN_STEPS = before


@st.composite
def histories(draw, steps=25, to_the_end=False):
    """Events as a service records them, of episodes side by side, and what each of these came to.

    Of a decision no more is said once it is settled or its episode is over; if `to_the_end`, nothing is left open.
    """
    events, known, open_now, unsettled = [], {}, [], []

    def settle(decision):
        (name, n), nth = decision, draw(st.integers(0, 2))
        if nth == 0:
            events.append(defaulted(name, n) if not known[name]["rewards"][n] else window_closed(name, n))
        else:
            value = float(draw(st.integers(-3, 3)))
            events.append(rewarded(name, n, value, f"final{nth}"))
            known[name]["rewards"][n].append(value)
        unsettled.remove(decision)

    def end(name):
        kind = draw(st.sampled_from(["terminated", "truncated", "lost"]))
        seen = None if kind == "lost" else f"{name}!"
        events.append(ended(name, kind == "terminated", seen, kind == "lost"))
        known[name]["end"] = kind
        open_now.remove(name)

    for _ in range(draw(st.integers(0, steps))):
        choices = ["begin"] + ["decide"] * 5 * bool(open_now) + ["end"] * bool(open_now)
        choices += ["reward", "settle", "settle", "override"] * bool(unsettled)
        doing = draw(st.sampled_from(choices))
        if doing == "begin":
            # Names do not say in what order they came.
            name = f"{draw(st.sampled_from('xyz'))}{99 - len(known)}-"
            known[name] = {"actions": [], "rewards": [], "abandon": [], "end": None}
            open_now.append(name)
            events.append(begun(name))
        elif doing == "decide":
            name, abandon = draw(st.sampled_from(open_now)), draw(st.integers(0, 5)) == 0
            of, n = known[name], len(known[name]["actions"])
            events.append(decided(name, n, n, abandon=abandon))
            of["actions"].append(n)
            of["rewards"].append([])
            of["abandon"].append(abandon)
            unsettled.append((name, n))
        elif doing == "end":
            end(draw(st.sampled_from(open_now)))
        elif doing == "settle":
            settle(draw(st.sampled_from(unsettled)))
        else:
            name, n = draw(st.sampled_from(unsettled))
            if doing == "reward":
                value = float(draw(st.integers(-3, 3)))
                events.append(rewarded(name, n, value, f"{len(events)}", final=False))
                known[name]["rewards"][n].append(value)
            else:
                action = draw(st.integers(10, 19))
                events.append(overridden(name, n, action))
                known[name]["actions"][n] = action
    for name in list(open_now) if to_the_end else []:
        end(name)
    for decision in list(unsettled) if to_the_end else []:
        settle(decision)
    return events, known


def passed_on(made, events):
    return [lesson for event in events for lesson in made.take(*event)]


def expected(name, known):
    """Observation, reward, action, and whether it is the last, of each time step that an episode comes to."""
    actions, rewards, end = known["actions"], [sum(each) for each in known["rewards"]], known["end"]
    steps = [
        (f"{name}{n}", rewards[n - 1] if n else 0.0, actions[n - 1] if n else None, False) for n in range(len(actions))
    ]
    given_up = bool(actions) and known["abandon"][-1] and end == "truncated"
    if actions and end != "lost" and not given_up:
        steps.append((f"{name}!", rewards[-1], actions[-1], True))
    return steps


def split(lessons):
    """The lessons of each episode, which begins with a first one."""
    found: list[list] = []
    for lesson in lessons:
        if lesson.first:
            found.append([])
        found[-1].append((lesson.observation, lesson.reward, lesson.action, lesson.last))
    return found


@law
@given(histories(to_the_end=True))
def test_every_episode_is_passed_on_whole_and_by_itself(turn_steps, history):
    events, known = history
    made = Feed("sum", 0.0)
    found = split(passed_on(made, events))
    assert (made.waiting, made.to_json()["episodes"]) == (0, [])
    wanted = {name: expected(name, about) for name, about in known.items()}
    if turn_steps == LONG:
        assert sorted(found) == sorted(steps for steps in wanted.values() if steps)
        return
    # In parts, each of which begins anew: all steps but those that were seen as the end alone.
    steps = [step for part in found for step in part]
    assert len({step[0] for step in steps}) == len(steps)
    for part in found:
        name = part[0][0].partition("-")[0] + "-"
        assert part[0][1:] == (0.0, None, False)
        begins = [step[0] for step in wanted[name]].index(part[0][0])
        assert part[1:] == wanted[name][begins + 1 : begins + len(part)]
    missing = {step[0] for each in wanted.values() for step in each} - {step[0] for step in steps}
    assert all(name.endswith("!") for name in missing)


@law
@given(histories(), st.data())
def test_a_feed_written_and_read_at_any_point_passes_on_the_same(turn_steps, history, data):
    events, _ = history
    at = data.draw(st.integers(0, len(events)))
    whole, made, again = Feed("mean", 0.5), Feed("mean", 0.5), Feed("mean", 0.5)
    before = passed_on(made, events[:at])
    again.stand(json.loads(json.dumps(made.to_json(), sort_keys=True)))
    assert before + passed_on(again, events[at:]) == passed_on(whole, events)
    assert again.to_json() == whole.to_json()
    assert (again.waiting, again.unlearned) == (whole.waiting, whole.unlearned)


@law
@given(histories(to_the_end=True), st.data())
def test_the_order_in_which_rewards_come_makes_no_difference(turn_steps, history, data):
    # Of one episode, whose decisions were all made before anything was heard of them.
    _, known = history
    name, about = next(iter(known.items()), (None, None))
    if not about or not about["actions"]:
        return
    told = [
        rewarded(name, n, value, f"{i}", of=len(values))
        for n, values in enumerate(about["rewards"])
        for i, value in enumerate(values)
    ]
    told += [defaulted(name, n) for n, values in enumerate(about["rewards"]) if not values]
    start = [begun(name)] + [decided(name, n, action) for n, action in enumerate(about["actions"])]
    shuffled = data.draw(st.permutations(told + told[:2]))
    results = [passed_on(Feed("sum", 0.0), [*start, *order, ended(name, True)]) for order in (told, shuffled)]
    assert results[0] == results[1]
    assert len(results[0]) == len(about["actions"]) + 1
