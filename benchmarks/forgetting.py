"""What one agent keeps of three jobs, one after the other, awake and with sleep: `python benchmarks/forgetting.py`.

A line for each life: what was earned while learning each job, what the agent brings at each of them at the end, frozen,
and the share of the time that went into sleep, with all that belongs to it.
"""

from __future__ import annotations

import argparse
import json
import time

from trainee import Agent
from trainee.fleet import Sleep

JOBS = (("CartPole-v1", 20_000), ("Acrobot-v1", 40_000), ("MountainCar-v0", 60_000))
EPISODES = 100


def life(seed: int, asleep: bool, share: float = 1.0) -> dict[str, object]:
    """One agent at three jobs."""
    agent = Agent(seed)
    sleep = Sleep(agent)
    online, spent_s = {}, 0.0
    for job, steps in JOBS:
        begun_s = time.perf_counter()
        stint = agent.learn(job, max(1, round(share * steps)), callbacks=[sleep] if asleep else [])
        spent_s += time.perf_counter() - begun_s
        online[job] = stint.online_return
    kept = {job: agent.evaluate(job, EPISODES).mean for job, _ in JOBS}
    slept_s = sleep.diary.asleep_s + sleep.diary.looking_s
    return {"seed": seed, "asleep": asleep, "online": online, "kept": kept, "share_asleep": slept_s / spent_s}


def main() -> None:
    parser = argparse.ArgumentParser(description="What one agent keeps of three jobs, awake and with sleep.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--share", type=float, default=1.0, help="of the usual steps")
    chosen = parser.parse_args()
    for seed in chosen.seeds:
        for asleep in (False, True):
            print(json.dumps(life(seed, asleep, chosen.share)), flush=True)


if __name__ == "__main__":
    main()
