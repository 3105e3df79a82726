"""What each design choice of the learner is worth: every one taken out by itself, and the same jobs learned without it.

`python benchmarks/choices.py [CHOICE …] [--seeds S …]`: a row for each, medians over seeds, by the scan loop. A number
is marked − where every seed does worse than every seed of the learner as it is, and + where every seed does better: of
choices that make no difference, with five seeds, one number in 252 is marked by accident, each way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hard import JOBS as HARD
from options import chosen

from trainee.jobs.gymnax import GymnaxJob, gymnax_job
from trainee.learner import Constants
from trainee.life import Logbook, fleet_at, tenths

# Name: what of the table of constants is changed.
CHOICES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no memory": {"memory_gain": 0.0},
    "nothing told of what actions did of late": {"effects_gain": 0.0},
    "one horizon, of 30 steps": {"dense_horizon": 30.0, "whole_horizon": 30.0, "longest_horizon": 30.0},
    "one horizon, of 400 steps": {
        "shortest_horizon": 400.0,
        "dense_horizon": 400.0,
        "whole_horizon": 400.0,
        "longest_horizon": 400.0,
    },
    "one-step targets": {"trace": 0.0},
    "a trace that is not cut": {"trace_tolerance": 1e6},
    "an ensemble of two": {"heads": 2},
    "heads without priors": {"prior_scale": 0.0, "image_prior": 0.0},
    "no bonus for what was never tried": {"novelty_scale": 0.0},
    "a bonus that looks no step ahead": {"novelty_discount": 0.0},
    "no slow average": {"target_rate": 1.0},
    "no replay but of the newest": {"windows": 1},
    "heads in units of value": {"head_unit": 1.0},
    "no eagerness": {"eagerness": 0.0},
    "no base noise": {"any_action": 0.0},
}


def online_return(log: Logbook) -> float:
    """The mean over tenths of the steps of the mean return of the episodes that end in each."""
    return float(np.nanmean(tenths(log.episodes, 0, log.steps)))


# Name: the job, time steps, what is measured; and 1 where more is better, -1 where less is.
JOBS: dict[str, tuple[Callable[[], GymnaxJob], int, Callable[[Logbook], float], int]] = {
    "CartPole": (lambda: gymnax_job("CartPole-v1"), 50_000, online_return, 1),
    "Acrobot": (lambda: gymnax_job("Acrobot-v1"), 50_000, online_return, 1),
    "Pendulum": (*HARD["Pendulum-v1"][:3], 1),
    "MountainCarContinuous": (*HARD["MountainCarContinuous-v0"][:3], 1),
    "CartPole, velocities hidden": (*HARD["CartPole, velocities hidden"][:3], 1),
    "Delay 100": (*HARD["Delay 100"][:3], -1),
    "DeepSea 20": (*HARD["DeepSea 20"][:3], -1),
}


def measured(job: str, changes: dict[str, Any], seeds: list[int]) -> np.ndarray:
    """What each seed comes to at a job, with some constants changed; more is better."""
    make, steps, measure, sign = JOBS[job]
    logs = fleet_at(make(), steps, seeds, constants=Constants(**changes)).logbooks
    return sign * np.array([measure(log) for log in logs])


def mark(found: np.ndarray, usual: np.ndarray) -> str:
    """Whether all do worse, or better, than all of the learner as it is."""
    return " −" if found.max() < usual.min() else " +" if found.min() > usual.max() else ""


def main() -> None:
    """Print a row for each choice; the learner as it is comes first, whatever is asked for."""
    names, seeds = chosen(__doc__, CHOICES)
    print(f"| taken out | {' | '.join(JOBS)} |\n|---|{'---|' * len(JOBS)}", flush=True)
    usual: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(("as it is", *names)):
        cells = []
        for job, (*_, sign) in JOBS.items():
            found = measured(job, CHOICES[name], seeds)
            cells.append(f"{sign * np.median(found):.1f}{mark(found, usual.setdefault(job, found))}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
