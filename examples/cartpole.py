"""A Gymnasium environment that asks the service what to do.

    trainee serve --home home
    python examples/cartpole.py http://127.0.0.1:8765

The pole stands here, what is learned about it is over there. Stopped and started again, it goes on with what is known.
"""

from __future__ import annotations

import os
import sys
import time

import gymnasium

import trainee

# A simulator need not wait between steps. At this pace a person can follow.
STEP_S = 0.01


def follow_the_pole(observation) -> int:
    """The rule of thumb that is done where the agent may not decide, or not in time: push where the pole leans."""
    angle = observation[2]
    return int(angle > 0)


def work(url: str) -> None:
    """Episode after episode, until it is stopped."""
    environment = gymnasium.make("CartPole-v1")
    client = trainee.Client(url, key=os.environ.get("TRAINEE_KEY"))
    # Made once; asked for again under the same name it is the same job, and goes on where it stood.
    job = client.job("cartpole", environment.observation_space, environment.action_space, idle_s=60)
    while True:
        observation, _ = environment.reset()
        terminated = truncated = False
        with job.episode() as episode:
            while not (terminated or truncated):
                action = episode.decide(observation, baseline_action=follow_the_pole(observation), deadline_ms=200)
                observation, reward, terminated, truncated, _ = environment.step(action)
                episode.reward(float(reward))  # travels with the next call
                time.sleep(STEP_S)
            # Gymnasium may say both at once; what has terminated has no future, whatever the time limit says.
            episode.end(observation, terminated=terminated, truncated=not terminated)


if __name__ == "__main__":
    work(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8765")
