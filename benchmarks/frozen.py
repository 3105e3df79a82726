"""How good a frozen agent is after 20,000 steps: `python benchmarks/frozen.py`.

Scored by Stable-Baselines3's `evaluate_policy`, which takes our policy as it is.
"""

from __future__ import annotations

import argparse
import json
import sys

import gymnasium
from peers import INSTALL

import trainee

JOB, STEPS, EPISODES, SEEDS, PERFECT = "CartPole-v1", 20_000, 20, range(5), 500.0


def mean_return(seed: int) -> float:
    """What Stable-Baselines3 says of our policy."""
    from stable_baselines3.common.evaluation import evaluate_policy  # noqa: PLC0415 an optional library
    from stable_baselines3.common.monitor import Monitor  # noqa: PLC0415 an optional library

    agent = trainee.Agent(seed)
    agent.learn(JOB, STEPS)
    env = Monitor(gymnasium.make(JOB))
    env.reset(seed=1_000 + seed)
    mean, _ = evaluate_policy(agent.policy(JOB), env, n_eval_episodes=EPISODES)
    return float(mean)


def main() -> int:
    parser = argparse.ArgumentParser(description="Score frozen agents with Stable-Baselines3's evaluate_policy.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    try:
        means = [mean_return(seed) for seed in SEEDS]
    except ModuleNotFoundError as error:
        if error.name not in ("stable_baselines3", "torch"):
            raise
        print(INSTALL, file=sys.stderr)
        return 1
    told = f"{JOB} after {STEPS:,} steps: {', '.join(f'{mean:.1f}' for mean in means)}"
    perfect = sum(mean == PERFECT for mean in means)
    report = {"job": JOB, "steps": STEPS, "means": means, "perfect": perfect}
    print(json.dumps(report) if chosen.json else f"{told} ({perfect} of {len(means)} seeds perfect)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
