"""What came of the exam: of each emotion, of each arm, and of each disturbance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainee.exams.emotions.arms import BARE, CLAMPS, DISTURBANCES, DISTURBED, INTACT, LESIONS, RANDOM, TUNED
from trainee.exams.emotions.score import ByPlace, Loss, Place, Robustness, Worth, loss, places, robustness, verdict
from trainee.exams.emotions.sweep import Selection, chosen_setting
from trainee.types import EMOTIONS


@dataclass(frozen=True)
class Scores:
    """What came of the exam.

    Attributes:
      seeds: agents in each arm.
      steps: of an agent, in all environments together.
      emotions: what each is worth, of those of which both the lesion and the clamp were run.
      losses: of each arm beside the intact agent.
      robustness: of each disturbance.
      places: the environments that count.
      left_out: those in which no episode ended in some life, or all lives came to the same.
      setting: the best of the settings that were tried; empty where none was.
    """

    seeds: int
    steps: int
    emotions: list[Worth]
    losses: dict[str, Loss]
    robustness: list[Robustness]
    places: list[Place]
    left_out: list[str]
    setting: str


def scored(asked: Selection, home: Path) -> Scores:
    """The scores of what is kept, once all of it is.

    Raises:
      DamagedPart: something is missing, or not what was written.
    """
    online: dict[str, ByPlace] = {
        arm: {name: lives.online for name, lives in asked.recalled(home, arm).items()}
        for arm in (RANDOM, INTACT, *asked.arms)
    }
    intact = online[INTACT]
    where = [
        place
        for place in places(intact, online[RANDOM])
        if all(np.isfinite(found[place.name]).all() for found in online.values())
    ]
    counted = {place.name for place in where}
    left_out = [one.name for one in asked.environments if one.name not in counted]
    lived = sum(one.steps for one in asked.environments)
    if not where:
        return Scores(asked.workplace.seeds, lived, [], {}, [], [], left_out, "")
    losses = {arm: loss(arm, where, intact, online[arm]) for arm in asked.arms if arm not in DISTURBED}
    disturbed = {kind: [f"{kind}-{arm}" for arm in (INTACT, BARE)] for kind in DISTURBANCES}
    return Scores(
        asked.workplace.seeds,
        lived,
        [_worth(name, losses) for name in EMOTIONS if {f"lesion-{name}", f"clamp-{name}"} <= set(losses)],
        losses,
        [
            robustness(kind, where, [intact, online[BARE]], [online[arm] for arm in arms])
            for kind, arms in disturbed.items()
            if {*arms, BARE} <= set(online)
        ],
        where,
        left_out,
        chosen_setting(asked, home) if TUNED in asked.arms else "",
    )


def _worth(emotion: str, losses: dict[str, Loss]) -> Worth:
    lesion, clamp = (losses[f"{kind}-{emotion}"].whole for kind in ("lesion", "clamp"))
    return Worth(emotion, lesion, clamp, verdict(lesion, clamp))


def titles() -> dict[str, str]:
    """What each arm is, in a few words."""
    told = {
        f"{kind}-{name}": f"{word} {name}"
        for kind, word in (("lesion", "without"), ("clamp", "held:"))
        for name in EMOTIONS
    }
    whole = {LESIONS[0]: "without any emotion", CLAMPS[0]: "all held at their means"}
    return {**whole, **told, "yoked": "tied to another agent's", TUNED: "one setting for all"}
