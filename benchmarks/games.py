"""Harder jobs of Gymnasium's, with defaults, by the host loop: classic control, MuJoCo, MinAtar; a run on each core.

`pip install 'trainee[bench]'`, then `python benchmarks/games.py [NAME …] [--seeds S …]`. MinAtar is under the GPL, and
nothing of ours depends on it.
"""

from __future__ import annotations

import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec

from meter import tenths
from options import chosen
from registered import registered

import trainee
from trainee.life.runtime import cores

# Steps, and what there is to compare with: for MinAtar stream-Q and SB3's DQN with defaults on flattened observations,
# one seed each; for LunarLander SB3's DQN with the zoo's settings and PPO; for MuJoCo SAC as published for v4.
JOBS = {
    "Pendulum-v1": (20_000, ""),
    "MountainCarContinuous-v0": (50_000, ""),
    "LunarLander-v3": (200_000, "140, 4"),
    "HalfCheetah-v5": (100_000, "6156"),
    "Hopper-v5": (100_000, "1103"),
    "Walker2d-v5": (100_000, "690"),
    "MinAtar/Breakout-v1": (200_000, "4.4, 2.2"),
    "MinAtar/Asterix-v1": (200_000, "0.5, 0.6"),
    "MinAtar/SpaceInvaders-v1": (200_000, "11.4, 8.9"),
    "MinAtar/Freeway-v1": (200_000, "21.3, 5.1"),
    "MinAtar/Seaquest-v1": (200_000, "0.2, 0.6"),
}


def measured(job: str, steps: int, seed: int) -> tuple[float, float, float]:
    """Online return, the last tenth's, and steps a second."""
    agent = trainee.Agent(seed)
    stint = agent.learn(registered(job), steps)
    ended = [(episode.step, episode.total) for episode in agent.workers[job].logbook.episodes]
    last = tenths(ended, steps)[-1]
    return stint.online_return, float("nan") if last is None else last, stint.steps_per_second


def main() -> None:
    """Print a line for each job: the mean over the seeds, and every seed."""
    names, seeds = chosen(__doc__, JOBS)
    if any(name.startswith("MinAtar/") for name in names) and find_spec("minatar") is None:
        raise SystemExit("MinAtar is not installed: pip install minatar")
    logging.disable(logging.WARNING)
    print(
        "| job | steps | online return | each seed | last tenth | steps/s | others |\n|---|---|---|---|---|---|---|",
        flush=True,
    )
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores(), mp_context=context) as pool:
        runs = {name: [pool.submit(measured, name, JOBS[name][0], seed) for seed in seeds] for name in names}
        for name, waiting in runs.items():
            online, last, speed = zip(*[run.result() for run in waiting], strict=True)
            each = ", ".join(f"{value:.1f}" for value in online)
            means = [sum(column) / len(column) for column in (online, last, speed)]
            steps, others = JOBS[name]
            row = f"| {name} | {steps:,} | {means[0]:.1f} | {each} | {means[1]:.1f} | {means[2]:,.0f} | {others} |"
            print(row, flush=True)


if __name__ == "__main__":
    main()
