"""Deciding apart from learning: what both halves agree on, and that together they are a step of the learner."""

from __future__ import annotations

import dataclasses
import functools
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import SMALL, same, signature
from memories import remembered
from trainee.learner import Apart, Conduct, calibration
from trainee.life.saving import named_arrays, restored
from trainee.types import JobSpec, Observation, TimeStep

pytestmark = pytest.mark.long

PLACES, CHOICES = 4, (3, 2)
EVERYTHING = np.arange(3) < np.array(CHOICES)[:, None]
# Two time steps belong to the first of three episodes, the second of which is cut short, and the third goes on.
FIRST, LAST, TERMINATED = (0, 5, 12), (4, 11), (4,)


@functools.cache
def made():
    """A learner of a job in which one is at one of a few places, compiled."""
    spec = JobSpec(signature(categories=(PLACES,), choices=CHOICES), masked=True, restartable=True)
    learner = Apart(spec, width=8, constants=SMALL)
    names = ["init", "step", "act", "taught"]
    return SimpleNamespace(learner=learner, **{name: jax.jit(getattr(learner, name)) for name in names})


def time_step(t, place, reward=0.0, mask=EVERYTHING):
    observation = Observation(jnp.zeros(0), jnp.array([place], jnp.int32), ())
    first, last = np.array(t in FIRST), np.array(t in LAST)
    return TimeStep(observation, np.float32(reward), np.float32(t not in TERMINATED), first, last, mask)


def stream(count=20, rewards=(0.0, 0.0, 1.0)):
    draw = np.random.default_rng(0)
    return [time_step(t, draw.integers(PLACES), draw.choice(rewards)) for t in range(count)]


def conduct_of(before, after, decision):
    """How `Learner.step` has decided, as somebody else would be told of it."""
    plays = after.stream.quitting.played > before.stream.quitting.played
    spell = after.stream.novelty.spell
    return Conduct(decision.value, decision.spread, decision.discount, spell, decision.abandon, plays)


def assert_near(one, other):
    found, expected = named_arrays(one), named_arrays(other)
    assert found.keys() == expected.keys()
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-4, atol=1e-5, err_msg=name)


def hoping(state, afresh, seed):
    """So much is expected of a fresh line, and all that is drawn follows from a seed."""
    parts = lambda s: (s.stream.quitting.afresh.value, s.stream.quitting.afresh.known, s.stream.key)  # noqa: E731
    return eqx.tree_at(parts, state, (jnp.float32(afresh), jnp.float32(afresh), jax.random.key(seed)))


@pytest.fixture(scope="module")
def lived():
    """The states that a learner goes through, and what answered each time step."""
    states, decisions = [made().init(jax.random.key(0))], []
    for step in stream():
        state, decision = made().step(states[-1], step)
        states.append(state)
        decisions.append(decision)
    return states, decisions


def assert_same_as_a_step(before, step):
    """To be taught of a time step comes to the same as `step`, but for who decides and what is done next."""
    after, decision = made().step(before, step)
    found = made().taught(before, before.stream.memory.action, step, conduct_of(before, after, decision))
    theirs = lambda s: (s.stream.head, s.stream.memory.action)  # noqa: E731
    assert_near(eqx.tree_at(theirs, found, theirs(after)), after)
    return after, found, decision


def test_to_be_taught_of_a_time_step_is_a_step_without_the_decision(lived):
    states, _ = lived
    for before, step in zip(states, stream(), strict=False):
        assert_same_as_a_step(before, step)


def test_a_line_that_was_given_up_is_remembered_as_over_as_in_a_step(lived):
    state, step = lived[0][10], stream()[10]
    after, found, decision = assert_same_as_a_step(hoping(state, 1e6, 7), step)
    assert decision.abandon
    kept, plain = (remembered(made().learner, s.stream) for s in (found, made().taught(state, *told(state, step))))
    assert (bool(kept.step.last[-1]), float(kept.step.discount[-1])) == (True, 0.0)
    assert (bool(plain.step.last[-1]), float(plain.step.discount[-1])) == (False, 1.0)
    assert int(found.stream.quitting.quits) == int(state.stream.quitting.quits) + 1
    np.testing.assert_allclose(
        kept.step.reward[-1], remembered(made().learner, after.stream).step.reward[-1], rtol=1e-5
    )


