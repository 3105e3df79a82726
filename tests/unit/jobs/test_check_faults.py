"""What `check` says of environments that do what cannot be learned from, or fail outright."""

from __future__ import annotations

import re

import gymnasium
import numpy as np
from gymnasium import spaces
from job_toys import Noise, Says, Walk, found

from trainee.jobs import check


def test_an_observation_outside_its_space_or_not_a_number():
    class Outside(Noise):
        def seen(self):
            return super().seen() * np.float32([1, 30])

    class Broken(Noise):
        def seen(self):
            return np.float32([0, np.nan]) if self.count == 20 else super().seen()

    told = found(Outside(), "error")
    assert told.startswith("observation[1] is ")
    assert "its bound" in told
    assert "observation was not fit" in told
    assert re.match(
        r"observation\[1\] is nan \(step \d+\); observation was not fit \d times in 300", found(Broken(), "error")
    )


def test_a_reward_that_is_not_a_number():
    class Broken(Noise):
        def reward(self, action):
            return float("nan") if self.count == 5 else 1.0 * action

    assert "reward is nan (step" in found(Broken(), "error")


def test_an_end_that_is_neither_true_nor_false():
    class Wordy(Noise):
        def over(self):
            return "False"

    class Pair(Noise):
        def over(self):
            return np.zeros(2, bool)

    assert "terminated is 'False' (str), which is neither True nor False (step" in found(Wordy(), "error")
    assert "which is neither True nor False (step" in found(Pair(), "error")


def test_an_environment_that_raises():
    class Stuck(Noise):
        def step(self, action):
            raise OSError("no such device")

    class Unready(Noise):
        def reset(self, *, seed=None, options=None):
            raise OSError("no such device")

    class Exits(Noise):
        def step(self, action):
            raise SystemExit(0)

    assert "step raised SystemExit: 0 (step 1)" in found(Exits(), "error")
    assert "step raised OSError: no such device (step 1)" in found(Stuck(), "error")
    assert "Unready raised OSError: no such device in reset after step 0" in found(Unready(), "error")


def test_an_answer_of_the_wrong_form():
    class Old(Noise):
        def step(self, action):
            return self.seen(), 0.0, False, {}

    assert "not enough values to unpack" in found(Old(), "error")


def test_spaces_that_cannot_be_learned_from():
    report = check(Says({}, observation_space=spaces.Sequence(spaces.Discrete(2))))
    assert not report.fit
    assert "observation is a Sequence" in str(report)
    report = check(Says({}, action_space=spaces.Text(3)))
    assert not report.fit
    assert "action is a Text" in str(report)


def test_an_environment_without_spaces():
    class Bare(gymnasium.Env):
        def reset(self, *, seed=None, options=None):
            return 0, {}

    report = check(Bare())
    assert not report.fit
    assert "Bare has no observation_space" in str(report)


def test_an_environment_that_cannot_be_made():
    def broken():
        raise OSError("no such device")

    report = check(broken)
    assert not report.fit
    assert "broken cannot be made: it raised OSError: no such device" in str(report)


def test_chance_that_no_seed_decides():
    drawn = np.random.default_rng()

    class Loose(Noise):
        def seen(self):
            return drawn.uniform(-1, 1, 2).astype(np.float32)

    assert "brought something else the second time" in found(Loose(), "warning")


def test_masks_are_honoured_and_bad_ones_told():
    class Masked(Walk):
        def step(self, action):
            assert action == 1 or self.place[0] > -2, "a forbidden action"
            return super().step(action)

    class Forbidding(Walk):
        def info(self):
            return {"action_mask": np.zeros(2, np.int8)}

    assert found(Masked(masked=True), "error") == ""
    assert "action_mask allows nothing" in found(Forbidding(), "error")
