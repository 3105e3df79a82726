"""Does hindsight name the step that decided an episode?

An agent learns a job until it does it well. Then episodes are played in which one fatal action is forced at a random
step, and the agent plays on; hindsight should name that step. Three jobs, each with another kind of fatal action.
"""

from __future__ import annotations

import argparse
import tempfile
from typing import NamedTuple

import gymnasium
import numpy as np
from gymnasium import spaces

import trainee

LONG = 24
# Episodes that tell how well a job is done.
UNFORCED = 50


class Corridor(gymnasium.Env):
    """Walk on to the end. A side door at every step leads into another corridor, which has no exit and looks it."""

    observation_space = spaces.Box(0, 1, (2,), np.float32)
    action_space = spaces.Discrete(3)
    fatal = 2

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.time, self.lost = 0, 0, False
        return self.seen(), {}

    def seen(self):
        return np.array([self.place / LONG, self.lost], np.float32)

    def step(self, action):
        self.time += 1
        self.lost |= action == self.fatal
        self.place = min(max(self.place + (1 if action == 1 else -1 if action == 0 else 0), 0), LONG)
        arrived = self.place == LONG and not self.lost
        return self.seen(), float(arrived), bool(arrived or self.time == 2 * LONG), False, {}


class Glass(Corridor):
    """Carry a glass to the end. One way of walking breaks it; that is seen only when it is handed over."""

    action_space = spaces.Discrete(8)
    fatal = 7

    def seen(self):
        return np.array([self.place / LONG, 0.0], np.float32)

    def step(self, action):
        self.time += 1
        self.lost |= action == self.fatal
        self.place += int(action > 0)
        arrived = self.place == LONG
        return self.seen(), float(arrived and not self.lost), bool(arrived or self.time == 2 * LONG), False, {}


class Ledge(gymnasium.Env):
    """A path along a ledge, along which one drifts. A step off it lands below, where one walks on for nothing."""

    observation_space = spaces.Box(-1, 1, (3,), np.float32)
    action_space = spaces.Discrete(4)
    fatal = 3

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.side, self.below = 0, 0, False
        return self.seen(), {}

    def seen(self):
        return np.array([self.place / LONG, self.side / 2, self.below], np.float32)

    def step(self, action):
        drift = self.np_random.integers(-1, 2) if self.np_random.random() < 0.3 else 0
        self.side = int(np.clip(self.side + (-1, 0, 1, 0)[action] + drift, -2, 2))
        self.below |= action == self.fatal
        self.place += 1
        reward = 0.0 if self.below else 1.0 - abs(self.side) / 2
        return self.seen(), reward, self.place == LONG, False, {}


# And what an agent that does it well earns, frozen.
JOBS = {"Corridor": (Corridor, 0.9), "Glass": (Glass, 0.9), "Ledge": (Ledge, 20.0)}


class Cases(NamedTuple):
    """What came of a job.

    Attributes:
      apart: how far hindsight's fork is from the step at which the fatal action was forced, `[cases]`.
      unforced: the mean return of the agent when nothing is forced on it.
      steps: after which it did the job well, in multiples of those asked for.
    """

    apart: np.ndarray
    unforced: float
    steps: int


def cases(job: str, count: int, steps: int, most: int, seed: int) -> Cases:
    """Force the fatal action in each of `count` episodes, each time on the agent as it was before all of them. Until it
    does the job well it learns so many steps and so many more, up to the most.
    """
    make, well = JOBS[job]
    env, agent, unforced, learned = make(), trainee.Agent(seed), -np.inf, 0
    while unforced < well and learned < most:
        agent.learn(env, steps, name=job)
        learned += steps
        unforced = agent.evaluate(env, UNFORCED, name=job).mean
    random, apart = np.random.default_rng(seed), []
    with tempfile.TemporaryDirectory() as home:
        agent.save(home)
        while len(apart) < count:
            forced, start = int(random.integers(LONG - 2)), int(random.integers(2**31))
            found = fork(trainee.Agent.load(home), job, forced, start)
            apart += [] if found is None else [abs(found - forced)]
    return Cases(np.array(apart), unforced, learned)


def fork(agent: trainee.Agent, job: str, forced: int, start: int) -> int | None:
    """The step that hindsight names where the fatal action is taken at a step; none if the episode was over before."""
    env = JOBS[job][0]()
    worker = agent.deploy(env.observation_space, env.action_space, name=job)
    observation, _ = env.reset(seed=start)
    action, step, ended = worker.reset(observation), 0, False
    while not ended:
        if step == forced:
            action = env.fatal
            worker.overrule(action)
        observation, reward, terminated, truncated, _ = env.step(action)
        ended = terminated or truncated
        action = worker.step(observation, reward, terminated, truncated)
        step += 1
    return agent.hindsight(-1, name=job).fork if step > forced else None


def main() -> None:
    """Print for each job the share of forks that hindsight named to within one step."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=67)
    options.add_argument("--steps", type=int, default=20_000)
    options.add_argument("--most", type=int, default=200_000, help="steps for an agent that does not do it well yet")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    everything = []
    for job in JOBS:
        apart, unforced, learned = cases(job, chosen.cases, chosen.steps, chosen.most, chosen.seed)
        everything.append(apart)
        print(
            f"{job}: {np.mean(apart <= 1):.1%} of {len(apart)} within one step, {np.mean(apart == 0):.1%} exact; "
            f"after {learned:,} steps, when nothing is forced, it earns {unforced:.2f} an episode",
            flush=True,
        )
    apart = np.concatenate(everything)
    print(f"together: {np.mean(apart <= 1):.1%} of {len(apart)} within one step")


if __name__ == "__main__":
    main()
