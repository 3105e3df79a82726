"""Two jobs with the same spaces in one stream, in turns that nobody announces: `python benchmarks/twins.py [PAIR …]`.

Each is learned in a long stay. Then stays of unequal lengths follow: how many steps does it take after each switch
until the job is done as before, and how well is each done at the end? Once with effects (`learner/effects.py`), once
without.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

from trainee.fleet.trials import random_play
from trainee.jobs import make
from trainee.jobs.naming import make_env
from trainee.jobs.twins import add_twin
from trainee.learner import Constants
from trainee.life import Agent, Logbook
from trainee.life.compiled import compiled

add_twin("AcrobotReversed-v0", "Acrobot-v1", permuted=3)
add_twin("CartPoleTurned-v0", "CartPole-v1", permuted=None, turned=True)
add_twin("CatchMirrored-v0", "bsuite/catch-0", permuted=3)

# Of the way from random play to what a job brought when it was learned.
WELL = 0.8
# Episodes in a row, on the mean.
JUDGED = 3
SHORT_STAYS = 6
# Steps after a switch within which a job is to be done as before.
SOON = 200
RANDOM_EPISODES = 50


@dataclass(frozen=True)
class Pair:
    """Two jobs: the steps of the stay in which each is learned, and the fewest and the most of those that follow."""

    jobs: tuple[str, str]
    long: int
    short: tuple[int, int]

    def stays(self, seed: int) -> list[int]:
        draw = np.random.default_rng(seed)
        return [self.long, self.long, *draw.integers(*self.short, SHORT_STAYS).tolist()]


PAIRS = {
    "CartPole, swapped": Pair(("CartPole-v1", "trainee.jobs.twins:CartPoleSwapped-v0"), 15_000, (3_000, 6_000)),
    "CartPole, turned": Pair(("CartPole-v1", "CartPoleTurned-v0"), 10_000, (2_000, 5_000)),
    "Acrobot, reversed": Pair(("Acrobot-v1", "AcrobotReversed-v0"), 25_000, (4_000, 10_000)),
    "Catch, mirrored": Pair(("bsuite/catch-0", "CatchMirrored-v0"), 10_000, (2_000, 5_000)),
    "Breakout, permuted": Pair(
        ("MinAtar/Breakout-v1", "trainee.jobs.twins:BreakoutPermuted-v0"), 100_000, (10_000, 20_000)
    ),
}


class Turns(gymnasium.Env):
    """Two jobs in turns: the next one begins with the first episode after a stay is over.

    Attributes:
      begun: the step at which each stay began.
    """

    def __init__(self, pair: Pair, seed: int):
        self._envs, self._stays = [make_env(job) for job in pair.jobs], np.cumsum(pair.stays(seed))
        self.observation_space, self.action_space = self._envs[0].observation_space, self._envs[0].action_space
        self.steps, self.begun = 0, [0]

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        if len(self.begun) < len(self._stays) and self.steps >= self._stays[len(self.begun) - 1]:
            self.begun.append(self.steps)
        return self._env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        self.steps += 1
        return self._env.step(action)

    @property
    def over(self) -> bool:
        return self.steps >= self._stays[-1]

    @property
    def _env(self) -> gymnasium.Env:
        return self._envs[(len(self.begun) - 1) % 2]


def lived(pair: Pair, seeds: Sequence[int], constants: Constants) -> list[tuple[Turns, Logbook]]:
    """One agent for each seed, beside each other, until all are through."""
    turns = [Turns(pair, seed) for seed in seeds]
    jobs = [make(env, seed) for env, seed in zip(turns, seeds, strict=True)]
    agents = [Agent(seed, constants=constants) for seed in seeds]
    workers = [agent.add_worker("turns", job.codec) for agent, job in zip(agents, jobs, strict=True)]
    together = compiled(workers[0].learner)
    buffers = together.abreast([agent.state_of(worker) for agent, worker in zip(agents, workers, strict=True)])
    while not all(env.over for env in turns):
        said = [
            job.reset()
            if worker.decision is None or worker.episode_over
            else job.step(np.asarray(worker.decision.action))
            for job, worker in zip(jobs, workers, strict=True)
        ]
        buffers, decisions = together.step_abreast(buffers, said)
        for worker, time_step, decision in zip(workers, said, decisions, strict=True):
            worker.decided(time_step, decision)
    return [(env, worker.logbook) for env, worker in zip(turns, workers, strict=True)]


def late(log: Logbook, begin: int, end: int) -> float:
    """Mean return of the episodes that end in the last half of a stay."""
    from_step = end - (end - begin) // 2
    totals = [episode.total for episode in log.episodes if from_step < episode.step <= end]
    return float(np.mean(totals)) if totals else float("nan")


def until_well(log: Logbook, begin: int, end: int, enough: float) -> float:
    """Steps of a stay until the first of a few episodes that are done well on the mean; infinite if there are none."""
    inside = [episode for episode in log.episodes if begin < episode.step <= end]
    totals = [episode.total for episode in inside]
    for i in range(len(inside) - JUDGED + 1):
        if np.mean(totals[i : i + JUDGED]) >= enough:
            return float(inside[i].step - inside[i].length - begin)
    return float("inf")


def found(env: Turns, log: Logbook, random: Sequence[float]) -> tuple[list[float], list[float], list[float]]:
    """Of a life: what each job brought when it was learned, what it brings at the end, and the steps of each switch."""
    edges = [*env.begun, env.steps]
    bounds = list(itertools.pairwise(edges))
    learned = [late(log, *bounds[i]) for i in range(2)]
    last = [late(log, *bounds[-2 + i]) for i in range(2)]
    enough = [base + WELL * (own - base) for own, base in zip(learned, random, strict=True)]
    return learned, last, [until_well(log, *stay, enough[i % 2]) for i, stay in enumerate(bounds) if i > 1]


def told(values: Sequence[float], digits: int) -> str:
    return ", ".join(f"{value:,.{digits}f}" for value in values)


def rows(name: str, seeds: Sequence[int], gains: Sequence[float]) -> list[str]:
    """Of the table, one for each seed and gain."""
    pair, lines = PAIRS[name], []
    random = [random_play(job, RANDOM_EPISODES).mean for job in pair.jobs]
    for gain in gains:
        constants = dataclasses.replace(Constants(), effects_gain=gain)
        for seed, (env, log) in zip(seeds, lived(pair, seeds, constants), strict=True):
            learned, last, switches = found(env, log, random)
            digits = 2 if abs(random[0]) < 1 else 1
            cells = [told(random, digits), told(learned, digits), told(last, digits), told(switches, 0)]
            cells.append(f"{sum(steps <= SOON for steps in switches)} of {len(switches)}")
            lines.append(f"| {name} | {'with' if gain else 'without'} | {seed} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help=f"by default all: {', '.join(PAIRS)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--gains", type=float, nargs="+", default=[Constants().effects_gain, 0.0])
    chosen = parser.parse_args()
    head = ["pair", "effects", "seed", "random play", "learned", "at the end"]
    head += ["steps after each switch until done well", f"within {SOON}"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    for name in chosen.pairs or PAIRS:
        for row in rows(name, chosen.seeds, chosen.gains):
            print(row, flush=True)


if __name__ == "__main__":
    main()
