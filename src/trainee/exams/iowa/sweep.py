"""What is run: agents as they are, without any emotion, without each of them, and some of both tested again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from trainee.exams.bars import Bar
from trainee.exams.iowa import people
from trainee.exams.iowa.load import CONDITIONS, INTACT, Group, groups, kept, together
from trainee.exams.iowa.score import (
    Likeness,
    deliberation_bar,
    intact_bars,
    lesion_bars,
    likeness,
    retest_bars,
)

LESIONED = "all"
# The first test and five more.
TESTS = 6


class Sizes(NamedTuple):
    """How many agents there are: intact, of each lesion, and of those that are tested again."""

    intact: int = 617
    lesion: int = 210
    retested: int = 42


USUAL, QUICK = Sizes(), Sizes(70, 28, 14)


class Found(NamedTuple):
    """What came of the exam: each condition, the intact agents of each scheme, how many agents a condition had, and
    the bars.
    """

    conditions: dict[str, Likeness]
    schemes: dict[int, Likeness]
    agents: dict[str, int]
    bars: list[Bar]


def planned(sizes: Sizes) -> dict[str, list[Group]]:
    """The groups of each condition; those tested again under the condition's name and `again`."""
    plan = {name: groups(name, sizes.intact if name == INTACT else sizes.lesion) for name in CONDITIONS}
    again = {f"{name} again": groups(name, sizes.retested, TESTS) for name in (INTACT, LESIONED)}
    return plan | again


def unfinished(plan: dict[str, list[Group]], home: Path) -> list[Group]:
    """The groups that are not kept yet."""
    return [group for of_one in plan.values() for group in of_one if not kept(home, group).is_file()]


def found(plan: dict[str, list[Group]], home: Path) -> Found:
    """What came of all of it, once it is done."""
    sessions = {name: together(home, of_one) for name, of_one in plan.items()}
    conditions = {name: likeness(sessions[name]) for name in CONDITIONS}
    schemes = {
        scheme: likeness(together(home, [group for group in plan[INTACT] if group.scheme == scheme]))
        for scheme in people.BLOCKS
    }
    bars = [
        *intact_bars(conditions[INTACT]),
        *lesion_bars(conditions[LESIONED], sessions),
        *retest_bars(sessions[f"{INTACT} again"], sessions[f"{LESIONED} again"]),
        deliberation_bar(sessions[INTACT], sessions[LESIONED]),
    ]
    return Found(conditions, schemes, {name: len(sessions[name].chosen) for name in CONDITIONS}, bars)
