"""Ours and its peers, side by side in one run: `python benchmarks/compare.py`, or `make bench`.

Each measurement is a process of its own on one core: first the speeds, strictly one at a time, then the online returns,
two at a time. A result goes to `results/classic.jsonl` as soon as it is there, and the same command goes on from what
that file holds; the tables go to `results/classic.md`.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from peers import INSTALL, ZOO
from processes import cores, outcomes
from runs import RETURNS, Results, Run, append, kept, missing_returns, missing_rounds, read, seconds_left, write
from table import LEARNERS, page

HERE = Path(__file__).resolve().parent
STEPS = {"CartPole-v1": 50_000, "Acrobot-v1": 100_000, "MountainCar-v0": 150_000}
SPEED_JOB, SPEED_STEPS, ROUNDS = "CartPole-v1", 20_480, 3
AT_ONCE = 2
# Runs, and the cores that they share.
Phase = tuple[Sequence[Run], Sequence[int]]


def command(run: Run, peers_python: str) -> list[str]:
    """How a run is started."""
    if run.learner == "ours":
        start = [sys.executable, str(HERE / "ours.py")]
    else:
        start = [peers_python, str(HERE / "peers.py"), run.learner]
    return [*start, run.job, "--steps", str(run.steps), "--seed", str(run.seed), "--json"]


def has_peers(python: str) -> bool:
    """Whether that Python has what `peers.py` needs."""
    look = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ('torch', 'stable_baselines3'))))"
    return subprocess.run([python, "-c", look], check=False).returncode == 0


def planned(jobs: Sequence[str], steps: int | None, seeds: Sequence[int], learners: Sequence[str]) -> list[Run]:
    """The runs for the online returns, each once. DQN is left out where it has no published settings."""
    runs = [
        Run(RETURNS, job, learner, steps or STEPS[job], seed)
        for job, seed, learner in itertools.product(jobs, seeds, learners)
    ]
    return [run for run in dict.fromkeys(runs) if run.learner != "dqn" or run.job in ZOO]


def measure(phases: Sequence[Phase], results: Results, file: Path, peers_python: str) -> int:
    """Run the phases one after another, write each result down at once, say how far it is.

    Returns:
      How many runs failed. They have no result, so that the same command tries them again.
    """
    waiting = [list(runs) for runs, _ in phases]
    count, failed = sum(map(len, waiting)), 0
    for (runs, on), remaining in zip(phases, waiting, strict=True):
        with closing(outcomes({run: command(run, peers_python) for run in runs}, on)) as ended:
            for run, answer in ended:
                remaining.remove(run)
                place = f"[{count - sum(map(len, waiting))}/{count}] {run}:"
                if isinstance(answer, RuntimeError):
                    failed += 1
                    print(place, answer, flush=True)
                    continue
                results[run] = {**answer, **asdict(run)}
                append(file, results[run])
                left_s = sum(
                    seconds_left(results, runs, len(on)) for runs, (_, on) in zip(waiting, phases, strict=True)
                )
                print(place, summary(answer), f"(about {duration(left_s)} left)", flush=True)
    return failed


def summary(answer: Mapping[str, Any]) -> str:
    """A result in a few words; a run that was too short has neither number."""
    value, speed = answer["online_return"], answer["steps_per_second"]
    parts = [f"online return {value:.1f}"] if value is not None else []
    parts += [f"{speed:,.0f} steps/s"] if speed is not None else []
    return ", ".join([*parts, f"took {duration(answer['seconds'])}"])


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure ours and Stable-Baselines3's PPO and DQN side by side.")
    parser.add_argument("--quick", action="store_true", help="CartPole-v1 only, one seed, one round of speed")
    parser.add_argument("--only-speed", action="store_true", help="leave out the online returns")
    parser.add_argument("--jobs", nargs="+", metavar="JOB", help=f"Gymnasium ids; by default {' '.join(STEPS)}")
    parser.add_argument("--steps", type=int, help="of each job; by default what its bar asks for")
    parser.add_argument("--seeds", nargs="+", type=int, metavar="SEED", help="by default 0 1 2 3 4")
    parser.add_argument("--learners", nargs="+", choices=list(LEARNERS), default=list(LEARNERS))
    parser.add_argument("--again", nargs="+", choices=list(LEARNERS), default=[], help="forget these learners' results")
    parser.add_argument("--peers-python", default=sys.executable, metavar="PATH", help="a Python that has the peers")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="DIR")
    chosen = parser.parse_args(words)
    chosen.rounds = 1 if chosen.quick else ROUNDS
    chosen.jobs = chosen.jobs or ([SPEED_JOB] if chosen.quick else list(STEPS))
    chosen.seeds = chosen.seeds or ([0] if chosen.quick else [0, 1, 2, 3, 4])
    if chosen.steps is not None and chosen.steps < 1:
        parser.error(f"--steps is {chosen.steps}; it must be 1 or more")
    unknown = [job for job in chosen.jobs if job not in STEPS]
    if unknown and chosen.steps is None:
        parser.error(f"how many steps at {', '.join(unknown)}? Add --steps N")
    return chosen


def main(words: Sequence[str] | None = None) -> int:
    chosen = arguments(words)
    learners = list(dict.fromkeys(chosen.learners))
    if set(learners) - {"ours"} and not has_peers(chosen.peers_python):
        learners = [learner for learner in learners if learner == "ours"]
        print(INSTALL, "Until then ours runs alone.\n" if learners else "", sep="\n", flush=True)
    if not learners:
        return 1
    file, on = chosen.results / "classic.jsonl", cores(AT_ONCE)
    results = kept(read(file), chosen.again)
    speeds = missing_rounds(SPEED_JOB, SPEED_STEPS, learners, chosen.rounds, results)
    returns = planned(chosen.jobs, chosen.steps, chosen.seeds, learners)
    returns = [] if chosen.only_speed else missing_returns(returns, results)
    results = {run: result for run, result in results.items() if run not in speeds}
    write(file, results)
    failed = measure([(speeds, on[:1]), (returns, on)], results, file, chosen.peers_python)
    if results:
        report = file.with_suffix(".md")
        report.write_text(page(results))
        print(f"\n{page(results)}\n{report}")
    return 1 if failed else 0


def ended(main: Callable[[], int]) -> NoReturn:
    """End the program as `main` does; where it is broken off, say that nothing is lost."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped. What was measured is kept; the same command goes on from there.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    ended(main)
