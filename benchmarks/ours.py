"""One run of ours: `python benchmarks/ours.py JOB --steps N --seed S --json`. The same command line as `peers.py`."""

from __future__ import annotations

import argparse
import json

from meter import Meter
from registered import registered

import trainee


def measured(job: str, steps: int, seed: int) -> dict[str, object]:
    """Work at a job for so many steps, with defaults, and say how it went."""
    meter = Meter(job, "ours", seed, steps)
    agent = trainee.Agent(seed)

    def see(work: trainee.life.Work, time_step: trainee.life.TimeStep, decision: trainee.life.Decision) -> bool:
        ended = agent.workers[job].ended
        return meter.see(work.done, ended.total if ended else None)

    agent.learn(registered(job), steps, on_step=see)
    return meter.report("trainee", "jax", "gymnasium", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="accepted as peers.py has it; the output is always JSON")
    arguments = parser.parse_args()
    print(json.dumps(measured(arguments.job, arguments.steps, arguments.seed)))


if __name__ == "__main__":
    main()
