from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import FrameStackObservation, RecordEpisodeStatistics, TimeLimit, TransformReward
from job_toys import Walk

from trainee.jobs.plain_data import NotPlainError
from trainee.jobs.snapshot import restore, snapshot


def started(env, steps=3):
    env.reset(seed=0)
    for _ in range(steps):
        env.step(0)
    return env


def test_what_is_saved_along_comes_back():
    env = started(Walk())
    assert restore(Walk(), snapshot(env, {"steps": 3})) == {"steps": 3}


def test_all_attributes_come_back_and_new_ones_go():
    env = started(Walk())
    env.extra = ("here", 1)
    other = Walk()
    other.late = 5
    restore(other, snapshot(env, None))
    assert other.extra == ("here", 1)
    assert not hasattr(other, "late")
    assert other.place.tolist() == [-3]
    assert other.place is not env.place


def test_what_two_attributes_share_stays_shared():
    env = started(Walk())
    env.alias = env.place
    other = Walk()
    restore(other, snapshot(env, None))
    assert other.alias is other.place


def test_wrappers_come_back_with_what_they_hold():
    def made():
        return TransformReward(FrameStackObservation(TimeLimit(Walk(), 50), 3), abs)

    env, other = started(made()), made()
    other.reset(seed=9)
    saved = snapshot(env, None)
    assert saved is not None
    restore(other, saved)
    np.testing.assert_array_equal(other.step(1)[0], env.step(1)[0])
    assert other.env.env._elapsed_steps == 4
    assert other.env.env.env is other.unwrapped


def test_an_environment_that_draws_from_its_spaces_comes_back():
    class Drawn(Walk):
        def __init__(self):
            super().__init__()
            self.moves = spaces.Dict(step=spaces.Box(0, 1, (1,)))

        def step(self, action):
            self.place += self.moves.sample()["step"]
            return self.place, 0.0, False, False, {}

    env, other = started(Drawn()), Drawn()
    restore(other, snapshot(env, None))
    assert other.step(0)[0] == env.step(0)[0]


def test_an_environment_with_its_own_way_of_saving_is_asked():
    class Engine:
        """Of a class of the environment's own."""

        speed = 0.0

    class Driven(Walk):
        def __init__(self):
            super().__init__()
            self.engine = Engine()

        def get_state(self):
            return {"speed": self.engine.speed, "place": self.place.copy()}

        def set_state(self, state):
            self.engine.speed = state["speed"]
            self.place[:] = state["place"]

    env, other = started(TimeLimit(Driven(), 10)), TimeLimit(Driven(), 10)
    env.unwrapped.engine.speed = 2.5
    other.reset(seed=4)
    restore(other, snapshot(env, None))
    assert other.unwrapped.engine.speed == 2.5
    assert other.unwrapped.place.tolist() == [-3]
    assert other.np_random.random() == env.np_random.random()


def biased(bias):
    return lambda: bias


class Slotted(Walk):
    __slots__ = ("hidden",)


def unplain(**attributes):
    env = Walk()
    vars(env).update(attributes)
    return env


@pytest.mark.parametrize(
    "env",
    [
        unplain(engine=object()),
        unplain(members={1, 2}),
        unplain(rule=biased(1)),
        unplain(view=np.zeros(9)[::3]),
        unplain(parts=[gymnasium.Env]),
        RecordEpisodeStatistics(unplain(socket=memoryview(b"abc"))),
        Slotted(),
    ],
    ids=["object", "set", "closure", "strides", "ok-class", "wrapped", "slots"],
)
def test_what_could_not_come_back_exactly_has_no_snapshot(env, request):
    fine = request.node.callspec.id == "ok-class"
    assert (snapshot(started(env), None) is not None) == fine


def test_arrays_that_overlap_have_no_snapshot():
    env = started(Walk())
    env.whole = np.zeros(4)
    env.half = env.whole[:2]
    assert snapshot(env, None) is None


def test_another_environment_is_refused_and_left_alone():
    saved = snapshot(started(Walk()), None)
    other = started(TimeLimit(Walk(), 10), 1)
    with pytest.raises(NotPlainError, match="does not fit"):
        restore(other, saved)
    assert other._elapsed_steps == 1
    with pytest.raises(NotPlainError):
        restore(Walk(), {})
