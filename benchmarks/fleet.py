"""How much longer a fleet takes than one learner: `python benchmarks/fleet.py`.

Learners at a JAX CartPole by the scan loop: one seed, then sixteen under `vmap`, in turns, compiled beforehand.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from trainee import fleet_at
from trainee.jobs import gymnax_job
from trainee.life.runtime import cores

JOB, SEEDS, STEPS, ROUNDS = "CartPole-v1", 16, 5_000, 5
BAR = 8.0


def seconds(job: object, seeds: int) -> float:
    """How long so many learners take."""
    begun_s = time.perf_counter()
    fleet_at(job, STEPS, range(seeds))
    return time.perf_counter() - begun_s


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a fleet of sixteen seeds against one seed.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    job = gymnax_job(JOB)
    for count in (1, SEEDS):
        seconds(job, count)
    rounds = [(seconds(job, 1), seconds(job, SEEDS)) for _ in range(ROUNDS)]
    one, fleet = (float(np.median(times)) for times in zip(*rounds, strict=True))
    report = {"job": JOB, "steps": STEPS, "cores": cores(), "one_s": one, "fleet_s": fleet, "ratio": fleet / one}
    told = f"{SEEDS} seeds take {fleet / one:.1f} times as long as one ({fleet:.2f} s and {one:.2f} s, bar {BAR:g})"
    print(json.dumps(report) if chosen.json else told)


if __name__ == "__main__":
    main()
