"""Every way of making a job, through the same contract."""

from __future__ import annotations

import gymnasium
import jax
import numpy as np
import pytest

from trainee.jobs import Job, check, make

JOBS = [
    "CartPole-v1",
    "MountainCar-v0",
    "MountainCarContinuous-v0",
    "Acrobot-v1",
    "Pendulum-v1",
    "Blackjack-v1",
    "FrozenLake-v1",
    "CliffWalking-v1",
    "Taxi",
    "gymnax:CartPole-v1",
    "gymnax:Pendulum-v1",
    "worlds:rooms-7",
    "worlds:steer-7",
]
STEPS = 450


def named(job):
    """Taxi's version differs between those of Gymnasium."""
    if job != "Taxi":
        return job
    return max(name for name in gymnasium.registry if name.startswith("Taxi-v"))


@pytest.fixture(params=JOBS)
def name(request):
    if request.param.startswith("gymnax:"):
        pytest.importorskip("gymnax")
    return named(request.param)


@pytest.fixture
def job(name):
    made = make(name, seed=1)
    yield made
    made.close()


def drawn(job, random, mask=None):
    signature = job.spec.signature
    rows = np.ones(signature.grid, bool) if mask is None else np.asarray(mask)
    chosen = [
        random.uniform(0, n - 1) if continuous else random.choice(np.flatnonzero(row[:n]))
        for row, n, continuous in zip(rows, signature.choices, signature.continuous, strict=True)
    ]
    return np.array(chosen, np.float32)


def stream(job, steps, seed=0):
    """Time steps of random work, as the host loop asks for them."""
    random = np.random.default_rng(seed)
    step = job.reset()
    yield step
    for _ in range(steps):
        step = job.reset() if step.last else job.step(drawn(job, random, step.action_mask))
        yield step


def test_it_is_a_job(job):
    assert isinstance(job, Job)


def test_time_steps_follow_the_contract(job):
    signature, masked = job.spec.signature, job.spec.masked
    before = None
    for step in stream(job, STEPS):
        assert bool(step.first) == (before is None or bool(before.last))
        assert not (step.first and step.last)
        assert step.discount in (0, 1)
        if not step.last:
            assert step.discount == 1
        if step.first:
            assert step.reward == 0
        assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(step))
        assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(step))
        observation = step.observation
        assert observation.numeric.shape == (signature.numeric,)
        assert observation.numeric.dtype == np.float32
        assert observation.categories.shape == (len(signature.categories),)
        assert observation.categories.dtype == np.int32
        assert np.all(observation.categories < np.array(signature.categories, int))
        assert np.all(observation.categories >= 0)
        assert (step.action_mask is not None) == masked
        if masked:
            assert step.action_mask.shape == signature.grid
            assert step.action_mask.any(axis=1).all()
        before = step


def test_the_same_seed_says_the_same(name):
    one, same = (list(stream(make(name, seed=5), 60)) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, one, same)


def test_what_was_saved_goes_on_exactly(name):
    job, other = make(name, seed=1), make(name, seed=2)
    for step in stream(job, 120):
        newest = step
    saved = job.saved()
    assert saved is not None
    assert other.restore(saved)
    random, same = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(150):
        if newest.last:
            one, again = job.reset(), other.reset()
        else:
            mask = newest.action_mask
            one, again = job.step(drawn(job, random, mask)), other.step(drawn(other, same, mask))
        jax.tree.map(np.testing.assert_array_equal, one, again)
        newest = one


@pytest.mark.parametrize(
    ("name", "limit", "reward"), [("MountainCar-v0", 200, -1.0), ("Pendulum-v1", 200, None), ("CartPole-v1", None, 1.0)]
)
def test_ends_are_of_the_right_kind(name, limit, reward):
    job = make(name)
    steps = list(stream(job, 400))
    ends = [i for i, step in enumerate(steps) if step.last]
    if limit is None:
        assert ends
        assert all(steps[i].discount == 0 for i in ends)
    else:
        assert ends == [limit]
        assert steps[limit].discount == 1
        assert steps[limit + 1].first
    if reward is not None:
        assert {float(step.reward) for step in steps if not step.first} == {reward}


@pytest.mark.parametrize("gymnasiums", [job for job in JOBS if not job.startswith("gymnax:")])
def test_gymnasiums_jobs_are_fit_to_learn_from(gymnasiums):
    report = check(named(gymnasiums), 200)
    assert report.fit, str(report)
    assert "stops with" not in str(report)


def test_an_action_of_the_agent_is_one_of_the_jobs(job):
    random = np.random.default_rng(0)
    for _ in range(20):
        assert job.codec.action_space.contains(job.codec.action(drawn(job, random)))
