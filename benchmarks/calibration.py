"""How many of the returns to come lie within a decision's interval: `python benchmarks/calibration.py`.

Of the steps in the second half of a stream, those whose episode ended. The return of one is what came after it,
discounted as the decision says; at a time limit the value stands for what would have followed. So a value is held
against itself in part; those returns are counted by themselves as well of which that is less than a tenth.
"""

from __future__ import annotations

from typing import NamedTuple

import gymnasium
import numpy as np
from options import chosen

import trainee

# Of a return, what a value may stand for where it is held against what came.
OWN = 0.1
# Name: time steps, and the longest episode where it is not the usual one. The numbers by which intervals are set right
# were chosen at the first six, and not at the others.
JOBS: dict[str, tuple[int, int | None]] = {
    "CartPole-v1": (40_000, None),
    "Acrobot-v1": (40_000, None),
    "MountainCar-v0": (60_000, None),
    "Pendulum-v1": (20_000, None),
    "FrozenLake-v1": (20_000, None),
    "Blackjack-v1": (20_000, None),
    "FrozenLake8x8-v1": (40_000, None),
    "Taxi-v3": (40_000, None),
    "CliffWalking-v1": (40_000, None),
    "MountainCarContinuous-v0": (40_000, None),
    "CartPole-v1, 5,000 steps long": (80_000, 5_000),
    "Pendulum-v1, 2,000 steps long": (40_000, 2_000),
}


class Coverage(NamedTuple):
    """How many returns lie within their intervals.

    Attributes:
      within: the share of them.
      width: the mean width of intervals over the standard deviation of returns.
      known: the share of those of which a value stands for less than a tenth; NaN where there is none.
      counted: the share of returns that are so.
    """

    within: float
    width: float
    known: float
    counted: float


def coverage(name: str, seed: int) -> Coverage:
    """Of one agent with defaults at a job."""
    steps, longest = JOBS[name]
    rows: list[tuple[float, ...]] = []

    def on_step(work, time_step, decision):
        told = time_step.reward, time_step.discount, time_step.first, time_step.last
        rows.append(tuple(map(float, (*told, decision.value, decision.discount, *decision.interval))))

    job = name.split(",", maxsplit=1)[0]
    env = gymnasium.make(job, max_episode_steps=longest) if longest else job
    trainee.Agent(seed).learn(env, steps, on_step=on_step)
    told = np.array(rows)
    ends = np.flatnonzero(told[:, 3])
    begins = np.append(0, ends[:-1] + 1)
    counted: list[np.ndarray] = []
    for begin, end in zip(begins, ends, strict=True):
        reward, discount, _, _, value, ahead, low, high = told[begin : end + 1].T
        came, own = np.empty(end - begin), np.empty(end - begin)
        for step in range(end - begin):
            weights = ahead[step] ** np.arange(end - begin - step)
            own[step] = ahead[step] ** len(weights) * discount[-1]
            came[step] = weights @ reward[step + 1 :] + own[step] * value[-1]
        late = np.arange(begin, end) >= steps // 2
        within = (low[:-1] <= came) & (came <= high[:-1])
        counted.append(np.stack([within, (high - low)[:-1], came, own < OWN])[:, late])
    within, widths, returns, known = np.concatenate(counted, axis=1)
    sure = within[known > 0]
    return Coverage(
        float(within.mean()),
        float(widths.mean() / returns.std()),
        float(sure.mean()) if len(sure) else np.nan,
        float(known.mean()),
    )


def main() -> None:
    """Print a line for each job: every seed, and the mean."""
    names, seeds = chosen(__doc__, JOBS)
    print("| job | steps | within | each seed | width / deviation of returns | known | of so many |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in names:
        found = [coverage(name, seed) for seed in seeds]
        each = ", ".join(f"{one.within:.1%}" for one in found)
        within, width, known, counted = np.nanmean(np.array(found), axis=0)
        print(
            f"| {name} | {JOBS[name][0]:,} | {within:.1%} | {each} | {width:.2f} | {known:.1%} | {counted:.0%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
