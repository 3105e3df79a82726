"""Whether the agent learns over HTTP as it does in process: the same job, steps and seeds, both ways.

Each seed is a service of its own, in a process of its own, that a program calls step by step through `trainee.Client`.
`python benchmarks/over_http.py [--job ID] [--steps N] [--seeds N]`.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from load import serving

import trainee
from trainee.errors import TraineeError
from trainee.life import Episode, tenths

RESULTS = Path(__file__).parent / "results" / "over_http.md"


def in_process(job: str, steps: int, seed: int) -> float:
    """Online return where the agent calls the job."""
    return trainee.Agent(seed=seed).learn(job, steps).online_return


def over_http(job: str, steps: int, seed: int) -> tuple[float, float]:
    """Online return where the job calls a service, and how long a step took, in milliseconds."""
    env: Any = gymnasium.make(job)
    with tempfile.TemporaryDirectory() as folder:
        process, port = serving(Path(folder) / "home")
        try:
            with trainee.Client(f"http://127.0.0.1:{port}") as client:
                remote = _job(client, env, seed)
                started = time.perf_counter()
                online = _worked(remote, env, steps, seed)
                return online, 1000 * (time.perf_counter() - started) / steps
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _job(client: trainee.Client, env: Any, seed: int) -> Any:
    until = time.monotonic() + 120
    while True:
        try:
            return client.job("bench", env.observation_space, env.action_space, seed=seed)
        except TraineeError:
            if time.monotonic() > until:
                raise


def _worked(remote: Any, env: Any, steps: int, seed: int) -> float:
    """Work for so many steps, and what it came to."""
    step, ended = 0, []
    while step < steps:
        # As the agent seeds it in process: the first episode only.
        observation, _ = env.reset(seed=seed) if not ended else env.reset()
        with remote.episode() as episode:
            begun, total = step, 0.0
            while True:
                observation, reward, terminated, truncated, _ = env.step(episode.decide(observation))
                step, total = step + 1, total + float(reward)
                episode.reward(reward)
                if terminated or truncated or step >= steps:
                    break
            episode.end(observation, terminated=terminated, truncated=not terminated)
        if terminated or truncated:
            ended.append(Episode(step, step - begun, total, 0.0, 0.0))
    return float(np.mean(tenths(ended, 0, steps)))


def main() -> None:
    """Run both for each seed and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", default="CartPole-v1")
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    lines, pairs = [], []
    for seed in range(asked.seeds):
        remote, step_ms = over_http(asked.job, asked.steps, seed)
        pairs.append((in_process(asked.job, asked.steps, seed), remote))
        lines.append(f"| {seed} | {pairs[-1][0]:.1f} | {remote:.1f} | {step_ms:.2f} |")
        print(lines[-1], flush=True)
    inside, outside = np.mean(pairs, axis=0)
    lines.append(f"| mean | {inside:.1f} | {outside:.1f} ({100 * (outside / inside - 1):+.1f}%) | |")
    head = [f"{asked.job}, {asked.steps:,} steps: online return.", ""]
    head += ["| seed | in process | over HTTP | ms a step |", "|---|---|---|---|"]
    table = "\n".join([*head, *lines])
    print(table)
    RESULTS.write_text(f"# The same job in process and over HTTP\n\n`benchmarks/over_http.py`. {table}\n")


if __name__ == "__main__":
    main()
