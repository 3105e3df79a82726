"""One peer at one job: `python benchmarks/peers.py {ppo,dqn,sac} JOB --steps N --seed S --json`.

PPO and SAC run with Stable-Baselines3's defaults, and so does DQN at MinAtar, whose observations are flattened. At
other jobs DQN runs with the settings that rl-baselines3-zoo publishes for each:
https://github.com/DLR-RM/rl-baselines3-zoo, hyperparams/dqn.yml at ce95481b041fe5314c1b2f1a53940d169b9253fc. Its
number of steps is replaced by `--steps`, of which the exploration fraction is taken; LunarLander-v3 has the settings
of LunarLander-v2. Other versions of that file hold other settings: they were tuned anew over time.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import gymnasium
from meter import Meter
from registered import registered

INSTALL = """\
Stable-Baselines3 is not installed, so the peers cannot run. Type, in this order:
  pip install torch==2.13.0
  pip install 'trainee[bench]'
The other way round, pip picks another torch, and with it gigabytes of libraries."""

ACROBOT: dict[str, Any] = {
    "learning_rate": 6.3e-4,
    "batch_size": 128,
    "buffer_size": 50_000,
    "learning_starts": 0,
    "gamma": 0.99,
    "target_update_interval": 250,
    "train_freq": 4,
    "gradient_steps": -1,
    "exploration_fraction": 0.12,
    "exploration_final_eps": 0.1,
}
ZOO: dict[str, dict[str, Any]] = {
    "CartPole-v1": {
        "learning_rate": 2.3e-3,
        "batch_size": 64,
        "buffer_size": 100_000,
        "learning_starts": 1000,
        "gamma": 0.99,
        "target_update_interval": 10,
        "train_freq": 256,
        "gradient_steps": 128,
        "exploration_fraction": 0.16,
        "exploration_final_eps": 0.04,
    },
    "MountainCar-v0": {
        "learning_rate": 4e-3,
        "batch_size": 128,
        "buffer_size": 10_000,
        "learning_starts": 1000,
        "gamma": 0.98,
        "target_update_interval": 600,
        "train_freq": 16,
        "gradient_steps": 8,
        "exploration_fraction": 0.2,
        "exploration_final_eps": 0.07,
    },
    "Acrobot-v1": ACROBOT,
    # The zoo gives these two the same settings.
    "LunarLander-v3": ACROBOT,
}
# The same for every job.
ZOO_NETWORK = {"net_arch": [256, 256]}


def measured(learner: str, job: str, steps: int, seed: int) -> dict[str, Any]:
    """What a peer shows in one run, as `Meter.report` gives it.

    Args:
      learner: `ppo`, `dqn` or `sac`.
      job: Gymnasium id; for `dqn`, one of MinAtar's or one that `ZOO` holds.
    """
    # Late, so that `ZOO` can be read and the arguments checked where these are not installed.
    import stable_baselines3  # noqa: PLC0415
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    env: Any = gymnasium.make(registered(job))
    if job.startswith("MinAtar/"):
        env = gymnasium.wrappers.FlattenObservation(env)
    made = getattr(stable_baselines3, learner.upper())
    settings = {"policy_kwargs": dict(ZOO_NETWORK), **ZOO[job]} if learner == "dqn" and job in ZOO else {}
    peer = made("MlpPolicy", env, seed=seed, device="cpu", **settings)
    meter = Meter(job, learner, seed, steps)

    def after_step(names: dict[str, Any], _: dict[str, Any]) -> bool:
        # The library's Monitor, which it puts around every job, reports here what an episode brought.
        ended = names["infos"][0].get("episode")
        return meter.see(names["self"].num_timesteps, ended and float(ended["r"]))

    peer.learn(steps, callback=after_step)
    return meter.report("stable-baselines3", "torch", "gymnasium", "numpy")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure one of Stable-Baselines3's learners at one job.")
    parser.add_argument("learner", choices=["ppo", "dqn", "sac"])
    parser.add_argument("job", help="a Gymnasium id")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if arguments.steps < 1:
        parser.error(f"--steps is {arguments.steps}; it must be 1 or more")
    if arguments.learner == "dqn" and arguments.job not in ZOO and not arguments.job.startswith("MinAtar/"):
        parser.error(f"no published settings for DQN at {arguments.job}, only at {', '.join(ZOO)}; run ppo there")
    try:
        report = measured(arguments.learner, arguments.job, arguments.steps, arguments.seed)
    except ModuleNotFoundError as error:
        if error.name not in ("stable_baselines3", "torch"):
            raise
        print(INSTALL, file=sys.stderr)
        return 1
    print(json.dumps(report) if arguments.json else "\n".join(f"{name}: {value}" for name, value in report.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
