"""Ours beside Stable-Baselines3's learners where that takes long: MinAtar beside DQN, MuJoCo beside SAC.

`python benchmarks/beside.py [NAME …] [--seeds S …]`, each run a process on one core. A result goes to
`results/beside.jsonl` as soon as it is there, and the same command goes on from what that file holds; the table goes to
`results/beside.md`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from compare import AT_ONCE, HERE, ended, has_peers, measure
from peers import INSTALL
from processes import cores
from runs import RETURNS, Results, Run, missing_returns, read, write
from table import markdown, number

# The peer, and how many steps.
JOBS = {
    "HalfCheetah-v5": ("sac", 100_000),
    "Hopper-v5": ("sac", 100_000),
    "Walker2d-v5": ("sac", 100_000),
    "MinAtar/Breakout-v1": ("dqn", 1_000_000),
    "MinAtar/Asterix-v1": ("dqn", 1_000_000),
    "MinAtar/SpaceInvaders-v1": ("dqn", 1_000_000),
    "MinAtar/Freeway-v1": ("dqn", 1_000_000),
    "MinAtar/Seaquest-v1": ("dqn", 1_000_000),
}
HEADER = ["job, steps", "learner", "online return", "last tenth", "steps a second"]


def planned(jobs: Sequence[str], seeds: Sequence[int]) -> list[Run]:
    """The runs: of the peer one seed, of ours all that are given."""
    peers = [Run(RETURNS, job, *JOBS[job], 0) for job in jobs]
    return peers + [Run(RETURNS, job, "ours", JOBS[job][1], seed) for job in jobs for seed in seeds]


def page(results: Results) -> str:
    """The table: the peer's row and ours, each seed in order."""
    rows = []
    for job, (peer, steps) in JOBS.items():
        for learner in (peer, "ours"):
            found = [results[run] for run in results if run == Run(RETURNS, job, learner, steps, run.seed)]
            if not found:
                continue
            columns = [[one["online_return"] for one in found], [one["tenths"][-1] for one in found]]
            cells = [", ".join("–" if value is None else number(value) for value in column) for column in columns]
            speed = max(one["steps_per_second"] or 0.0 for one in found)
            rows.append([f"{job}, {steps:,}", learner, *cells, f"{speed:,.0f}"])
    return (
        "# Beside Stable-Baselines3's learners\n\n`python benchmarks/beside.py`: SAC at MuJoCo and DQN at MinAtar with "
        "their defaults and seed 0, ours with its own; seeds in order, each run on one core.\n\n"
        + markdown(HEADER, rows)
        + "\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(JOBS)}; by default all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="of ours")
    parser.add_argument("--peers-python", default=sys.executable, metavar="PATH", help="a Python that has the peers")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="DIR")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in JOBS]
    if unknown:
        parser.error(f"no job is named {', '.join(unknown)}: there are {', '.join(JOBS)}")
    if not has_peers(chosen.peers_python):
        print(INSTALL, file=sys.stderr)
        return 1
    file = chosen.results / "beside.jsonl"
    results = read(file)
    write(file, results)
    waiting = missing_returns(planned(chosen.names or list(JOBS), chosen.seeds), results)
    failed = measure([(waiting, cores(AT_ONCE))], results, file, chosen.peers_python)
    file.with_suffix(".md").write_text(page(results))
    print(f"\n{page(results)}")
    return 1 if failed else 0


if __name__ == "__main__":
    ended(main)
