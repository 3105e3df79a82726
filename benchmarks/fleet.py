"""How much longer a fleet takes than one learner, and how much more two workers do: `python benchmarks/fleet.py`.

Learners at a JAX CartPole by the scan loop: one seed, then sixteen and 64 under `vmap`, in turns, compiled beforehand.
Then `trainee fleet` with one worker, and with two at twins, in turns: steps a second of all workers together.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time

import numpy as np

from trainee import fleet_at
from trainee.jobs import gymnax_job
from trainee.life.runtime import cores

JOB, STEPS, ROUNDS = "CartPole-v1", 5_000, 5
# How many times as long as one so many seeds may take.
BARS = {16: 8.0, 64: 16.0}
# Jobs of two workers that do as much as each other, steps of each, and how many times as much as one they are to do.
WORKERS, WORKERS_STEPS, WORKERS_ROUNDS, WORKERS_BAR = (JOB, "trainee.jobs.twins:CartPoleSwapped-v0"), 30_000, 3, 1.8


def seconds(job: object, seeds: int) -> float:
    """How long so many learners take."""
    begun_s = time.perf_counter()
    fleet_at(job, STEPS, range(seeds))
    return time.perf_counter() - begun_s


def abreast() -> dict[int, float]:
    """How many times as long as one seed so many take: the medians of some rounds."""
    job = gymnax_job(JOB)
    for count in (1, *BARS):
        seconds(job, count)
    rounds = [[seconds(job, count) for count in (1, *BARS)] for _ in range(ROUNDS)]
    one, *fleets = np.median(rounds, axis=0)
    return {count: float(fleet / one) for count, fleet in zip(BARS, fleets, strict=True)}


def speed(workers: int) -> float:
    """Steps a second of so many workers together, each as it was last heard of."""
    with tempfile.TemporaryDirectory() as home:
        options = ["--steps", str(WORKERS_STEPS), "--home", f"{home}/crew", "--json"]
        command = [sys.executable, "-m", "trainee.cli", "fleet", *WORKERS[:workers], *options]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    told = [line for line in map(json.loads, lines) if line.get("kind") == "going"]
    return sum({line["job"]: line["speed"] for line in told}.values())


def main() -> None:
    parser = argparse.ArgumentParser(description="Time fleets against one learner, and two workers against one.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    ratios = abreast()
    more = float(np.median([speed(2) / speed(1) for _ in range(WORKERS_ROUNDS)]))
    told = [
        f"{count} seeds take {ratio:.1f} times as long as one (bar {BARS[count]:g})" for count, ratio in ratios.items()
    ]
    told.append(f"two workers do {more:.2f} times as many steps a second as one (bar {WORKERS_BAR:g})")
    report = {"job": JOB, "cores": cores(), "times_as_long": ratios, "two_workers": more}
    print(json.dumps(report) if chosen.json else "\n".join(told))


if __name__ == "__main__":
    main()
