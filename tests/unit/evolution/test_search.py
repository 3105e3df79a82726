"""The search: small agents in one family of worlds, so that one compiled program is enough for all of this."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from command_line import runner
from trainee.errors import DamagedPart, InvalidArgument, NewerFormat, NothingSaved
from trainee.evolution import Comparison, Generation, Journal, Plan, compared, evolved, fields, opened
from trainee.evolution.journal import NAME
from trainee.evolution.lives import by_chance, lived
from trainee.evolution.strategy import asked, centre
from trainee.learner import Constants

pytestmark = pytest.mark.long

BASE = dataclasses.replace(Constants(), heads=3, windows=2, window_steps=3, prior_width=8)
PLAN = Plan(population=4, steps=1000, worlds=1, width=8, families=("steer",), base=BASE)


def ran(home, generations, plan=PLAN):
    journal = opened(home, plan)
    for grown in evolved(home, journal, generations):
        journal = grown
    return journal


def without_time(journal):
    return [(one.number, one.places, one.fitness) for one in journal.generations]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A home with two generations."""
    home = tmp_path_factory.mktemp("kept")
    ran(home, 2)
    return home


def test_each_number_reaches_the_learner():
    start = PLAN.values(PLAN.start())
    changed = np.tile(start, (len(start) + 2, 1))
    for i, field in enumerate(PLAN.fields):
        changed[i, i] = field.low if field.place(start[i]) > 0.5 else field.high
    alike = {field.name for field in PLAN.fields}
    # A short life need not show each of them: one of three does.
    for draw in (1, 2, 3):
        keys = PLAN.keys(draw, "steer", 1)[np.zeros(len(changed), int)]
        *earned, shipped, same = lived("steer", PLAN.setting, changed, keys)
        assert shipped == same
        alike &= {field.name for field, one in zip(PLAN.fields, earned, strict=True) if one == shipped}
    # Here all lines are equally long, whatever their mean is taken over; curiosity costs no more than work; and the few
    # heads there are are all heard. Lines are shorter than any horizon. Actions lie on lines: some is of choices alone.
    horizons, of_choices = {"dense_horizon", "whole_horizon"}, {"learning_rate", "novelty_scale"}
    assert alike <= {"memory_lines", "curiosity_thrift", "sureness", "urgency_rate", *horizons, *of_choices}


def test_worlds_differ_between_draws_and_are_the_same_for_the_same_draw():
    first, again, second = (by_chance("steer", 1000, PLAN.keys(draw, "steer", 2)).online for draw in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert len({*first.tolist(), *second.tolist()}) == 4


def test_what_is_broken_off_goes_on_as_it_would_have(kept, tmp_path):
    ran(tmp_path, 1)
    # Nothing is left of the first run but its journal.
    resumed = ran(tmp_path, 2)
    assert without_time(resumed) == without_time(opened(kept, None))
    assert [one.number for one in resumed.generations] == [1, 2]
    first, second = resumed.generations
    assert first.places != second.places
    assert len({*first.fitness}) > 1


def test_nothing_is_run_again_where_all_is_done(kept):
    before = (kept / NAME).read_bytes()
    assert len(ran(kept, 2).generations) == 2
    assert (kept / NAME).read_bytes() == before


def test_it_goes_where_fitness_is():
    """On a made-up slope: the higher the first number and the lower the second, the better."""
    plan = Plan(("learning_rate", "prior_scale"), population=8)
    journal = Journal(plan)
    for number in range(1, 16):
        places = asked(journal)
        assert ((places >= 0) & (places <= 1)).all()
        earned = (places[:, 0] - places[:, 1]).tolist()
        journal = journal.grown(Generation(number, places.tolist(), earned, 0.0))
    assert centre(journal)[0] > 0.9
    assert centre(journal)[1] < 0.1


def test_what_was_found_is_compared_in_worlds_of_their_own(kept, tmp_path):
    (tmp_path / NAME).write_bytes((kept / NAME).read_bytes())
    journal = compared(tmp_path, opened(tmp_path, PLAN), 3)
    comparison = journal.comparison
    assert list(comparison.gains) == ["steer"]
    assert len(comparison.gains["steer"]) == 3
    assert comparison.mean == pytest.approx(np.mean(comparison.gains["steer"]))
    assert comparison.low <= comparison.mean <= comparison.high
    assert list(comparison.table) == list(PLAN.names)
    for field in PLAN.fields:
        assert field.low <= comparison.table[field.name] <= field.high
    # It is kept, and of the same is not made again.
    assert opened(tmp_path, PLAN).comparison == comparison
    assert compared(tmp_path, journal, 3) is journal


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.1, 0.2, "significantly better"), (-0.2, -0.1, "significantly worse"), (-0.1, 0.1, "no difference")],
)
def test_the_verdict_goes_by_the_interval(low, high, told):
    assert told in Comparison(3, {}, {}, 0.0, low, high).verdict


