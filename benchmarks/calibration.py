"""How many of the returns to come lie within a decision's interval: `python benchmarks/calibration.py`.

Of the steps in the second half of a stream, those whose episode ended. The return of one is what came after it,
discounted as the decision says; at a time limit the value stands for what would have followed.
"""

from __future__ import annotations

import numpy as np
from options import chosen

import trainee

# Name: time steps. The numbers by which intervals are set right were chosen at the first six, and not at the others.
JOBS = {
    "CartPole-v1": 40_000,
    "Acrobot-v1": 40_000,
    "MountainCar-v0": 60_000,
    "Pendulum-v1": 20_000,
    "FrozenLake-v1": 20_000,
    "Blackjack-v1": 20_000,
    "FrozenLake8x8-v1": 40_000,
    "Taxi-v3": 40_000,
    "CliffWalking-v1": 40_000,
    "MountainCarContinuous-v0": 40_000,
}


def coverage(job: str, steps: int, seed: int) -> tuple[float, float]:
    """The share of returns within their intervals, and the mean width of these over the deviation of the returns."""
    rows: list[tuple[float, ...]] = []

    def on_step(work, time_step, decision):
        told = time_step.reward, time_step.discount, time_step.first, time_step.last
        rows.append(tuple(map(float, (*told, decision.value, decision.discount, *decision.interval))))

    trainee.Agent(seed).learn(job, steps, on_step=on_step)
    told = np.array(rows)
    ends = np.flatnonzero(told[:, 3])
    begins = np.append(0, ends[:-1] + 1)
    within, widths, returns = [], [], []
    for begin, end in zip(begins, ends, strict=True):
        reward, discount, _, _, value, ahead, low, high = told[begin : end + 1].T
        came = np.full(end - begin, np.nan)
        for step in range(end - begin):
            weights = ahead[step] ** np.arange(end - begin - step)
            came[step] = weights @ reward[step + 1 :] + ahead[step] ** len(weights) * discount[-1] * value[-1]
        late = np.arange(begin, end) >= steps // 2
        within.append(((low[:-1] <= came) & (came <= high[:-1]))[late])
        widths.append((high - low)[:-1][late])
        returns.append(came[late])
    return float(np.mean(np.concatenate(within))), float(
        np.mean(np.concatenate(widths)) / np.std(np.concatenate(returns))
    )


def main() -> None:
    """Print a line for each job: every seed, and the mean."""
    names, seeds = chosen(__doc__, JOBS)
    print("| job | steps | within | width / deviation of returns | each seed |\n|---|---|---|---|---|", flush=True)
    for name in names:
        found = np.array([coverage(name, JOBS[name], seed) for seed in seeds])
        each = ", ".join(f"{share:.1%}" for share in found[:, 0])
        share, width = found.mean(axis=0)
        print(f"| {name} | {JOBS[name]:,} | {share:.1%} | {width:.2f} | {each} |", flush=True)


if __name__ == "__main__":
    main()
