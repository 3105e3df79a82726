"""The actor: codes of actions, plans, and what is drawn from them."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import ndtri

from learners import MIXED, SMALL, compiled, time_steps
from trainee.learner import Learner, actor
from trainee.types import JobSpec, Observation, Signature

# Two lines about a part with three choices; the lines have 5 and 3 choices.
WIDE = Signature(2, (), (), (5, 3, 3), (True, False, True), "wide")
LINES = Signature(2, (), (), (3, 3), (True, True), "lines")


def test_a_code_has_a_number_a_line_and_one_a_choice():
    assert (actor.numbers(WIDE), actor.plan_numbers(WIDE)) == (5, 7)
    code = actor.coded(WIDE, jnp.array([1.0, 2.0, 2.0]))
    # The lines first: a quarter of the way along the first, at the end of the other.
    np.testing.assert_allclose(code, [-0.5, 1.0, 0.0, 0.0, 1.0])
    np.testing.assert_allclose(actor.decoded(WIDE, code), [1.0, 2.0, 2.0])


def test_the_middle_of_a_plan_is_its_means_and_likeliest_choices():
    plan = jnp.array([0.5, -1.0, 0.3, -0.3, 0.2, 0.5, 0.3])
    np.testing.assert_allclose(actor.middle(WIDE, plan), [0.5, -1.0, 0.0, 1.0, 0.0])


def test_what_is_drawn_lies_where_the_plan_says_and_is_as_dense_as_it_says():
    plan = jnp.array([0.6, -0.2, -0.4, 0.0])
    chance = jax.random.uniform(jax.random.key(0), (20_000, 2))
    drawn = jax.jit(jax.vmap(lambda some: actor.drawn(LINES, plan, some)))(chance)
    widths = np.exp(actor.NARROWEST + (actor.WIDEST - actor.NARROWEST) / 2 * (np.array([-0.4, 0.0]) + 1))
    assert np.all(np.abs(drawn.code) < 1)
    bent = np.arctanh(np.asarray(drawn.code, np.float64))
    # Means of 20,000: within 5 of their own deviations but for one run in a million.
    np.testing.assert_allclose(bent.mean(axis=0), np.arctanh([0.6, -0.2]), atol=5 * widths.max() / np.sqrt(20_000))
    np.testing.assert_allclose(bent.std(axis=0), widths, rtol=0.03)
    normal = np.exp(-0.5 * np.square((bent - np.arctanh([0.6, -0.2])) / widths)) / widths / np.sqrt(2 * np.pi)
    density = np.prod(normal / (1 - np.square(np.tanh(bent))), axis=1)
    np.testing.assert_allclose(np.exp(drawn.log_density), density, rtol=1e-2)


def test_choices_are_drawn_as_often_as_is_planned():
    plan = jnp.array([0.0, 0.0, 0.0, 0.0, 0.7, 0.2, 0.1])
    chance = jax.random.uniform(jax.random.key(1), (10_000, 5))
    code = np.asarray(jax.jit(jax.vmap(lambda some: actor.drawn(WIDE, plan, some).code))(chance))
    np.testing.assert_allclose(code[:, 2:].sum(axis=1), 1, atol=1e-6)
    # A share of 10,000 has a deviation of half a percent at most: six of them.
    np.testing.assert_allclose(code[:, 2:].mean(axis=0), [0.7, 0.2, 0.1], atol=0.03)


def test_nothing_that_is_forbidden_is_planned_drawn_or_tried():
    made = actor.Actor(WIDE, 8, 0, jax.random.key(0))
    allowed = jnp.ones((3, 5), bool).at[1, 1].set(False)
    seen = Observation(jnp.array([0.3, -2.0]), jnp.zeros(0, jnp.int32), ())
    plan = eqx.filter_jit(made)(seen, allowed)
    np.testing.assert_allclose(plan, [0, 0, 0, 0, 0.5, 0, 0.5])
    chance = jax.random.uniform(jax.random.key(2), (500, 5))
    for draw in (lambda some: actor.drawn(WIDE, plan, some).code, lambda some: actor.spread(WIDE, plan, some)):
        code = np.asarray(jax.jit(jax.vmap(draw))(chance))
        assert set(np.argmax(code[:, 2:], axis=1).tolist()) == {0, 2}
    anything = actor.anything(WIDE, allowed)
    np.testing.assert_allclose(anything, [0, 0, 0, 0, 0.5, 0, 0.5])
    spread = np.asarray(jax.jit(jax.vmap(lambda some: actor.spread(WIDE, anything, some)))(chance))
    # Evenly along lines.
    assert np.abs(spread[:, :2].mean(axis=0)).max() < 0.2
    assert np.abs(spread[:, :2]).max() > 0.95


def test_a_gradient_goes_through_what_is_drawn():
    chance = jnp.array([0.9, 0.2, 0.5, 0.6, 0.7])

    def first_and_third(plan):
        code = actor.drawn(WIDE, plan, chance).code
        return code[0] + 2 * code[4]

    slope = jax.jit(jax.grad(first_and_third))(jnp.array([0.1, 0.0, 0.0, 0.0, 0.2, 0.3, 0.5]))
    assert slope[0] > 0
    assert slope[6] == pytest.approx(2.0)
    # A wider plan takes what lies above the middle, as this does, farther up.
    assert float(ndtri(chance[0])) > 0
    assert slope[2] > 0
    np.testing.assert_allclose(slope[jnp.array([1, 3, 4, 5])], 0.0, atol=1e-6)


def brought(learner, target, episodes):
    """What a worker earns at a job of single steps, whose reward falls with the distance of its first line from a
    target; and what it has become.
    """
    truth = jnp.array

    def episode(state, _):
        first = dataclasses.replace(learner.example(), discount=jnp.ones(()), first=truth(True))
        state, decision = learner.step(state, first)
        reward = -jnp.square(decision.action[0] - target)
        state, _ = learner.step(state, dataclasses.replace(learner.example(), reward=reward, last=truth(True)))
        return state, reward

    begun = learner.init(jax.random.key(0))
    return jax.jit(lambda state: jax.lax.scan(episode, state, length=episodes))(begun)


def test_an_actor_finds_what_lies_between_choices():
    constants = dataclasses.replace(SMALL, replay_steps=4096, windows=4, learning_rate=1e-3)
    learner = Learner(JobSpec(LINES), width=16, constants=constants)
    state, rewards = brought(learner, 1.4, 2000)
    # Anywhere on the line has 0.49 on the mean.
    assert rewards[-300:].mean() > -0.2
    _, decision = jax.jit(learner.exploit)(state, dataclasses.replace(learner.example(), first=jnp.array(True)))
    assert abs(float(decision.action[0]) - 1.4) < 0.15


def test_work_is_drawn_from_the_plan_and_its_middle_is_what_is_exploited():
    made = compiled(Learner(JobSpec(MIXED), width=8, constants=SMALL))
    state, step = made.init(jax.random.key(0)), time_steps(1)[0]
    _, decision = made.exploit(state, step)
    # At first the middle of the line, and the first of equally likely choices.
    np.testing.assert_allclose(decision.action, [0.0, 2.0])
