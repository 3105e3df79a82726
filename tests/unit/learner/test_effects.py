"""What actions have been doing of late, by hand: one time in sixty counts a sixtieth."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from learners import SMALL, finite, signature
from trainee.learner import Learner, effects, memory
from trainee.types import JobSpec, Observation, Signature, TimeStep

variants = pytest.mark.parametrize("variant", [lambda f: f, eqx.filter_jit], ids=["plain", "jit"])


def lived(steps, variant=jax.jit, before=None):
    """The effects after time steps `(seen, done, reward, kind)`; kind: first of an episode, second, or later."""
    now, take = effects.init_effects(1, 2) if before is None else before, variant(effects.noticed)
    for seen, done, reward, kind in steps:
        flags = jnp.array(kind == 1), jnp.array(kind == 2)
        now = take(now, jnp.array([seen]), jnp.eye(2)[done], jnp.array(reward, jnp.float32), *flags)
    return now


def known(of):
    """For each of two actions: what it does to the one thing seen, and what it earns."""
    return np.asarray(of.known).reshape(2, 2)


@variants
def test_of_an_action_that_is_taken_up_it_is_told_how_much_more_changes(variant):
    # Changes of 1, 1 and 3: the second action was taken up, the first one dropped, and the change grew by 2.
    steps = [(0.0, 0, 0.0, 1), (1.0, 0, 0.0, 2), (2.0, 0, 0.0, 3), (5.0, 1, 0.0, 3)]
    after = lived(steps, variant)
    np.testing.assert_allclose(after.averages[:, :, 0], [[-2 / 60, 2 / 60], [4 / 60, 4 / 60]], rtol=1e-6)
    # A thirtieth over √(a fifteenth): so few times count for less.
    np.testing.assert_allclose(known(after)[:, 0], [-(60**-0.5), 60**-0.5], rtol=1e-6)
    # It goes on changing by 3, and nothing new was done: nothing was learned of either.
    on = lived([(8.0, 1, 0.0, 3)], variant, after)
    np.testing.assert_array_equal(on.averages[:, :, 0], after.averages[:, :, 0])
    # Back to the first action and a change of 1: the same twice, and the sign is kept.
    back = lived([(9.0, 0, 0.0, 3)], variant, on)
    np.testing.assert_allclose(
        back.averages[0, :, 0], [-1 / 30 - (2 - 1 / 30) / 60, 1 / 30 + (2 - 1 / 30) / 60], rtol=1e-5
    )


@variants
def test_what_each_action_earned(variant):
    after = lived([(0.0, 0, 9.0, 1), (0.0, 1, 3.0, 2), (0.0, 0, -1.0, 3), (0.0, 1, 0.0, 3)], variant)
    # The reward at the first time step belongs to no action. The second action earned 3, then 0; the other one −1.
    np.testing.assert_allclose(after.averages[0, :, 1], [-1 / 60, 3 / 60 * 59 / 60], rtol=1e-6)
    np.testing.assert_allclose(after.averages[1, :, 1], [1 / 60, 9 / 60 * 59 / 60], rtol=1e-6)


def test_nothing_crosses_from_one_episode_to_the_next_but_what_is_known():
    one = [(0.0, 0, 0.0, 1), (1.0, 0, 0.0, 2), (2.0, 0, 0.0, 3), (5.0, 1, 0.0, 3)]
    after = lived(one)
    # Elsewhere all at once, by another action: it is the beginning of an episode, and then its first change.
    for kind, seen, done in ((1, -700.0, 0), (2, 30.0, 1)):
        then = lived([(seen, done, 0.0, kind)], before=after)
        np.testing.assert_array_equal(then.averages[:, :, 0], after.averages[:, :, 0])
        after = then
    # From there on it is compared within the episode: a change of 1 after one of 730, which is as good as one of eight
    # times the root of what its square is on the mean, 4/60.
    then, leap = lived([(31.0, 0, 0.0, 3)], before=after), 8 * (4 / 60) ** 0.5
    np.testing.assert_allclose(then.averages[0, :, 0], [-59 / 1800 - leap / 60, 59 / 1800 + leap / 60], rtol=1e-5)


def test_after_one_leap_it_is_soon_known_again():
    steps = pushed(False)
    place = steps[-1][0]
    leapt = known(lived([(place + 1e6, 0, -1.0, 3), (place, 1, -1.0, 3)], before=lived(steps)))
    assert np.all(np.abs(leapt[:, 0]) < 0.9)
    on = [(seen, done, reward, 3) for seen, done, reward, _ in pushed(False, 600, seed=1)]
    after = known(lived(on, before=lived([(place + 1e6, 0, -1.0, 3)], before=lived(steps))))
    np.testing.assert_allclose(np.abs(after[:, 0]), 1.0, atol=0.05)


def pushed(turned, count=600, seed=0):
    """A thing that is pushed left or right while it swings: `(seen, done, reward, kind)`."""
    draw, place, speed, steps = np.random.default_rng(seed), 1.0, 0.0, []
    for t in range(count):
        done = int(draw.integers(2))
        speed += -0.0003 * place + (0.02 if (done == 1) != turned else -0.02)
        place += speed
        steps.append((place, done, -1.0, min(t + 1, 3)))
    return steps


def test_jobs_in_which_actions_do_the_contrary_are_told_apart():
    here, there = known(lived(pushed(False))), known(lived(pushed(True)))
    assert here[0, 0] < -0.95
    assert here[1, 0] > 0.95
    np.testing.assert_allclose(here[:, 0], -there[:, 0], atol=0.05)
    # In 240 steps of the other job, half of which bring another action than the one before, it is found out.
    switched = known(lived(pushed(True, 240), before=lived(pushed(False))))
    assert switched[0, 0] > 0.5
    assert switched[1, 0] < -0.5
    # What each action costs is the same in both.
    np.testing.assert_allclose([here[:, 1], there[:, 1]], -1, atol=0.02)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_no_unit_makes_a_difference(size):
    steps = [(float(np.float32(size * seen)), done, size * reward, kind) for seen, done, reward, kind in pushed(False)]
    np.testing.assert_allclose(known(lived(steps)), known(lived(pushed(False))), atol=1e-2)


def test_where_nothing_varies_and_where_all_jumps_it_stays_a_number_in_bounds():
    still = lived([(0.25, t % 2, 0.0, min(t + 1, 3)) for t in range(50)])
    assert not np.any(still.known)
    draw = np.random.default_rng(0)
    jumps = [(float(draw.choice([-1e6, 1e6])), int(draw.integers(2)), 1.0, min(t + 1, 3)) for t in range(50)]
    after = lived(jumps, before=still)
    assert finite(after)
    assert np.all(np.abs(known(after)) <= 1)
    assert finite(lived([(1e6, 1, 1e38, 3), (-1e6, 0, -1e38, 3)], before=after))
    # Of what it earned of late nothing is left after so long, and no smaller number is divided by a smaller one.
    assert known(lived([(0.0, 0, 0.0, 3)] * 4500, before=after))[0, 1] == 0


SPACES = {
    "numbers": (signature(numeric=4), 4, 2),
    "nine numbers": (signature(numeric=9), 8, 2),
    "many numbers": (signature(numeric=400, choices=(18,)), 8, 1),
    "categories": (signature(categories=(3, 2), choices=(2, 6)), 5, 8),
    "an image": (signature(images=((9, 9, 2),), image_bytes=(True,)), 4, 2),
    "many channels": (signature(numeric=1, images=((6, 9, 5),), image_bytes=(True,)), 8, 2),
    "nothing": (signature(), 0, 2),
    "a body": (signature(numeric=3, choices=(11,) * 17, continuous=True), 3, 8),
}


@pytest.mark.parametrize("name", SPACES)
def test_whatever_the_spaces_there_are_few_of_them(name):
    of, changes, actions = SPACES[name]
    writer, blank = memory.Writer(of, jax.random.key(0)), memory.init_memory(of)
    draw = np.random.default_rng(0)
    now = blank.effects
    for t in range(6):
        pictures = tuple(jnp.array(draw.integers(0, 255, shape), jnp.uint8) for shape in of.images)
        numbers, categories = draw.normal(size=of.numeric), [draw.integers(size) for size in of.categories]
        seen = Observation(jnp.array(numbers), jnp.array(categories, jnp.int32), pictures)
        action = jnp.array([draw.integers(size) for size in of.choices], jnp.float32)
        flags = jnp.array(t == 0), jnp.array(t == 1)
        now = effects.noticed(now, *writer.changing(seen, action), jnp.array(1.0), *flags)
    read = now.known
    assert read.shape == (memory.effect_numbers(of),) == (actions * (changes + 1),)
    assert read.size <= 72
    assert np.all(np.abs(read) <= 1)
    assert np.any(read)
    # Mixed or not, a channel of it has the size of a number.
    for mixture in (writer.mixing.of_seen, writer.mixing.of_done):
        if mixture is not None:
            np.testing.assert_allclose(np.mean(np.sum(np.square(mixture), axis=1)), 1.0, rtol=0.35)


def test_of_an_image_it_is_where_things_are():
    of = signature(images=((3, 5, 2),))
    writer = memory.Writer(of, jax.random.key(0))
    image = jnp.zeros((3, 5, 2)).at[0, 4, 0].set(1.0).at[2, 1, 1].set(0.5)
    seen, _ = writer.changing(Observation(jnp.zeros(0), jnp.zeros(0, jnp.int32), (image,)), jnp.zeros(1))
    # In the first channel on the far right at the top; in the second half as bright, left of the middle at the bottom.
    np.testing.assert_allclose(seen, [1.0, -0.25, -1.0, 0.5], atol=1e-6)


def lived_with(known, count):
    """What is usual after so many time steps at which this was known."""
    used = jax.jit(effects.got_used)
    usual = effects.init_usual(len(known))
    for _ in range(count):
        usual = used(usual, jnp.asarray(known))
    return usual


def test_what_is_usual_is_not_seen_and_its_contrary_is():
    before = lived_with([0.8, -0.8, 0.1], 1200)
    np.testing.assert_allclose(before.mean, [0.8, -0.8, 0.1], rtol=1e-3)
    assert not np.any(effects.departed(before, jnp.array([0.7, -0.85, 0.2])))
    contrary = jnp.array([-0.8, 0.8, 0.1])
    np.testing.assert_allclose(effects.departed(before, contrary), [-1.6, 1.6, 0.0], atol=1e-3)
    # However long that lasts, what was usual stays so.
    after = before
    for _ in range(500):
        after = effects.got_used(after, contrary)
    np.testing.assert_array_equal(after.mean, before.mean)


def test_where_little_has_happened_nothing_is_usual():
    early = lived_with([0.8, -0.8, 0.1], 900)
    assert not np.any(effects.departed(early, jnp.array([-0.8, 0.8, 0.1])))
    # And it is taken for what is usual as well: the exact mean of both.
    later = early
    for _ in range(100):
        later = effects.got_used(later, jnp.array([-0.8, 0.8, 0.1]))
    np.testing.assert_allclose(later.mean[0], 0.64, rtol=1e-3)
    assert float(later.variance[0]) == pytest.approx(0.8**2 - 0.64**2, rel=1e-2)


def test_what_changes_slowly_becomes_usual():
    def drift(usual, t):
        return effects.got_used(usual, jnp.full(2, jnp.minimum(t / 100_000, 0.6))), None

    usual, _ = jax.lax.scan(drift, lived_with([0.0, 0.0], 1100), jnp.arange(100_000))
    np.testing.assert_allclose(usual.mean, 0.6, atol=0.15)
    assert not np.any(effects.departed(usual, jnp.full(2, 0.6)))


def test_the_networks_see_it_by_its_own_gain_where_it_is_not_as_usual():
    spec = JobSpec(Signature(1, (), (), (2,), (False,), "plain"))
    learner = Learner(spec, width=8, constants=dataclasses.replace(SMALL, effects_gain=0.5))
    state = learner.init(jax.random.key(0))
    # One number, seven bands of it, of the two actions fourteen; what each does to it, and earns.
    assert learner.perception.numbers().shape == (1 + 7 + 14 + 4,) == (26,)
    perceived = Observation(jnp.arange(1.0, 27.0) / 26, jnp.zeros(0, jnp.int32), ())
    usual = effects.Usual(jnp.array(2000.0), jnp.full(4, -0.1), jnp.zeros(4))
    seen = learner.perception.normalised(perceived, state.stream.normaliser, usual).numeric
    np.testing.assert_allclose(seen[-4:], 0.5 * (perceived.numeric[-4:] + 0.1), rtol=1e-6)
    np.testing.assert_allclose(seen[8:-4], SMALL.memory_gain * perceived.numeric[8:-4], rtol=1e-6)


def test_a_stream_keeps_it_in_replay_with_what_was_perceived():
    spec = JobSpec(Signature(1, (), (), (2,), (False,), "plain"))
    learner = Learner(spec, width=8, constants=SMALL)
    step, state = jax.jit(learner.step), learner.init(jax.random.key(0))
    for t in range(12):
        held = np.asarray(state.stream.memory.effects.known)
        seen = Observation(jnp.array([float(t % 3)]), jnp.zeros(0, jnp.int32), ())
        first, last = np.array(t in (0, 6)), np.array(t == 5)
        state, _ = step(state, TimeStep(seen, np.float32(1), np.float32(1), first, last))
    newest = state.stream.replay.rows[int(state.stream.replay.written) - 1]
    assert np.any(held)
    places = [i for i in range(newest.size - held.size + 1) if np.allclose(newest[i : i + held.size], held, atol=1e-6)]
    assert places == [1 + 7 + 14]
