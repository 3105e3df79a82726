"""Arms: what is done to an agent's emotions and to its job. One is named `lesion-fear`, another `noise-intact`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from trainee.emotions import ABSENT, FREE
from trainee.errors import InvalidArgument
from trainee.life import lesioned
from trainee.life.levers import ALL, named
from trainee.types import EMOTIONS

RANDOM, INTACT, YOKED, TUNED = "random", "intact", "yoked", "tuned"
LESIONS = tuple(f"lesion-{name}" for name in (ALL, *EMOTIONS))
CLAMPS = tuple(f"clamp-{name}" for name in (ALL, *EMOTIONS))
# Without emotions; what the robustness of the intact agent is compared with.
BARE = LESIONS[0]


class Strength(NamedTuple):
    """How a job is disturbed, as `Disturbed` has it."""

    noise: float = 0.0
    sticky: float = 0.0
    scale: float = 1.0


DISTURBANCES = {"noise": Strength(noise=0.1), "sticky": Strength(sticky=0.25), "scale": Strength(scale=10.0)}
DISTURBED = tuple(f"{kind}-{arm}" for kind in DISTURBANCES for arm in (INTACT, BARE))
GROUPS = {"lesions": LESIONS, "clamps": CLAMPS, "disturbed": DISTURBED}
# All that can be asked for; random play and the intact agent are run in any case.
ARMS = (*LESIONS, *CLAMPS, YOKED, TUNED, *DISTURBED)
# A disturbed job is compiled anew, and so is everything when settings are tried: too long for a quick look.
QUICK_ARMS = (*LESIONS, *CLAMPS, YOKED)

# The settings of which the best, on seeds of its own, is the arm `tuned`. Each is one for all environments.
SETTINGS = ("plain", "curious", "half", "mean")
TRIED = tuple(f"try-{name}" for name in SETTINGS)

Held = Float[np.ndarray, "seeds steps emotions"]
Levels = Float[np.ndarray, " emotions"]


def chosen(asked: Sequence[str]) -> tuple[str, ...]:
    """The arms of names of arms and of groups, each once and in the order of `ARMS`; of none, all.

    Raises:
      InvalidArgument: there is no such arm.
    """
    wanted: set[str] = set()
    for name in asked:
        if name not in (*GROUPS, *ARMS, INTACT):
            raise InvalidArgument(f"there is no arm {name!r}: choose of {', '.join([*GROUPS, INTACT, *ARMS])}")
        wanted |= set(GROUPS.get(name, (name,)))
    for kind in DISTURBANCES:
        # What a disturbance costs is told of two agents, beside what they are without it.
        pair = {f"{kind}-{arm}" for arm in (INTACT, BARE)}
        wanted |= {BARE, *pair} if wanted & pair else set()
    return tuple(arm for arm in ARMS if arm in wanted) if asked else ARMS


def disturbance(arm: str) -> tuple[Strength, str]:
    """How an arm's job is disturbed, and what is done to its emotions, as the name of another arm."""
    kind, _, rest = arm.partition("-")
    return (DISTURBANCES[kind], rest) if kind in DISTURBANCES else (Strength(), arm)


def free(seeds: int, steps: int) -> Held:
    """No lever is touched."""
    return np.full((seeds, steps, len(EMOTIONS)), FREE, np.float32)


def held(arm: str, felt: Held, levels: Levels | None = None) -> Held:
    """The levels at which an arm holds emotions.

    Args:
      arm: its name.
      felt: by the intact agents of the same seeds in the same environment.
      levels: of the arm `tuned`, and of each setting that is tried for it.
    """
    if arm in (TUNED, *TRIED):
        assert levels is not None
        return np.broadcast_to(levels, felt.shape).astype(np.float32)
    if arm == YOKED:
        # What this agent feels is what the one before feels: of the same kind, at the same time, about another's life.
        return np.roll(felt, 1, axis=0)
    kind, _, name = arm.partition("-")
    if kind == "lesion":
        return np.broadcast_to(lesioned([name]), felt.shape).copy()
    result = free(*felt.shape[:2])
    if kind == "clamp":
        places = named([name])
        result[..., places] = felt.mean(axis=(0, 1))[places]
    return result


def settings(means: Sequence[Levels]) -> dict[str, Levels]:
    """What is tried for the arm `tuned`: settings of all levels, one for all environments.

      plain    nothing is felt, and the far future counts in full
      curious  the same, with curiosity where it is on the mean
      mean     every emotion where it is on the mean
      half     half way between plain and mean

    Args:
      means: what intact agents felt on the mean, in each environment.
    """
    mean = np.mean(means, axis=0).astype(np.float32)
    plain = ABSENT.copy()
    plain[EMOTIONS.index("concern")] = 1.0
    curious = plain.copy()
    curious[EMOTIONS.index("curiosity")] = mean[EMOTIONS.index("curiosity")]
    return {"plain": plain, "curious": curious, "half": (plain + mean) / 2, "mean": mean}
