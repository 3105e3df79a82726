from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import CHOICES, LENGTH, MIXED, SMALL, compiled, finite, same, time_steps
from memories import remembered
from trainee.learner import Learner, actor, value
from trainee.types import JobSpec, Signature


def test_a_decision_is_one_of_the_job(mixed, lived):
    _, decision = mixed.step(*lived)
    assert decision.action.shape == (2,)
    assert float(decision.action[0]) in (0.0, 1.0, 2.0)
    assert 0 <= float(decision.action[1]) <= 4
    assert float(decision.spread) > 0
    assert float(decision.propensity) > 0
    assert finite(decision)


def test_a_step_is_pure(mixed, lived):
    before = jax.tree.map(lambda leaf: leaf, lived[0])
    once, again = mixed.step(*lived), mixed.step(*lived)
    assert same(once, again)
    assert same(lived[0], before)


def test_a_step_remembers_the_time_step_and_its_own_decision(mixed, lived):
    state, step = lived
    after, decision = mixed.step(state, step)
    assert int(after.stream.replay.written) == LENGTH
    kept = remembered(mixed.learner, after.stream)
    newest = jax.tree.map(lambda leaf: jnp.array(leaf[-1]), kept.step)
    numbers = lambda s: s.observation.numeric  # noqa: E731
    assert same(eqx.tree_at(numbers, newest, numbers(newest)[:3]), jax.tree.map(jnp.array, step))
    # What is recalled stands behind its own three numbers.
    np.testing.assert_allclose(numbers(newest), numbers(mixed.perceive(state, step)[1]), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(kept.action[-1], state.stream.memory.action)
    # Its own decision is kept beside the time step that it leads to.
    np.testing.assert_array_equal(after.stream.memory.action, decision.action)
    later, _ = mixed.step(after, time_steps(1, seed=9)[0])
    kept = remembered(mixed.learner, later.stream)
    assert kept.action.shape == (LENGTH + 1, 2)
    np.testing.assert_array_equal(kept.action[-1], decision.action)


def test_another_action_may_have_been_taken(mixed, lived):
    state, step = lived
    after = mixed.overrule(state, jnp.array([2.0, 0.5]))
    assert same(after, eqx.tree_at(lambda s: s.stream.memory.action, state, jnp.array([2.0, 0.5])))
    before, kept = (
        remembered(mixed.learner, mixed.remember(*mixed.perceive(s, step)).stream).action for s in (state, after)
    )
    assert kept[-1].tolist() == [2.0, 0.5]
    np.testing.assert_array_equal(kept[:-1], before[:-1])


def test_a_step_decides_by_what_was_believed_before_it_learned(plain, plainly_lived):
    mixed, (state, step) = plain, plainly_lived
    heads = lambda s: (s.interface.learned.slow[1].linear.weight, s.interface.learned.now[1].linear.weight)  # noqa: E731
    # Much believed, and a step that changes it: the slow parameters are far behind.
    state = eqx.tree_at(
        heads, state, tuple(weight + more for weight, more in zip(heads(state), (0.5, 1.5), strict=True))
    )
    # A reward that makes the unit of value another one: what was believed is rescaled before it is read.
    step = dataclasses.replace(step, reward=np.float32(5.0))
    remembering, perceived = mixed.perceive(state, step)
    before = mixed.remember(remembering, perceived)
    assert float(before.interface.peak) > 2 * float(state.interface.peak)
    after, decision = mixed.step(state, step)

    def value_and_spread(of):
        utilities = mixed.utilities(of, perceived.observation)
        weights = jax.jit(value.interpolation, static_argnums=1)(decision.action, 5)
        values = np.sum(np.asarray(utilities) * np.asarray(weights), axis=(1, 2)) / 2 * float(of.interface.peak)
        return values.mean(), values.std()

    np.testing.assert_allclose((decision.value, decision.spread), value_and_spread(before), rtol=1e-4)
    for other in (after, eqx.tree_at(lambda s: s.stream, state, before.stream)):
        # Where only the unit is another one the value is nearly the same, and the spread is not: priors keep theirs.
        assert np.max(np.abs(np.divide((decision.value, decision.spread), value_and_spread(other)) - 1)) > 1e-2


def test_deciding_does_not_learn(mixed, lived):
    state, step = lived
    after, decision = mixed.decide(state, step)
    assert same((state.brain, state.interface), (after.brain, after.interface))
    for part in ("replay", "normaliser", "returned", "lines"):
        assert same(getattr(state.stream, part), getattr(after.stream, part))
    for part in ("tried", "ahead", "leads", "open", "ways", "place", "steps", "finds"):
        assert same(getattr(state.stream.novelty, part), getattr(after.stream.novelty, part))
    assert not same(state.stream.key, after.stream.key)
    assert not same(state.stream.memory.averages, after.stream.memory.averages)
    np.testing.assert_array_equal(after.stream.memory.action, decision.action)


def test_learning_changes_parameters_and_nothing_else(mixed, lived):
    state, _ = lived
    after = mixed.learn(state)
    for before_part, part in ((state.brain, after.brain), (state.interface.learned, after.interface.learned)):
        assert not same(before_part.now, part.now)
        assert not same(before_part.slow, part.slow)
        assert finite(part)
    for part in ("prior", "writer", "places", "peak"):
        assert same(getattr(state.interface, part), getattr(after.interface, part))
    for part in ("replay", "normaliser", "returned", "lines", "memory", "novelty", "head"):
        assert same(getattr(state.stream, part), getattr(after.stream, part))


def test_what_a_time_step_brings_is_learned_of_the_action_before_it(plain):
    first, second = time_steps(2)
    state, _ = plain.step(plain.init(jax.random.key(0)), first)
    state = plain.remember(*plain.perceive(plain.overrule(state, jnp.array([2.0, 1.0])), second))
    # What is pending when it learns is of no transition yet.
    after = plain.learn(plain.overrule(state, jnp.array([1.0, 4.0])))
    before, now = (np.asarray(s.interface.learned.now[1].linear.weight) for s in (state, after))
    changed = np.any(before != now, axis=0).reshape(6, 2, 5)
    # The third choice of the first component, and the second of the second; of the three heads of the ensemble and the
    # two that feelings ask, and not of the one that does not look far, which nobody asks.
    of_each = [[False, False, True, False, False], [False, True, False, False, False]]
    assert changed.tolist() == [of_each] * 5 + [np.zeros((2, 5), bool).tolist()]


def test_of_whole_actions_it_is_learned_of_the_one_that_was_taken(mixed):
    first, second = time_steps(2)
    begun, _ = mixed.step(mixed.init(jax.random.key(0)), first)
    actions = jnp.array([2.0, 0.5]), jnp.array([0.0, 4.0])
    perceived = mixed.perceive(mixed.overrule(begun, actions[0]), second)[1]
    slopes = []
    for action in actions:
        state = mixed.remember(*mixed.perceive(mixed.overrule(begun, action), second))
        # As it is pending it is of no transition yet.
        afters = [mixed.learn(mixed.overrule(state, pending)) for pending in actions]
        weights = [np.asarray(after.interface.learned.now[1].linear.weight) for after in afters]
        np.testing.assert_array_equal(*weights)
        slopes.append(weights[0] - np.asarray(state.interface.learned.now[1].linear.weight))
        assert np.any(slopes[-1][:, :5], axis=0).all()
        assert not np.any(slopes[-1][:, 5])
    assert np.any(slopes[0] != slopes[1])
    assert np.isfinite(mixed.utilities(begun, perceived.observation, actor.coded(MIXED, actions[0])[None])).all()


def paying(state, steps):
    """Where one line was over, of so many steps, and brought as much as there ever was."""
    one, steps, none = jnp.float32(1.0), jnp.float32(steps), jnp.float32(0.0)
    lines = dict.fromkeys(("brought", "returns", "weight"), one) | dict.fromkeys(("mean", "weighted", "steps"), steps)
    rewards = dict.fromkeys(("size", "square"), one / steps) | dict.fromkeys(("aside", "spent", "whole"), none)
    over = dataclasses.replace(state.stream.lines, ended=jnp.array(1), **lines, **rewards)
    return eqx.tree_at(lambda s: s.stream.lines, state, over)


def test_what_an_episode_brought_is_remembered_with_its_length(mixed):
    state, steps = mixed.init(jax.random.key(0)), time_steps(LENGTH, size=4.0)
    assert [round(float(step.reward), 3) for step in steps[1:6]] == [4.0, -1.2, -1.2, 0.0, 0.0]
    for step in steps:
        state = mixed.remember(*mixed.perceive(state, step))
    known, discount = state.stream.lines, SMALL.shortest_discount
    # The other episode, which is under way, has five steps too.
    assert (int(known.ended), int(known.length), float(known.mean)) == (1, 5, 5.0)
    # In units of the 4 that were the most: what comes first has been discounted four times when the episode ends.
    brought = discount**4 - 0.3 * discount**3 - 0.3 * discount**2
    found = (known.brought, known.weight, known.weighted)
    np.testing.assert_allclose(found, (brought, brought, 5 * brought), rtol=1e-3)


def test_values_are_discounted_over_the_lines_that_bring_something(mixed, lived):
    state, step = lived
    _, decision = mixed.step(mixed.init(jax.random.key(0)), step)
    np.testing.assert_allclose(decision.discount, 1 - 1 / SMALL.shortest_horizon, rtol=1e-6)
    np.testing.assert_allclose(SMALL.shortest_discount, decision.discount, rtol=1e-6)
    # The newest step ends no episode.
    for steps, expected in [(1, SMALL.shortest_horizon), (200, 200.0), (1e6, SMALL.longest_horizon)]:
        for decide in (mixed.step, mixed.exploit):
            _, decision = decide(paying(state, steps), step)
            np.testing.assert_allclose(1 / (1 - float(decision.discount)), expected, rtol=1e-2)


def test_what_is_learned_depends_on_how_far_it_looks_ahead(mixed, lived):
    state, _ = lived
    near, far = (mixed.learn(paying(state, steps)) for steps in (30, 3000))
    assert not same(near.interface.learned.now, far.interface.learned.now)


def test_heads_take_longer_steps_at_first_and_only_they(plain, plainly_lived):
    state, _ = plainly_lived
    eager = compiled(
        Learner(JobSpec(CHOICES), width=8, constants=dataclasses.replace(SMALL, eagerness=4.0, eager_updates=30.0))
    )
    sober = compiled(Learner(JobSpec(CHOICES), width=8, constants=dataclasses.replace(SMALL, eagerness=0.0)))
    for count, times in ((0, 5.0), (29, 3.0), (10_000, 1.0)):
        state = eqx.tree_at(lambda s: s.interface.learned.moments[0].count, state, jnp.int32(count))
        before, one, two = (s.interface.learned.now for s in (state, eager.learn(state), sober.learn(state)))
        moved, usual = (np.asarray(now[1].linear.weight - before[1].linear.weight) for now in (one, two))
        np.testing.assert_allclose(moved, times * usual, rtol=0.01, atol=1e-7)
        assert np.any(usual)
        assert same(one[0], two[0])


def test_remembering_keeps_the_meaning_of_values_in_reward_units(mixed, lived):
    state, step = lived
    state = eqx.tree_at(lambda s: s.interface.peak, state, jnp.float32(2.0))
    great = dataclasses.replace(step, reward=np.float32(1e4))
    after = mixed.remember(*mixed.perceive(state, great))
    weights = lambda s: s.interface.learned.slow[1].linear.weight  # noqa: E731
    np.testing.assert_allclose(weights(after) * after.interface.peak, weights(state) * state.interface.peak, rtol=1e-5)
    assert float(after.interface.peak) > 9e3


def test_first_decisions_of_different_seeds_differ(mixed):
    step = time_steps(1)[0]
    decisions = [mixed.step(mixed.init(jax.random.key(seed)), step)[1] for seed in range(8)]
    assert len({float(d.action[0]) for d in decisions}) > 1
    assert len({float(d.action[1]) for d in decisions}) > 4


def test_exploiting_is_deterministic(mixed, lived):
    state, step = lived
    _, decision = mixed.exploit(state, step)
    other = eqx.tree_at(lambda s: (s.stream.key, s.stream.head), state, (jax.random.key(9), jnp.array(2)))
    assert same(decision, mixed.exploit(other, step)[1])
    assert same(decision, mixed.exploit(state.frozen(), step)[1])
    assert float(decision.propensity) == 1.0


def test_exploiting_changes_nothing_but_the_memory(mixed, lived):
    state, step = lived
    after, decision = mixed.exploit(state, step)
    memory_of = lambda s: s.stream.memory  # noqa: E731
    assert same(eqx.tree_at(memory_of, after, memory_of(state)), state)
    perceiving, _ = mixed.perceive(state, step)
    np.testing.assert_allclose(memory_of(after).averages, memory_of(perceiving).averages, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(memory_of(after).action, decision.action)


def test_exploiting_stays_within_the_choices_of_each_component():
    # The continuous component has fewer choices than the other.
    signature = Signature(3, (4,), (), (3, 5), (True, False), "uneven")
    learner = Learner(JobSpec(signature), width=8, constants=SMALL)
    exploit = jax.jit(lambda key, step: learner.exploit(learner.init(key), step)[1].action)
    actions = np.array([exploit(jax.random.key(seed), time_steps(1)[0]) for seed in range(30)])
    assert np.all((actions >= 0) & (actions <= [2, 4]))


def test_the_value_and_spread_are_of_the_heads_in_reward_units(mixed, lived):
    state, step = lived
    _, decision = mixed.exploit(state, step)
    code = actor.coded(MIXED, decision.action)[None]
    utilities = np.asarray(mixed.utilities(state, mixed.perceive(state, step)[1].observation, code))
    values = utilities[:, 0, 0] * float(state.interface.peak)
    np.testing.assert_allclose(decision.value, values.mean(), rtol=1e-4)
    np.testing.assert_allclose(decision.spread, values.std(), rtol=1e-4)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_the_reward_does_not_matter(mixed, factor):
    def decisions(size):
        state = mixed.init(jax.random.key(3))
        for step in time_steps(LENGTH, seed=4, size=size):
            state, decision = mixed.step(state, step)
            yield float(state.interface.peak), decision

    for (peak, plain), (scaled_peak, scaled) in zip(decisions(1.0), decisions(factor), strict=True):
        np.testing.assert_allclose(scaled_peak, factor * peak, rtol=1e-4)
        np.testing.assert_allclose(scaled.action, plain.action, atol=1e-3)
        # Until the first reward there is no scale to measure by.
        unit = factor if peak > 0 else 1.0
        np.testing.assert_allclose(scaled.value, unit * plain.value, rtol=1e-2, atol=1e-4 * unit)


def test_many_at_once_do_as_each_alone(mixed):
    keys, streams = [jax.random.key(1), jax.random.key(2)], [time_steps(3, seed=5), time_steps(3, seed=6)]
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[mixed.init(key) for key in keys])
    together = jax.jit(jax.vmap(mixed.learner.step))
    found = []
    for steps in zip(*streams, strict=True):
        states, decision = together(states, jax.tree.map(lambda *leaves: jnp.stack(leaves), *steps))
        found.append(decision)
    for i, (key, stream) in enumerate(zip(keys, streams, strict=True)):
        state = mixed.init(key)
        for t, step in enumerate(stream):
            state, decision = mixed.step(state, step)
            each = jax.tree.map(lambda leaf, i=i, t=t: leaf[i], found[t])
            jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), each, decision)