def test_a_line_that_is_played_out_is_counted_and_followed_to_its_end(lived):
    state, step = lived[0][10], stream()[10]
    played = [seed for seed in range(120) if not made().step(hoping(state, 1e6, seed), step)[1].abandon]
    # One in twenty.
    assert 1 <= len(played) <= 15
    before = hoping(state, 1e6, played[0])
    _, found, _ = assert_same_as_a_step(before, step)
    line = found.stream.quitting
    assert (bool(line.playing), int(line.played), int(line.quits)) == (True, 1, int(before.stream.quitting.quits) + 1)
    # Its last time step brings more than it owes: it was wrong to quit.
    end = time_step(11, 0, reward=1e7)
    after = made().taught(found, *told(found, end))
    assert (int(after.stream.quitting.wrong), float(after.stream.quitting.share)) == (1, 0.25)
    assert not after.stream.quitting.playing


def test_both_halves_agree_on_a_line_that_is_played_out(lived):
    state, step = hoping(lived[0][10], 1e6, 0), stream()[10]
    done, underway = state.stream.memory.action, made().learner._left_at(state)
    for seed in range(120):
        after, _, conduct = made().act(state, done, underway, step, jax.random.key(seed))
        if conduct.plays:
            break
    assert conduct.plays
    assert not conduct.abandon
    state = made().taught(state, done, step, conduct)
    for t, reward in [(9, 0.5), (10, 0.25), (11, 0.125)]:
        after, _, conduct = made().act(state, done, after, time_step(t, 0, reward), jax.random.key(t))
        state = made().taught(state, done, time_step(t, 0, reward), conduct)
        line = state.stream.quitting
        np.testing.assert_allclose(after.played, (line.playing, line.owed, line.earned, line.weight), rtol=1e-3)
    near = SMALL.near_discount
    np.testing.assert_allclose(after.played[2], 0.5 + near * 0.25 + near**2 * 0.125, rtol=1e-5)
    # The last one was the last time step.
    assert not after.played[0]


def told(state, step, **conduct):
    """What `taught` is told where nothing in particular was done."""
    zero, no = jnp.zeros(()), jnp.zeros((), bool)
    said = {
        "value": zero,
        "spread": zero,
        "discount": jnp.float32(0.9),
        "spell": jnp.array(0),
        "abandon": no,
        "plays": no,
    }
    return state.stream.memory.action, step, Conduct(**{**said, **conduct})


def test_both_halves_agree_on_what_an_episode_knows_of_itself():
    state, underway, done = made().init(jax.random.key(3)), made().learner.underway(), jnp.zeros(2)
    draw, spells = np.random.default_rng(1), []
    for t, step in enumerate(stream(24, rewards=(0.0, 0.0, 0.0, 0.5))):
        if t in FIRST:
            underway = made().learner.underway()
        state_before = named_arrays(state)
        underway, decision, conduct = made().act(state, done, underway, step, jax.random.key(100 + t))
        # To decide changes nothing of what was learned.
        assert all(np.array_equal(array, state_before[name]) for name, array in named_arrays(state).items())
        state = made().taught(state, done, step, conduct)
        own = state.stream
        np.testing.assert_allclose(underway.memory.averages, own.memory.averages, rtol=1e-5, atol=1e-6)
        assert bool(underway.memory.first) == bool(own.memory.first) == (t in FIRST)
        assert int(underway.place) == int(own.novelty.place)
        assert int(underway.spell) == int(conduct.spell) == int(own.novelty.spell)
        assert bool(underway.played[0]) == bool(own.quitting.playing)
        assert 0 <= int(underway.head) < SMALL.heads
        spells.append(int(conduct.spell))
        # Now and then somebody else does something else.
        done = jnp.array(draw.integers(CHOICES), jnp.float32) if t % 3 == 0 else decision.action
    assert max(spells) > 0
    kept = remembered(made().learner, state.stream)
    assert kept.step.first[-20:].tolist() == [t in FIRST for t in range(24)][-SMALL.replay_steps :]


