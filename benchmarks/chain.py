"""Continual Gym Control: one agent at one job whose numbers are shifted anew nine times: `python benchmarks/chain.py`.

As C-CHAIN's authors define it (Tang et al. 2025, arXiv 2506.00592, after Muppidi et al. 2024, arXiv 2405.16642): ten
tasks of 200 iterations of 800 steps. To what is seen a task adds numbers that are drawn once from N(0, 2²), the first
task none. Episodes are cut after 400 steps and at the end of an iteration; a limit of the job's own does not count. The
score is the mean over iterations of the mean return of the episodes in each. Nobody tells of a new task.

A result goes to `results/chain.jsonl` as soon as it is there, and the same command goes on from what that file holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from processes import cores, outcomes
from runs import append
from table import markdown, number

from trainee import Agent
from trainee.fleet import Sleep

TASKS, ITERATIONS, STEPS, LONGEST, SHIFT = 10, 200, 800, 400, 2.0
# Published: new agents for each task, and the best of the methods at each job.
PUBLISHED = {
    "Acrobot-v1": (-126.0, -119.0),
    "CartPole-v1": (300.0, 266.0),
    "LunarLander-v3": (1.0, -7.0),
    "MountainCar-v0": (-323.0, -246.0),
}
AT_ONCE = 2
HERE = Path(__file__).parent


class Chain(gymnasium.Wrapper):
    """A job in tasks.

    Args:
      job: a Gymnasium id with a Box of one axis for its observations.
      seed: of what is added.
      iterations: of each task.

    Attributes:
      returns: of the episodes of each iteration.
    """

    def __init__(self, job: str, seed: int, iterations: int = ITERATIONS):
        super().__init__(gymnasium.make(job).unwrapped)
        numbers = self.env.observation_space.shape
        assert numbers is not None
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, numbers, np.float32)
        self._shifts = np.random.default_rng(seed).normal(0.0, SHIFT, (TASKS, *numbers))
        self._shifts[0] = 0.0
        self.returns: list[list[float]] = [[] for _ in range(TASKS * iterations)]
        self._iterations, self._steps, self._length, self._total = iterations, 0, 0, 0.0

    def reset(self, **given: Any) -> tuple[np.ndarray, dict[str, Any]]:
        observation, info = self.env.reset(**given)
        self._length, self._total = 0, 0.0
        return self._shifted(observation, self._steps), info

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, _, info = self.env.step(action)
        iteration = self._steps // STEPS
        self._steps, self._length, self._total = self._steps + 1, self._length + 1, self._total + float(reward)
        cut = not terminated and (self._length == LONGEST or self._steps % STEPS == 0)
        if (terminated or cut) and iteration < len(self.returns):
            self.returns[iteration].append(self._total)
        return self._shifted(observation, self._steps - 1), float(reward), bool(terminated), cut, info

    def _shifted(self, observation: np.ndarray, steps: int) -> np.ndarray:
        task = min(steps // (STEPS * self._iterations), TASKS - 1)
        return (observation + self._shifts[task]).astype(np.float32)


def measured(job: str, seed: int, iterations: int, asleep: bool) -> dict[str, Any]:
    """One agent at all tasks: what each of them brought, and their mean."""
    chain, agent = Chain(job, seed, iterations), Agent(seed)
    agent.learn(chain, TASKS * iterations * STEPS, name=job, callbacks=[Sleep(agent)] if asleep else [])
    each = np.array([np.mean(returns) for returns in chain.returns]).reshape(TASKS, iterations)
    tasks = each.mean(axis=1).round(2).tolist()
    return {
        "job": job,
        "seed": seed,
        "iterations": iterations,
        "asleep": asleep,
        "mean": float(each.mean()),
        "tasks": tasks,
    }


def page(results: Mapping[tuple[str, int], Mapping[str, Any]]) -> str:
    """The table, each seed in order."""
    rows = []
    for job, (fresh, best) in PUBLISHED.items():
        found = [result for (of, _), result in sorted(results.items()) if of == job]
        if found:
            seeds = ", ".join(number(one["mean"]) for one in found)
            first, last = (np.mean([one["tasks"][place] for one in found]) for place in (0, -1))
            means = np.mean([one["mean"] for one in found]), first, last
            rows.append([job, *map(number, means), seeds, number(fresh), number(best)])
    head = ["job", "mean return", "first task", "last task", "each seed", "new agents", "best published method"]
    about = "`python benchmarks/chain.py`: ten tasks of 160,000 steps, one agent that is told of none of them."
    return f"# Continual Gym Control\n\n{about}\n\n{markdown(head, rows)}\n"


def _is_of(result: Mapping[str, Any], iterations: int, asleep: bool) -> bool:
    return (result["iterations"], result["asleep"]) == (iterations, asleep)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PUBLISHED)}; by default all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--iterations", type=int, default=ITERATIONS, help="of each task; fewer are another benchmark")
    parser.add_argument("--asleep", action="store_true", help="ours sleeps")
    parser.add_argument("--results", type=Path, default=HERE / "results" / "chain.jsonl", metavar="FILE")
    parser.add_argument("--here", action="store_true", help="do the one run that is named in this process")
    chosen = parser.parse_args()
    names = chosen.names or list(PUBLISHED)
    if chosen.here:
        print(json.dumps(measured(names[0], chosen.seeds[0], chosen.iterations, chosen.asleep)))
        return 0
    lines = chosen.results.read_text().splitlines() if chosen.results.exists() else []
    known = [one for one in map(json.loads, lines) if _is_of(one, chosen.iterations, chosen.asleep)]
    results = {(one["job"], one["seed"]): one for one in known}
    options = ["--iterations", str(chosen.iterations), *(["--asleep"] if chosen.asleep else [])]
    commands = {
        (job, seed): [sys.executable, __file__, job, "--seeds", str(seed), "--here", *options]
        for job in names
        for seed in chosen.seeds
        if (job, seed) not in results
    }
    failed = 0
    with closing(outcomes(commands, cores(AT_ONCE))) as ended:
        for run, answer in ended:
            if isinstance(answer, RuntimeError):
                failed += 1
                print(*run, answer, flush=True)
                continue
            results[run] = answer
            append(chosen.results, answer)
            print(*run, f"{answer['mean']:.1f}", f"{answer['seconds'] / 60:.0f} min", flush=True)
    print(f"\n{page(results)}")
    if chosen.iterations == ITERATIONS and not chosen.asleep:
        chosen.results.with_suffix(".md").write_text(page(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
