"""Rewards: in time, late, missing, several, twice, in any order, from many at once."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from math import fsum

import pytest

from commits import until
from minds import differing, mind, replayed
from serving import SEEN, Served

pytestmark = pytest.mark.long

# For the long run: REWARDS=100000.
REWARDS = int(os.environ.get("REWARDS", "2000"))
EACH, EPISODES, MANY = 5, 4, 8


def shown(served: Served, made: str):
    return served.ok("GET", f"/v1/decisions/{made}")


def test_the_same_reward_is_taken_once(plant: Served):
    episode = plant.begin()
    made = plant.decide(episode)["decision"]
    first = plant.reward(made, 1.5, "a", final=False)
    assert plant.reward(made, 1.5, "a", final=False) == first
    path = f"/v1/decisions/{made}/rewards"
    assert plant.refused("POST", path, {"reward_id": "a", "value": 2, "final": False}) == "used_before"
    assert plant.refused("POST", path, {"reward_id": "a", "value": 1.5}) == "used_before"
    plant.reward(made, 2.0, "b")
    # Also when it is settled, and when the episode is done with.
    plant.end(episode)
    assert plant.reward(made, 1.5, "a", final=False) == first
    told = shown(plant, made)
    assert (told["account"], told["settled"]) == (3.5, True)
    assert [(reward["reward_id"], reward["value"], reward["late"]) for reward in told["rewards"]] == [
        ("a", 1.5, False),
        ("b", 2.0, False),
    ]


def test_rewards_of_decisions_that_were_never_made_are_refused(plant: Served):
    episode = plant.begin()
    made = plant.decide(episode)["decision"]
    before = len(plant.events())
    for name in (f"{episode}.1", f"{episode}.01", f"{episode}.-1", f"{episode}.x", f"{episode}.", episode, "a.b.0"):
        assert plant.refused("POST", f"/v1/decisions/{name}/rewards", {"reward_id": "r", "value": 1}) == (
            "unknown_decision"
        )
        assert plant.refused("GET", f"/v1/decisions/{name}") == "unknown_decision"
    assert len(plant.events()) == before
    plant.reward(made)


@pytest.mark.parametrize(
    "reward",
    [
        {},
        {"reward_id": "r"},
        {"reward_id": "r", "value": "1"},
        {"reward_id": "r", "value": True},
        {"reward_id": "r", "value": None},
        {"reward_id": "", "value": 1},
        {"reward_id": "a b", "value": 1},
        {"reward_id": "r\u0000", "value": 1},
        {"reward_id": "r" * 129, "value": 1},
        {"reward_id": 1, "value": 1},
        {"reward_id": "r", "value": 1, "of": 0},
        {"reward_id": "r", "value": 1, "of": 10**7},
        {"reward_id": "r", "value": 1, "observed_at": -1},
        {"reward_id": "r", "value": 1, "more": 1},
    ],
)
def test_rewards_that_are_none(plant: Served, reward):
    made = plant.decide(plant.begin())["decision"]
    assert plant.refused("POST", f"/v1/decisions/{made}/rewards", reward) == "invalid"
    assert shown(plant, made)["rewards"] == []


def test_what_comes_after_the_account_was_closed_is_kept_and_not_counted(plant: Served):
    episode = plant.begin()
    made = plant.decide(episode)["decision"]
    plant.reward(made, 1.0, "all")
    before = plant.view()["counts"]["late_rewards"]
    assert plant.reward(made, 5.0, "after-all")["late"] is True
    told = shown(plant, made)
    assert told["account"] == 1.0
    assert told["rewards"][1]["late"] is True
    assert plant.view()["counts"]["late_rewards"] == before + 1


def test_windows_close_by_default_and_what_comes_later_is_late(serve):
    served = serve()
    served.job(reward_window_s=0.3, default_reward=-0.5)
    episode = served.begin()
    for sequence in range(3):
        served.decide(episode, sequence)
    served.reward(f"{episode}.1", 2.0, "first-of-many", final=False)
    until(lambda: len(served.events("defaulted", "window_closed")) == 3)
    closed = [(event.kind, event.body) for event in served.events("defaulted", "window_closed")]
    assert closed == [
        ("defaulted", {"decision": f"{episode}.0", "value": -0.5}),
        ("window_closed", {"decision": f"{episode}.1"}),
        ("defaulted", {"decision": f"{episode}.2", "value": -0.5}),
    ]
    for sequence in range(3):
        assert served.reward(f"{episode}.{sequence}", 9.0, "late")["late"] is True
    served.end(episode, truncated=True, observation=SEEN)
    views = [shown(served, f"{episode}.{sequence}") for sequence in range(3)]
    assert [(view["account"], view["settled"], view["defaulted"]) for view in views] == [
        (-0.5, True, True),
        (2.0, True, False),
        (-0.5, True, True),
    ]
    counts = served.view()["counts"]
    assert (counts["defaulted"], counts["rewards"], counts["late_rewards"]) == (2, 4, 3)
    assert served.view()["curve"][0]["return"] == 1.0
    served.learned()
    assert served.bench().feed.unlearned == 3
    assert served.bench().steps == 3


@pytest.mark.parametrize(("adding", "total"), [("sum", 7.0), ("mean", 7 / 3), ("last", 1.0)])
def test_several_rewards_of_one_decision_add_up_in_any_order(plant: Served, adding, total):
    job = plant.job(f"adds-{adding}", rewards=adding)
    episode = plant.begin(job)
    sent = [("a", 4.0, 10.0), ("b", 2.0, 20.0), ("c", 1.0, 30.0)]
    for sequence in range(3):
        made = plant.decide(episode, sequence)["decision"]
        for i, (reward_id, value, at) in enumerate(sent[sequence:] + sent[:sequence]):
            assert not shown(plant, made)["settled"]
            plant.reward(made, value, reward_id, observed_at=at, of=3 if i != 1 else None, final=False)
        told = shown(plant, made)
        assert told["settled"]
        assert told["account"] == pytest.approx(total)
    plant.end(episode)
    assert plant.view(job)["curve"][0]["return"] == pytest.approx(3 * total)


def test_huge_rewards_do_no_harm(plant: Served):
    job = plant.job("huge")
    for value in (1.7e308, -1.7e308, 5e-324):
        episode = plant.begin(job)
        for sequence in range(3):
            made = plant.decide(episode, sequence)["decision"]
            plant.reward(made, value, "a", of=2)
            plant.reward(made, value, "b", of=2)
        plant.end(episode)
    plant.learned(job)
    assert len(plant.view(job)["curve"]) == 3
    made = plant.decide(plant.begin(job))
    assert made["source"] == "agent"
    assert plant.bench(job).steps == 9


@pytest.mark.timeout(200 + REWARDS // 50)
def test_rewards_duplicated_disordered_and_concurrent_are_the_same_as_in_order(serve, tmp_path):
    served = serve()
    served.job()
    chance = random.Random(0)
    unique = max(REWARDS * 5 // 8 // (EACH * EPISODES), 1)
    names = [f"e{i}" for i in range(EPISODES)]
    for name in names:
        served.begin(episode=name)
    for sequence in range(unique):
        for name in names:
            served.decide(name, sequence, observation=[chance.random(), chance.random()])
    for name in names:
        served.end(name, truncated=True, observation=SEEN)
    values = {
        (name, sequence, each): chance.uniform(-1, 1)
        for name in names
        for sequence in range(unique)
        for each in range(EACH)
    }
    sending = [*values, *chance.choices(list(values), k=max(REWARDS - len(values), 0))]
    chance.shuffle(sending)

    def send(which):
        name, sequence, each = which
        more = {"of": EACH, "observed_at": float(each)}
        while True:
            body = {"reward_id": f"r{each}", "value": values[which], **more}
            reply = served.call("POST", f"/v1/decisions/{name}.{sequence}/rewards", body)
            if reply.status == 200:
                return reply.body["late"]
            # The same reward is being recorded at this moment.
            assert reply.code == "in_flight"

    with ThreadPoolExecutor(MANY) as pool:
        assert not any(pool.map(send, sending))
    events = served.events()
    rewarded = [event for event in events if event.kind == "rewarded"]
    assert len(rewarded) == len(values)
    for name in names:
        for sequence in {0, unique // 2, unique - 1}:
            total = fsum(values[name, sequence, each] for each in range(EACH))
            assert shown(served, f"{name}.{sequence}")["account"] == total
    totals = {point["episode"]: point["return"] for point in served.view()["curve"]}
    for name in names:
        assert totals[name] == pytest.approx(fsum(v for (of, _, _), v in values.items() if of == name))

    def in_order(event):
        name, _, sequence = event.body["decision"].rpartition(".")
        return names.index(name), int(sequence), event.body["reward_id"]

    served.learned()
    bench = served.bench()
    assert bench.steps == EPISODES * unique
    ordered = [event for event in events if event.kind != "rewarded"] + sorted(rewarded, key=in_order)
    other = replayed(bench.about, ordered, tmp_path / "other")
    assert differing(mind(bench), mind(other)) == []