def test_what_is_done_is_what_is_learned_from_whoever_chose_it(lived):
    state, step = lived[0][10], stream()[10]
    _, *rest = told(state, step)
    for other in ([1.0, 1.0], [2.0, 0.0]):
        kept = remembered(made().learner, made().taught(state, jnp.array(other), *rest).stream)
        assert kept.action[-1].tolist() == other


def test_to_act_is_to_decide_by_what_was_learned_up_to_now(lived):
    states, _ = lived
    deciding = jax.jit(made().learner.decide)
    for t in (6, 8, 13, 17):
        state, step = states[t], stream()[t]
        quiet = eqx.tree_at(lambda s: s.stream.novelty.spell, state, jnp.array(0))
        underway = dataclasses.replace(made().learner._left_at(quiet), spell=jnp.array(0))
        _, decision, _ = made().act(quiet, state.stream.memory.action, underway, step, state.stream.key)
        _, expected = deciding(quiet, step)
        assert_near(dataclasses.replace(decision, abandon=expected.abandon), expected)


def test_what_an_episode_draws_follows_from_its_keys_alone(lived):
    # At the beginning of an episode the head in charge is drawn too.
    state, step = lived[0][12], stream()[12]
    told = state, state.stream.memory.action, made().learner.underway(), step
    one, again = (made().act(*told, jax.random.key(5)) for _ in range(2))
    assert same(one, again)
    others = [made().act(*told, jax.random.key(seed)) for seed in range(30)]
    assert {int(underway.head) for underway, *_ in others} == set(range(SMALL.heads))
    assert len({tuple(decision.action.tolist()) for _, decision, _ in others}) > 1


def test_to_be_taught_is_the_same_again_and_after_the_state_was_saved(lived):
    state = lived[0][12]
    template = jax.eval_shape(made().learner.init, jax.random.key(0))
    loaded = restored(template, {name: np.array(array) for name, array in named_arrays(state).items()}, "agent")
    results = [made().taught(start, *told(start, stream()[12])) for start in (state, state, loaded)]
    one, again, after = (named_arrays(result) for result in results)
    assert {name: array.tobytes() for name, array in one.items()} == {name: a.tobytes() for name, a in again.items()}
    assert {name: array.tobytes() for name, array in one.items()} == {name: a.tobytes() for name, a in after.items()}


def test_where_nobody_says_what_to_expect_the_learner_says_it_itself(lived):
    # At the beginning of an episode the first row of those that are followed is written.
    state, step = lived[0][5], stream()[5]
    assert step.first
    nothing = {"discount": jnp.zeros(())}
    followed = made().taught(state, *told(state, step, **nothing)).stream.calibration.table[:, 0]
    _, decision = jax.jit(made().learner.exploit)(state, step)
    np.testing.assert_allclose(followed[calibration.DISCOUNT], decision.discount, rtol=1e-6)
    np.testing.assert_allclose(followed[calibration.VALUE], decision.value, rtol=0.05)
    said = made().taught(state, *told(state, step, value=jnp.float32(7.0))).stream.calibration.table[:, 0]
    np.testing.assert_allclose(said[jnp.array([calibration.VALUE, calibration.DISCOUNT])], [7.0, 0.9], rtol=1e-6)


def test_what_is_forbidden_is_never_done():
    draw, state = np.random.default_rng(2), made().init(jax.random.key(0))
    underway, done = made().learner.underway(), jnp.zeros(2)
    for t in range(40):
        mask = np.zeros((2, 3), bool)
        mask[0, draw.integers(3)] = mask[1, draw.integers(2)] = True
        underway, decision, _ = made().act(
            state, done, underway, time_step(t, t % PLACES, mask=mask), jax.random.key(t)
        )
        done = decision.action
        assert mask[[0, 1], np.asarray(done).astype(int)].all()
        assert float(decision.propensity) == 1.0


def test_an_episode_that_cannot_be_given_up_knows_nothing_of_that():
    plain = Apart(JobSpec(signature(numeric=1)), width=8, constants=SMALL)
    assert plain.underway().played is None
    state = jax.eval_shape(plain.init, jax.random.key(0))
    step = plain.example()
    underway, decision, _ = jax.eval_shape(plain.act, state, jnp.zeros(1), plain.underway(), step, jax.random.key(0))
    assert underway.played is None
    assert decision.abandon.shape == ()
