from __future__ import annotations

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit
from job_toys import Says, Walk

from trainee.errors import InvalidArgument, JobFailed, UnfitTimeStep, UnsupportedSpace
from trainee.jobs import GymnasiumJob, Job, make

LEFT, RIGHT = np.float32([0]), np.float32([1])
NAN = np.float32([np.nan])


def told(step):
    return tuple(float(leaf) for leaf in (step.reward, step.discount, step.first, step.last))


def test_an_episode_that_terminates():
    job = GymnasiumJob(Walk(goal=2))
    assert told(job.reset()) == (0, 1, 1, 0)
    assert told(job.step(RIGHT)) == (-1, 1, 0, 0)
    step = job.step(RIGHT)
    assert told(step) == (-1, 0, 0, 1)
    np.testing.assert_array_equal(step.observation.numeric, [2])
    assert told(job.reset()) == (0, 1, 1, 0)


def test_a_time_limit_is_last_and_keeps_its_discount():
    job = GymnasiumJob(TimeLimit(Walk(goal=5), 2))
    job.reset()
    job.step(RIGHT)
    assert told(job.step(RIGHT)) == (-1, 1, 0, 1)


def test_terminated_at_the_time_limit_is_terminated():
    job = GymnasiumJob(TimeLimit(Walk(goal=2), 2))
    job.reset()
    job.step(RIGHT)
    assert told(job.step(RIGHT)) == (-1, 0, 0, 1)


def test_only_the_first_reset_is_seeded_and_its_answer_is_handed_out():
    env = Walk()
    job = GymnasiumJob(env, seed=7)
    assert job.spec.signature.choices == (2,)
    assert not job.spec.masked
    assert env.log == [7]
    job.reset()
    assert env.log == [7]
    job.reset()
    assert env.log == [7, None]


def test_a_job_is_a_job():
    assert isinstance(GymnasiumJob(Walk()), Job)


def test_the_name_is_the_id_or_the_class():
    assert GymnasiumJob(Walk()).name == "Walk"
    assert GymnasiumJob(Walk(), name="stroll").name == "stroll"
    assert GymnasiumJob(gymnasium.make("CartPole-v1")).name == "CartPole-v1"


def test_masks_are_there_from_the_first_reset_on():
    job = GymnasiumJob(Walk(masked=True))
    assert job.spec.masked
    np.testing.assert_array_equal(job.reset().action_mask, [[True, True]])
    job.step(LEFT)
    np.testing.assert_array_equal(job.step(LEFT).action_mask, [[False, True]])


def test_an_unfit_step_is_raised_with_its_number_and_the_job_goes_on():
    job = GymnasiumJob(Says({}, {}, {"observation": NAN}, {"reward": 2.0}))
    job.reset()
    job.step(LEFT)
    with pytest.raises(
        UnfitTimeStep, match=r"observation\[0\] is nan \(Says, step 2\); the step was not learned"
    ) as fault:
        job.step(LEFT)
    assert not fault.value.last
    assert told(job.step(LEFT)) == (2, 1, 0, 0)


def test_an_unfit_last_step_says_that_a_reset_comes_next():
    job = GymnasiumJob(Says({}, {"reward": float("inf"), "truncated": True}))
    job.reset()
    with pytest.raises(UnfitTimeStep, match="reward is inf") as fault:
        job.step(LEFT)
    assert fault.value.last


def test_an_unfit_reset_can_be_tried_again():
    job = GymnasiumJob(Says({"observation": np.float32([40])}))
    for _ in range(2):
        with pytest.raises(UnfitTimeStep, match=r"is 40.0, above its bound 1.0 \(Says, reset after step 0\)") as fault:
            job.reset()
        assert fault.value.last


def test_an_environment_that_raises_fails_with_the_step_and_the_reason():
    job = GymnasiumJob(Says({}, {}, ValueError("the arm is stuck")))
    job.reset()
    job.step(LEFT)
    with pytest.raises(JobFailed, match="Says raised ValueError: the arm is stuck in step 2, at action 1") as failure:
        job.step(RIGHT)
    assert isinstance(failure.value.__cause__, ValueError)
    assert job.saved() is None
    job.reset()
    assert told(job.step(LEFT)) == (0, 1, 0, 0)


def test_a_reset_that_raises_fails():
    with pytest.raises(JobFailed, match="raised KeyError: 'port' in reset after step 0"):
        GymnasiumJob(Says(KeyError("port")))


@pytest.mark.parametrize("answer", [([0.0], 0.0, False, {}), [[0.0], 0.0, False, False, {}], None])
def test_a_step_of_the_wrong_form_fails(answer):
    env = Walk()
    env.step = lambda action: answer
    job = GymnasiumJob(env)
    job.reset()
    with pytest.raises(JobFailed, match=r"Walk returned .* in step 1: step must return \(observation, reward, term"):
        job.step(LEFT)


