"""The gambling task as an exam: scores of choices made by hand, and agents that really sit down at it."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.errors import DamagedPart, InvalidArgument
from trainee.exams.iowa import people
from trainee.exams.iowa.load import CONDITIONS, Group, Sessions, groups, kept, runs_of, sessions, together
from trainee.exams.iowa.report import write_page
from trainee.exams.iowa.score import deliberation_bar, intact_bars, lesion_bars, likeness, reaction, retest_bars
from trainee.life import scan


def made(chosen, gained=None, heard=3.0):
    """Sessions of one test for each row of decks."""
    decks = np.array(chosen)[:, None]
    brought = np.full(decks.shape, 50.0) if gained is None else np.array(gained, float)[:, None]
    return Sessions(decks, brought, np.full(decks.shape, heard))


def test_the_curve_is_of_good_decks_in_blocks_of_twenty():
    one = [0] * 20 + [2] * 10 + [1] * 10 + [3] * 60
    found = likeness(made([one, [1] * 100]))
    assert found.curve.tolist() == [0, 0.25, 0.5, 0.5, 0.5]
    assert found.decks.tolist() == [0.1, 0.55, 0.05, 0.3]
    # Of 99 and 99 choices after the first three are of another deck.
    assert found.switch == pytest.approx(3 / 198)
    assert found.spread == pytest.approx(0.7 / np.sqrt(2))
    assert found.error == pytest.approx(np.sqrt(np.mean((found.curve - people.curve()) ** 2)))


def test_after_a_win_and_after_a_loss():
    decks = np.tile([0, 0, 1, 1], 25)
    gained = np.tile([-1.0, 5.0, 0.0, -2.0], 25)
    found = likeness(made([decks, decks], [gained, gained]))
    # After losses, the first and fourth of each four: stays 25 times, shifts 24. After wins: shifts 25, stays 25.
    assert found.lose_shift == pytest.approx(24 / 49)
    assert found.win_stay == pytest.approx(0.5)


def test_people_themselves_pass():
    found = likeness(made([[0] * 100, [2] * 100]))
    alike = type(found)(
        np.array(people.curve()),
        found.low,
        found.high,
        np.array(people.DECKS),
        people.SWITCH,
        people.WIN_STAY,
        people.LOSE_SHIFT,
        people.SPREAD,
        3.0,
        0.0,
    )
    assert all(bar.met for bar in intact_bars(alike))
    better = type(found)(np.ones(5), *[getattr(alike, name) for name in list(alike.__dataclass_fields__)[1:-1]], 0.5)
    assert not intact_bars(better)[0].met


def test_two_lesions_are_told_apart_by_what_is_done_after_a_loss():
    """Who reacts leaves a deck after a loss and stays after a win; who does not chooses at random."""
    draw = np.random.default_rng(0)
    outcomes = draw.choice([-1.0, 1.0], (40, 100))
    reacts = made(np.cumsum(outcomes < 0, axis=1) % 4, np.roll(outcomes, -1, axis=1))
    random = made(draw.integers(0, 4, (1_000, 100)), draw.normal(size=(1_000, 100)))
    bars = lesion_bars(likeness(random), {"intact": reacts, "concern": reacts, "fear": random})
    assert bars[1].met
    assert bars[1].found.startswith("intact +")
    assert not lesion_bars(likeness(random), {"intact": reacts, "concern": random, "fear": reacts})[1].met
    assert not bars[0].met


def test_a_reaction_is_to_outcomes_and_not_to_decks():
    """The first deck is always left and brings more losses than the second; by deck it makes no difference."""
    chosen = np.tile([0, 1, 1, 1, 1], 20)
    gained = np.where(chosen == 0, np.resize([-1.0, -1.0, 1.0], 100), np.resize([1.0, 1.0, -1.0, 1.0, 1.0, 1.0], 100))
    sessions = made([chosen] * 2, [gained] * 2)
    plain = likeness(sessions)
    assert plain.lose_shift - (1 - plain.win_stay) > 0.1
    assert reaction(sessions)[0] == pytest.approx(0.0, abs=0.05)
    # By hand: of deck 0 two losses of which one is left, one win that is left; of deck 1 neither brought both.
    one = made([[0, 0, 1, 0, 1]], [[-1.0, -1.0, 5.0, 2.0, 5.0]])
    assert reaction(one).tolist() == [0.5 - 1.0]
    assert np.isnan(reaction(made([[0, 1, 2]], [[-1.0, 1.0, 1.0]])))


def test_retests_and_time_taken():
    learns = Sessions(
        np.repeat(np.array([[[0]], [[2]]]), 100, 2).reshape(1, 2, 100).repeat(12, 0), *[np.ones((12, 2, 100))] * 2
    )
    never = Sessions(np.zeros((12, 2, 100), int), *[np.ones((12, 2, 100))] * 2)
    assert [bar.met for bar in retest_bars(learns, never)] == [True, True]
    assert [bar.met for bar in retest_bars(never, learns)] == [False, False]
    # Where nothing can be told of those without emotions it is not met: half of them learn, and half forget.
    unsure = Sessions(np.concatenate([learns.chosen[:3], learns.chosen[:3, ::-1]]), *[np.ones((6, 2, 100))] * 2)
    assert [bar.met for bar in retest_bars(learns, unsure)] == [True, False]
    assert [bar.met for bar in retest_bars(never, never)] == [False, False]
    decks = np.tile([0, 1, 2, 3], 25)
    assert deliberation_bar(made([decks], heard=4.0), made([decks], heard=6.0)).met
    assert not deliberation_bar(made([decks], heard=4.0), made([decks], heard=5.9)).met


def test_agents_are_shared_among_the_schemes_as_people_were():
    plan = groups("fear", 617)
    assert sum(group.count for group in plan if group.scheme == 1) == 132
    assert sum(group.count for group in plan) == 617
    assert (
        len({(group.scheme, seed) for group in plan for seed in range(group.first, group.first + group.count)}) == 617
    )
    with pytest.raises(InvalidArgument, match="no condition 'joy': there are intact, all, fear"):
        groups("joy", 100)
    with pytest.raises(InvalidArgument, match="3 agents are too few"):
        groups("fear", 3)


def test_agents_sit_down_at_it_and_what_they_did_is_kept(tmp_path):
    group = Group("all", 2, 0, 2, 1)
    assert [name for name, _ in runs_of([group.name], [group], tmp_path)] == [group.name]
    done = together(tmp_path, [group])
    again = sessions(group)
    for one, other in zip(done, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert done.chosen.shape == done.gained.shape == (2, 1, 100)
    assert set(np.unique(done.chosen)) <= {0, 1, 2, 3}
    # A card of A or B brings 100 less what it costs, one of C or D 50.
    costs = np.where(done.chosen < 2, 100, 50) - done.gained
    assert set(np.unique(costs[done.chosen == 1])) <= {0, 1250}
    assert set(np.unique(costs[done.chosen == 3])) <= {0, 250}
    assert kept(tmp_path, group).is_file()
    found = dict.fromkeys(CONDITIONS, likeness(done))
    bars, agents = intact_bars(found["intact"]), dict.fromkeys(CONDITIONS, 2)
    page = write_page(tmp_path / "page.html", found, {2: likeness(done)}, bars, agents)
    text = page.read_text()
    assert "2 without any emotion" in text
    assert "curve within 0.032" in text
    assert "scheme 2, people" in text
    head, intact, *others = page.with_suffix(".csv").read_text().splitlines()
    assert head.startswith("condition,agents,block 1,")
    assert len(others) == len(CONDITIONS) - 1
    assert intact.split(",")[:3] == ["intact", "2", f"{found['intact'].curve[0]:.4f}"]
    kept(tmp_path, group).write_bytes(kept(tmp_path, group).read_bytes()[:-40])
    with pytest.raises(DamagedPart, match="cannot be read"):
        together(tmp_path, [group])


def test_groups_of_one_size_share_a_compiled_program():
    sessions(Group("all", 2, 0, 2, 1))
    before = scan._fleet._cache_size()
    sessions(Group("fear", 2, 2, 2, 1))
    assert scan._fleet._cache_size() == before
