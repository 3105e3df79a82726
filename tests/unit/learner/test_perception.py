"""What a learner perceives and recalls, and what it makes of that."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from learners import MIXED, SMALL, finite, same, time_steps
from trainee.learner import Learner, effects, memory, running
from trainee.types import JobSpec, Observation, Signature, TimeStep


def test_what_is_perceived_is_the_time_step_with_what_is_recalled_behind_its_numbers(mixed, lived):
    state, step = lived
    after, perceived = mixed.perceive(state, step)
    numbers = perceived.observation.numeric
    # Three numbers; seven bands of the seven channels seen, and of the eight choices done; what each of these choices
    # did to each of those channels, and earned.
    assert numbers.shape == (3 + 7 * 7 + 7 * 8 + 8 * (7 + 1),)
    own = lambda s: s.observation.numeric  # noqa: E731
    assert same(jax.tree.map(jnp.array, eqx.tree_at(own, perceived, numbers[:3])), jax.tree.map(jnp.array, step))
    standard = running.normalised(running.part(state.stream.normaliser, 3), step.observation.numeric)
    seen = jnp.concatenate([standard, jax.nn.one_hot(step.observation.categories[0], 4)])
    first, second = np.asarray(state.stream.memory.action)
    done = jax.nn.relu(1 - jnp.abs(jnp.array([first - i for i in range(3)] + [second - i for i in range(5)])))
    kept, of_seen, of_done = memory.recalled(state.stream.memory, seen, done, jnp.array(step.first))
    # Of actions it is known what came of them until the time step before.
    behind = jnp.concatenate([of_seen, of_done, state.stream.memory.effects.known])
    np.testing.assert_allclose(numbers[3:], behind, rtol=1e-5, atol=1e-6)
    said = map(jnp.array, (step.reward, step.first, False))
    # So few that none are mixed are taken in their own units.
    raw = jnp.concatenate([step.observation.numeric, seen[3:]])
    known = effects.noticed(state.stream.memory.effects, raw, done, *said)
    jax.tree.map(
        lambda one, other: np.testing.assert_allclose(one, other, atol=1e-5), after.stream.memory.effects, known
    )
    assert np.any(known.known != state.stream.memory.effects.known)
    np.testing.assert_allclose(after.stream.memory.averages, kept.averages, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(after.stream.memory.action, state.stream.memory.action)


def test_nothing_is_recalled_of_the_episode_before_but_what_actions_did(mixed, lived):
    state, _ = lived
    first = dataclasses.replace(time_steps(1, seed=7)[0], first=np.array(True))
    known = memory.before_episode(state.stream.memory)
    blank, unknown = (eqx.tree_at(lambda s: s.stream.memory, state, m) for m in (known, memory.init_memory(MIXED)))

    def numbers(of, step):
        after, perceived = mixed.perceive(of, step)
        return np.append(perceived.observation.numeric, after.stream.memory.averages)

    np.testing.assert_allclose(numbers(state, first), numbers(blank, first), atol=1e-6)
    differing = np.flatnonzero(np.abs(numbers(state, first) - numbers(unknown, first)) > 1e-6)
    recalled = 3 + 7 * 7 + 7 * 8
    assert recalled <= differing.min() <= differing.max() < recalled + 8 * (7 + 1)
    later = dataclasses.replace(first, first=np.array(False))
    assert np.max(np.abs(numbers(state, later) - numbers(blank, later))) > 0.1


def test_what_is_recalled_reaches_the_utilities_once_it_was_learned(plain, plainly_lived):
    mixed, lived = plain, plainly_lived
    heads = lambda s: s.interface.learned.slow[1].linear.weight  # noqa: E731
    # Something is believed from the beginning, so that the heads do not hide what stands before them.
    young = mixed.init(jax.random.key(0))
    young = eqx.tree_at(heads, young, heads(young) + jax.random.normal(jax.random.key(1), heads(young).shape))
    _, perceived = mixed.perceive(*lived)
    own, more = (
        eqx.tree_at(lambda o: o.numeric, perceived.observation, replace_fn=f)
        for f in (lambda numeric: numeric.at[3:].set(0.0), lambda numeric: numeric.at[3:].add(1.0))
    )
    np.testing.assert_allclose(mixed.utilities(young, own), mixed.utilities(young, more), rtol=1e-6)
    state, _ = lived
    for _ in range(100):
        state = mixed.learn(state)
    differences = np.abs(mixed.utilities(state, own) - mixed.utilities(state, more))
    # In the unit in which heads speak.
    assert np.all(np.max(differences, axis=(1, 2)) / SMALL.head_unit > 1e-3)


def test_a_number_that_was_always_0_and_then_is_huge_breaks_nothing():
    learner = Learner(JobSpec(Signature(20, (), (), (2,), (False,), "wide")), width=8, constants=SMALL)
    step, state = jax.jit(learner.step), learner.init(jax.random.key(0))
    for t in range(24):
        numeric = jnp.full(20, 1e38 if t == 20 else 0.0)
        observation = Observation(numeric, jnp.zeros(0, jnp.int32), ())
        state, decision = step(
            state, TimeStep(observation, np.float32(1), np.float32(1), np.array(t == 0), np.array(False))
        )
    assert finite(state)
    assert finite(decision)
    assert float(jnp.max(jnp.abs(state.stream.memory.averages))) <= 100