@pytest.mark.parametrize("answer", [np.zeros(2), {"place": 0, "late": 1}, (np.zeros(1), None), [np.zeros(1), {}], None])
def test_a_reset_of_the_wrong_form_fails(answer):
    env = Walk()
    env.reset = lambda **how: answer
    with pytest.raises(JobFailed, match=r"in reset after step 0: reset must return \(observation, info\)"):
        GymnasiumJob(env)


@pytest.mark.parametrize("flag", [np.zeros(2, bool), "False", np.nan, None, 2])
@pytest.mark.parametrize("name", ["terminated", "truncated"])
def test_what_is_neither_true_nor_false_is_no_end(name, flag):
    job = GymnasiumJob(Says({}, {name: flag}))
    job.reset()
    with pytest.raises(
        UnfitTimeStep, match=rf"{name} is .*, which is neither True nor False \(Says, step 1\)"
    ) as fault:
        job.step(LEFT)
    # Whether the episode goes on is not known.
    assert fault.value.last


@pytest.mark.parametrize("reward", ["1.5", b"1", np.array("2"), np.str_("3")])
def test_a_text_is_no_reward(reward):
    job = GymnasiumJob(Says({}, {"reward": reward}))
    job.reset()
    with pytest.raises(UnfitTimeStep, match=r"reward is .*, not a number"):
        job.step(LEFT)


def test_an_environment_that_exits_fails():
    job = GymnasiumJob(Says({}, {}))
    job.reset()
    job.env.step = sys.exit
    with pytest.raises(JobFailed, match="Says raised SystemExit: 0 in step 1"):
        job.step(LEFT)
    with pytest.raises(JobFailed, match="cannot be made: it raised SystemExit"):
        make(sys.exit)


def test_a_step_before_the_reset_is_refused():
    with pytest.raises(InvalidArgument, match="before it was reset"):
        GymnasiumJob(Walk()).step(LEFT)


def test_spaces_that_cannot_be_learned_from_are_found_before_anything_runs():
    env = Says({}, observation_space=spaces.Sequence(spaces.Discrete(2)))
    with pytest.raises(UnsupportedSpace):
        GymnasiumJob(env)
    assert env.next == 0


def test_the_observation_is_no_view_of_what_the_environment_writes_in():
    job = GymnasiumJob(Walk())
    first = job.reset()
    job.step(RIGHT)
    np.testing.assert_array_equal(first.observation.numeric, [0])


class TestFrames:
    def test_are_pictures(self):
        job = GymnasiumJob(Walk(render_mode="rgb_array"))
        job.reset()
        assert job.frame().shape == (4, 6, 3)

    def test_need_an_environment_that_renders(self):
        with pytest.raises(InvalidArgument, match=r"render_mode None, which gives no pictures.*rgb_array"):
            GymnasiumJob(Walk()).frame()

    def test_that_are_no_pictures_fail(self):
        class Blind(Walk):
            def render(self):
                return [1]

        class Broken(Walk):
            def render(self):
                raise OSError("no display")

        with pytest.raises(JobFailed, match="rendered list, where"):
            GymnasiumJob(Blind(render_mode="rgb_array")).frame()
        with pytest.raises(JobFailed, match="OSError: no display in render"):
            GymnasiumJob(Broken(render_mode="rgb_array")).frame()


class TestSaving:
    def play(self, job, steps):
        said = [job.reset()]
        for i in range(steps):
            said.append(job.reset() if said[-1].last else job.step(np.float32([i % 3 > 0])))
        return said

    def test_goes_on_as_it_would_have(self):
        job, other = (GymnasiumJob(TimeLimit(Walk(windy=True), 9), seed=seed) for seed in (1, 2))
        self.play(job, 13)
        saved = job.saved()
        assert saved is not None
        assert all(array.dtype == np.uint8 for array in saved.values())
        assert other.restore(saved)
        assert other.steps == job.steps
        for _ in range(5):
            np.testing.assert_array_equal(
                [s.observation.numeric for s in self.play(other, 20)],
                [s.observation.numeric for s in self.play(job, 20)],
            )

    def test_before_the_first_time_step_was_handed_out(self):
        job, other = GymnasiumJob(Walk(masked=True)), GymnasiumJob(Walk(masked=True))
        assert job.spec.masked
        assert other.restore(job.saved())
        assert told(other.reset()) == (0, 1, 1, 0)
        assert other.env.log == [0]

    def test_another_environment_is_not_taken_for_it(self):
        job = GymnasiumJob(Walk())
        job.reset()
        other = GymnasiumJob(TimeLimit(Walk(), 5))
        other.reset()
        other.step(RIGHT)
        with pytest.warns(UserWarning, match=r"not the environment that was left here: TimeLimit.* and \d+ more"):
            assert not other.restore(job.saved())
        assert not other.restore({})
        np.testing.assert_array_equal(other.step(RIGHT).observation.numeric, [2])