@pytest.mark.parametrize(
    ("asked_for", "told"),
    [
        ({"population": 3}, "population must be a whole number from 4 "),
        ({"steps": 999}, "steps must be a whole number from 1,000 "),
        ({"worlds": 0}, "worlds must be a whole number from 1 "),
        ({"seed": -1}, "seed must be"),
        ({"width": 0}, "width must be"),
        ({"families": ("steer", "sail")}, "each once, not 'sail'"),
        ({"families": ()}, "not none"),
        ({"families": ("steer", "steer")}, "not steer, steer"),
        ({"names": ("trace", "heads")}, "'heads' cannot be searched for"),
        ({"base": dataclasses.replace(BASE, trace=0.5)}, "trace is 0.5, which is not between"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(asked_for, told):
    with pytest.raises(InvalidArgument, match=told):
        dataclasses.replace(PLAN, **asked_for)


def test_another_plan_in_the_same_home_is_refused(kept):
    with pytest.raises(InvalidArgument, match="has population 4, not 5; seed 0, not 2: ask for the same"):
        opened(kept, dataclasses.replace(PLAN, population=5, seed=2))
    # The table that is shipped may have changed since: it goes on from the one that it began with.
    later = dataclasses.replace(PLAN, base=dataclasses.replace(BASE, trace=0.9))
    assert opened(kept, later).plan == PLAN
    # Not so the learner: what its tables earned would stand beside what another's do.
    with pytest.raises(InvalidArgument, match=f"has code {PLAN.code}, not another: "):
        opened(kept, dataclasses.replace(PLAN, code="another"))


def test_an_emotion_is_looked_for_around_what_the_search_began_with():
    plan = dataclasses.replace(PLAN, names=("trace", "fear_stays"), base=dataclasses.replace(BASE, fear_stays=0.9))
    of_fear = plan.fields[1]
    assert (of_fear.low, of_fear.high) == (pytest.approx(0.18), 0.999)
    assert plan.values(plan.start())[1] == pytest.approx(0.9)


def test_where_nothing_is_kept_nothing_is_compared(tmp_path):
    with pytest.raises(NothingSaved, match="no search is kept in"):
        opened(tmp_path, None)
    with pytest.raises(NothingSaved, match="has no generation yet"):
        compared(tmp_path, opened(tmp_path, PLAN), 1)


def test_damage_is_told(kept, tmp_path):
    told = (kept / NAME).read_text()
    for damaged in ("", told[:-9], "[]", told.replace('"fitness"', '"fit"', 1), told.replace('"plan"', '"plane"')):
        (tmp_path / NAME).write_text(damaged)
        with pytest.raises(DamagedPart, match="cannot be read"):
            opened(tmp_path, None)


def test_what_a_later_version_wrote_is_refused(kept, tmp_path):
    told = json.loads((kept / NAME).read_text())
    (tmp_path / NAME).write_text(json.dumps({**told, "format": 2}))
    with pytest.raises(NewerFormat, match="was written by a later version"):
        opened(tmp_path, None)
    told["plan"]["base"]["unheard_of"] = 1.0
    (tmp_path / NAME).write_text(json.dumps(told))
    with pytest.raises(NewerFormat, match="another table of constants"):
        opened(tmp_path, None)


def test_on_the_command_line_a_search_goes_on(kept, tmp_path, monkeypatch, capsys):
    (tmp_path / NAME).write_bytes((kept / NAME).read_bytes())
    run = runner(monkeypatch, capsys)
    plan = ("--population", 4, "--steps", 1000, "--worlds", 1, "--width", 8, "--family", "steer")
    arguments = ("evolve", "--home", tmp_path, "--held-out", 3)
    code, out, err = run(*arguments, "--generations", 3, *plan)
    assert (code, err) == (0, "")
    progress, heading, *_, last = out.splitlines()
    assert progress.startswith("[3/3] fitness ")
    assert progress.endswith("min left)")
    assert heading.split() == ["constant", "shipped", "found"]
    assert last.startswith("all ")
    rate = next(line for line in out.splitlines() if line.startswith("learning_rate"))
    assert float(rate.split()[1]) == BASE.learning_rate
    code, out, _ = run(*arguments, "--generations", 0, "--json")
    told = json.loads(out)
    assert (code, told["generations"], list(told["gains"])) == (0, 3, ["steer"])
    assert set(told["table"]) == {field.name for field in fields()}
