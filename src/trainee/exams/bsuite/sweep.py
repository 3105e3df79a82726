"""Which of bsuite's 468 settings are run."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from trainee.errors import InvalidArgument
from trainee.exams.bsuite.load import require_bsuite, signature

# They download their images.
LEFT_OUT = ("mnist", "mnist_noise", "mnist_scale")
SELECTIONS = ("quick", "default", "full")
SEEDS = 5
# About how many steps an episode has: so many, or as the setting says.
STEPS: dict[str, int | str] = {
    "bandit": 2,
    "cartpole": 1000,
    "catch": 9,
    "deep_sea": "size",
    "discounting_chain": 100,
    "memory_len": "memory_length",
    "memory_size": 3,
    "mountain_car": 150,
    "umbrella_distract": 20,
    "umbrella_length": "chain_length",
}
# One or a few settings of most experiments, of middling difficulty, in about 20 minutes on two cores. Of cartpole's
# others there is none, as each has a million steps: catch and mountain_car too have noise and other scales.
QUICK = {
    "bandit": (0,),
    "bandit_noise": (8,),
    "bandit_scale": (0, 16),
    "cartpole": (0,),
    "catch": (0,),
    "catch_noise": (8,),
    "catch_scale": (0, 16),
    "deep_sea": (0, 5),
    "deep_sea_stochastic": (0, 5),
    "discounting_chain": (0, 2, 4),
    "memory_len": (1, 4, 9),
    "memory_size": (1, 4),
    "mountain_car": (0,),
    "mountain_car_noise": (8,),
    "mountain_car_scale": (16,),
    "umbrella_distract": (4,),
    "umbrella_length": (4, 12),
}


def selected(selection: str) -> list[str]:
    """The ids of a selection, in bsuite's order.

    Args:
      selection: `full` is all that can run; `default` every distinct setting once, and five seeds of those experiments
        whose settings do not differ; `quick` a fixed few.
    """
    if selection not in SELECTIONS:
        raise InvalidArgument(f"there is no selection {selection!r} of bsuite: choose {', '.join(SELECTIONS)}")
    sweep = require_bsuite().sweep
    ids = [bsuite_id for bsuite_id in sweep.SWEEP if _experiment(bsuite_id) not in LEFT_OUT]
    if selection == "quick":
        return [bsuite_id for bsuite_id in ids if int(bsuite_id.split("/")[1]) in QUICK.get(_experiment(bsuite_id), ())]
    if selection == "full":
        return ids
    return [bsuite_id for _, same in groupby(ids, _experiment) for bsuite_id in _distinct(list(same), sweep.SETTINGS)]


def experiments() -> list[str]:
    """The names of those that can run here, in bsuite's order."""
    return list(dict.fromkeys(map(_experiment, selected("full"))))


def unfinished(ids: Sequence[str], results: Path) -> list[str]:
    """The ids whose records do not reach their last episode."""
    episodes = require_bsuite().sweep.EPISODES
    return [bsuite_id for bsuite_id in ids if _recorded(record(bsuite_id, results)) < episodes[bsuite_id]]


def steps(bsuite_id: str) -> float:
    """About how many steps a setting takes."""
    sweep, experiment = require_bsuite().sweep, _experiment(bsuite_id)
    kind = next(kind for kind in sorted(STEPS, key=len, reverse=True) if experiment.startswith(kind))
    known = STEPS[kind]
    length = known if isinstance(known, int) else sweep.SETTINGS[bsuite_id][known] + 1
    return float(length * sweep.EPISODES[bsuite_id])


def groups(ids: Sequence[str]) -> list[list[str]]:
    """The ids that can be worked at side by side; groups and the ids in each with the longest first."""
    alike: dict[str, list[str]] = {}
    for bsuite_id in sorted(ids, key=steps, reverse=True):
        alike.setdefault(signature(bsuite_id), []).append(bsuite_id)
    return sorted(alike.values(), key=lambda group: sum(map(steps, group)), reverse=True)


def record(bsuite_id: str, results: Path) -> Path:
    """Where bsuite's recorder keeps what it saw."""
    return results / f"bsuite_id_-_{bsuite_id.replace('/', '-')}.csv"


def _recorded(path: Path) -> int:
    """The last episode in a record; 0 where there is none, or it was cut short."""
    try:
        with path.open() as file:
            return max((int(row["episode"]) for row in csv.DictReader(file)), default=0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _distinct(ids: list[str], settings: Any) -> list[str]:
    kinds: dict[Any, list[str]] = {}
    for bsuite_id in ids:
        kind = tuple((name, value) for name, value in settings[bsuite_id].items() if not name.endswith("seed"))
        kinds.setdefault(kind, []).append(bsuite_id)
    return next(iter(kinds.values()))[:SEEDS] if len(kinds) == 1 else [same[0] for same in kinds.values()]


def _experiment(bsuite_id: str) -> str:
    return bsuite_id.split("/", maxsplit=1)[0]
