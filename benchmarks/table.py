"""The benchmark's results as Markdown tables, beside the bars that ours has to pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from runs import RETURNS, SPEED, Results, Run

LEARNERS = {"ours": "Trainee", "ppo": "SB3 PPO (defaults)", "dqn": "SB3 DQN (rl-zoo's settings)"}
RETURN_BARS = {("CartPole-v1", 50_000): 430.0, ("Acrobot-v1", 100_000): -112.0, ("MountainCar-v0", 150_000): -120.0}
SPEED_BARS = {"ppo": 2.0, "dqn": 5.0}
OWN_SPEED_BAR = 3_000
# Fewer do not decide a bar.
SEEDS = 5
RESAMPLES = 10_000


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95% percentile bootstrap interval of the mean (Efron 1979), the same for the same values."""
    array = np.asarray(values)
    drawn = np.random.default_rng(0).integers(len(array), size=(RESAMPLES, len(array)))
    low, high = np.percentile(array[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def cell(values: Sequence[float]) -> str:
    """Mean, interval where there are at least two values, and how many there are."""
    if not values:
        return "–"
    mean = number(float(np.mean(values)))
    if len(values) == 1:
        return f"{mean} (1)"
    low, high = (number(end) for end in interval(values))
    return f"{mean} [{low}, {high}] ({len(values)})"


def number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def verdict(met: bool, seeds: int) -> str:
    if seeds < SEEDS:
        return f"{seeds} of {SEEDS} seeds so far"
    return "yes" if met else "no"


def returns_table(results: Results) -> str:
    """One row for each job and number of steps: mean online return of each learner, and whether ours passes its bar."""
    header = ["job, steps", *LEARNERS.values(), "bar", "passed"]
    rows = []
    for job, steps in dict.fromkeys((run.job, run.steps) for run in results if run.section == RETURNS):
        values = {learner: online_returns(results, job, steps, learner) for learner in LEARNERS}
        ours, bar = values["ours"], RETURN_BARS.get((job, steps))
        row = [f"{job}, {steps:,}", *(cell(values[learner]) for learner in LEARNERS)]
        if bar is None or not ours:
            row += ["–" if bar is None else f"≥ {number(bar)}", "–"]
        else:
            row += [f"≥ {number(bar)}", verdict(float(np.mean(ours)) >= bar, len(ours))]
        rows.append(row)
    return markdown(header, rows)


def online_returns(results: Results, job: str, steps: int, learner: str) -> list[float]:
    """Online return of each seed that has one."""
    chosen = [results[run] for run in results if run == Run(RETURNS, job, learner, steps, run.seed)]
    return [result["online_return"] for result in chosen if result["online_return"] is not None]


def speed_table(results: Results) -> str:
    """Steps a second of each learner, and how many times that ours is."""
    header = ["job, steps", "learner", "steps a second, median", "each round", "ours against it", "bar", "passed"]
    rows = []
    for job, steps in dict.fromkeys((run.job, run.steps) for run in results if run.section == SPEED):
        speeds = {learner: rounds(results, job, steps, learner) for learner in LEARNERS}
        for learner in (learner for learner in LEARNERS if speeds[learner]):
            row = [f"{job}, {steps:,}", LEARNERS[learner], f"{np.median(speeds[learner]):,.0f}"]
            row.append(", ".join(f"{speed:,.0f}" for speed in speeds[learner]))
            ours = float(np.median(speeds["ours"])) if speeds["ours"] else None
            if learner in SPEED_BARS and ours:
                ratio, bar = ours / float(np.median(speeds[learner])), SPEED_BARS[learner]
                row += [f"{ratio:.2f}×", f"≥ {bar:g}×", "yes" if ratio >= bar else "no"]
            elif learner == "ours" and ours:
                row += ["–", f"≥ {OWN_SPEED_BAR:,}", "yes" if ours >= OWN_SPEED_BAR else "no"]
            else:
                row += ["–"] * 3
            rows.append(row)
    return markdown(header, rows)


def rounds(results: Results, job: str, steps: int, learner: str) -> list[float]:
    """Steps a second in each round that was long enough to tell."""
    chosen = [results[run] for run in results if run == Run(SPEED, job, learner, steps, run.seed)]
    return [result["steps_per_second"] for result in chosen if result["steps_per_second"] is not None]


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(results: Results) -> str:
    """The whole file: both tables, how they were measured and with what."""
    used = {f"{name} {version}" for result in results.values() for name, version in result["versions"].items()}
    load = max((result["load"] for run, result in results.items() if run.section == SPEED), default=None)
    parts = [
        "# Learning on the job: classic control",
        "Online return: the stream is cut into ten equal parts by step; in each the mean return of the episodes that"
        " end in it (the part before's where none does); the average of the ten. Exploration is not switched off for"
        " it. Each cell: mean over seeds [95% bootstrap interval] (number of seeds).",
        returns_table(results),
    ]
    if load is not None:
        parts += [
            "Speed, learning at every step: one process at a time on one core, learners in turn, the first chunk of"
            f" steps left out. Highest load of the machine meanwhile: {load:.1f}; the run itself is 1.",
            speed_table(results),
        ]
    return "\n\n".join([*parts, f"Measured with {', '.join(sorted(used))}."]) + "\n"
