"""What came of the exam: of each emotion, of each arm, and of each disturbance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainee.exams.bars import Bar
from trainee.exams.emotions.arms import BARE, CLAMPS, DISTURBANCES, DISTURBED, INTACT, LESIONS, RANDOM, TUNED
from trainee.exams.emotions.score import (
    ByPlace,
    Estimate,
    Loss,
    Place,
    Robustness,
    Worth,
    loss,
    places,
    robustness,
    verdict,
)
from trainee.exams.emotions.sweep import Selection, chosen_setting
from trainee.types import EMOTIONS

MINUS = "−"


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
      left_out: those in which no episode ended in some random life, or all lives came to the same.
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
    online = _as_bad_as_can_be(
        {
            arm: {name: lives.online for name, lives in asked.recalled(home, arm).items()}
            for arm in (RANDOM, INTACT, *asked.arms)
        }
    )
    intact, others = online[INTACT], [online[arm] for arm in asked.arms if arm not in DISTURBED]
    where = [
        place
        for place in places(intact, online[RANDOM], others)
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


def _as_bad_as_can_be(online: Mapping[str, ByPlace]) -> dict[str, ByPlace]:
    """A life in which no episode ended counts as the worst there was at its environment: were the environment left out,
    who does worst there would be none the worse for it. Random play is left as it is.
    """
    least = {
        name: min(found[name][np.isfinite(found[name])].min(initial=np.inf) for found in online.values())
        for name in online[RANDOM]
    }
    return {
        arm: found
        if arm == RANDOM
        else {name: np.where(np.isfinite(lives), lives, least[name]) for name, lives in found.items()}
        for arm, found in online.items()
    }


def bars(scores: Scores) -> list[Bar]:
    """What is asked: that intact agents do better than every other arm, and lose less where the job is disturbed."""
    names = titles()
    return [
        *(
            Bar(f"intact agents do better than those {names[arm]}", told(one.whole), one.whole.low > 0)
            for arm, one in scores.losses.items()
        ),
        *(
            Bar(f"{one.kind} costs intact agents less than those without emotions", told(one.more), one.more.low > 0)
            for one in scores.robustness
        ),
    ]


def told(one: Estimate) -> str:
    """An estimate as text: `0.12 [0.05, 0.20]`."""
    return f"{share(one.mean)} [{share(one.low)}, {share(one.high)}]"


def share(number: float) -> str:
    """A number of units, with two decimals."""
    return f"{round(number, 2) + 0.0:.2f}".replace("-", MINUS)


def _worth(emotion: str, losses: dict[str, Loss]) -> Worth:
    lesion, clamp = (losses[f"{kind}-{emotion}"].whole for kind in ("lesion", "clamp"))
    return Worth(emotion, lesion, clamp, verdict(lesion, clamp))


def titles() -> dict[str, str]:
    """What each arm is, in a few words."""
    single = {
        f"{kind}-{name}": f"{word} {name}"
        for kind, word in (("lesion", "without"), ("clamp", "held:"))
        for name in EMOTIONS
    }
    whole = {LESIONS[0]: "without any emotion", CLAMPS[0]: "all held at their means"}
    return {**whole, **single, "yoked": "tied to another agent's", TUNED: "one setting for all"}
