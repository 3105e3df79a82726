"""Tiny environments that the tests of jobs play with."""

from __future__ import annotations

from typing import ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from trainee.jobs import check


class Walk(gymnasium.Env):
    """A walk on a line from 0 to the goal; the observation is the place, the reward −1 a step, the wind is chance."""

    metadata: ClassVar = {"render_modes": ["rgb_array"]}
    observation_space = spaces.Box(-10, 10, (1,))
    action_space = spaces.Discrete(2)

    def __init__(self, goal=3, windy=False, masked=False, render_mode=None):
        self.goal, self.windy, self.masked, self.render_mode = goal, windy, masked, render_mode
        self.place = np.zeros(1, np.float32)
        self.log = []

    def info(self):
        return {"action_mask": np.array([self.place[0] > -2, True], np.int8)} if self.masked else {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place[:] = 0
        self.log.append(seed)
        return self.place, self.info()

    def step(self, action):
        self.place += 1 if action else -1
        if self.windy:
            self.place += self.np_random.uniform(-0.5, 0.5)
        np.clip(self.place, -10, 10, out=self.place)
        # The very array that the environment goes on to write in, as many do.
        return self.place, -1.0, bool(self.place[0] >= self.goal), False, self.info()

    def render(self):
        return np.zeros((4, 6, 3), np.uint8)


class Says(gymnasium.Env):
    """Says what it is given, step by step: dicts of `observation`, `reward`, `terminated`, `truncated`, `info`, or an
    exception to raise. The first is for the reset; at the end it begins again."""

    def __init__(self, *script, observation_space=None, action_space=None):
        self.script, self.next = script, 0
        self.observation_space = observation_space or spaces.Box(-1, 1, (1,))
        self.action_space = action_space or spaces.Discrete(2)

    def _line(self):
        line = self.script[self.next % len(self.script)]
        self.next += 1
        if isinstance(line, Exception):
            raise line
        return {"observation": np.zeros(1, np.float32), "reward": 0.0, "info": {}, **line}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.next = 0
        line = self._line()
        return line["observation"], line["info"]

    def step(self, action):
        line = self._line()
        return (
            line["observation"],
            line["reward"],
            line.get("terminated", False),
            line.get("truncated", False),
            line["info"],
        )


class Noise(gymnasium.Env):
    """Observes and rewards what it draws; what is wrong with it is said in the subclasses."""

    observation_space = spaces.Box(-10, 10, (2,))
    action_space = spaces.Discrete(2)
    length = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return self.seen(), {}

    def step(self, action):
        self.count += 1
        return self.seen(), self.reward(action), self.over(), False, {}

    def seen(self):
        return self.np_random.uniform(-1, 1, 2).astype(np.float32)

    def reward(self, action):
        return float(action)

    def over(self):
        return bool(self.np_random.random() < 0.1)


def found(env, level, steps=300):
    """What `check` finds of one level, in one line."""
    report = check(env, steps)
    assert report.fit == (not any(finding.level == "error" for finding in report.findings))
    return " | ".join(finding.what for finding in report.findings if finding.level == level)
