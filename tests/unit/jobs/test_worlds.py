"""Generated worlds: laws of every family, and that who knows a world earns more in it than chance does."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainee.errors import UnknownJob
from trainee.jobs import HostJaxJob, check, make
from trainee.jobs.jax import TracedJob
from trainee.jobs.worlds import FAMILIES, World, world
from trainee.jobs.worlds.forage import BITE, RIGHT, Forager, Land
from trainee.jobs.worlds.hazard import Wanderer, Web
from trainee.jobs.worlds.prey import WAYS, Chase, Meadow
from trainee.jobs.worlds.rooms import LEFT, TAKE, Guest, House
from trainee.jobs.worlds.rooms import RIGHT as ONWARD

WORLDS, STEPS = 8, 300
families = pytest.mark.parametrize("family", FAMILIES)


def foraging(land, state):
    """To the right as far as it pays, by what five bites bring there for each step that it takes."""
    away = jnp.arange(6)
    eaten = state.food[(state.patch + away) % 6] * (1 - (1 - land.bite) ** 5)
    return jnp.where(jnp.argmax((eaten - away * land.walk) / (5 + away)) == 0, BITE, RIGHT)


def cautious(web, state):
    return jnp.argmax(web.pays[state.place] - web.risk[state.place] * web.loss)


def patient(deal, state):
    return jnp.where(state.time == 0, deal.right[state.cue], jnp.argmax(deal.lures))


def informed(arms, state):
    return jnp.argmax(arms.pays + arms.weights @ state.seen)


def purposeful(house, state):
    goal = jnp.where(state.has_key, house.last, house.key)
    onward = (goal > state.room) ^ house.turned[state.room]
    return jnp.where(goal == state.room, TAKE, jnp.where(onward, ONWARD, LEFT))


def steady(spring, state):
    force = spring.stiffness * spring.goal + 4 * (spring.goal - state.place) - 2 * state.speed
    return jnp.clip(force / spring.gain, -1, 1)[None]


def wary(meadow, state):
    there = jnp.clip(state.prey[None] + jnp.array(WAYS)[meadow.order], 0, 5)
    to_food = jnp.sum(jnp.abs(there - state.food[None]), axis=1)
    near = jnp.sum(jnp.abs(there - state.hunter[None]), axis=1) <= 1
    return jnp.argmin(to_food + 100 * near)


def timely(climate, state):
    bears = climate.bears + climate.swing * jnp.cos(2 * jnp.pi * (state.season + 1 / climate.year - climate.peak))
    return jnp.argmax(bears - climate.move * (jnp.arange(bears.size) != state.field))


KNOWING = {
    "forage": foraging,
    "hazard": cautious,
    "delay": patient,
    "drift": informed,
    "rooms": purposeful,
    "steer": steady,
    "prey": wary,
    "seasons": timely,
}


def by_chance(job, key):
    grid = job.spec.signature.choices
    coordinates = jax.random.uniform(key, (len(grid),)) * (jnp.array(grid) - 1e-3)
    continuous = jnp.array(job.spec.signature.continuous)
    return jnp.where(continuous, jnp.minimum(coordinates, jnp.array(grid) - 1), jnp.floor(coordinates))


@functools.cache
def lived(family):
    """What worlds say, `[2, worlds, steps]`, in one compiled program: to who knows them, and to chance."""
    kind = FAMILIES[family]

    def one(knowing, key):
        like, begins, key = jax.random.split(key, 3)
        place = World(kind, kind.draw(like))
        job = TracedJob(place)

        def step(carry, key):
            state, last = carry
            chance, reset, on = jax.random.split(key, 3)
            drawn = job.codec.action(by_chance(job, chance), jnp)
            action = jnp.where(knowing, KNOWING[family](place.like, state), drawn)
            begun, gone = place.reset(reset), place.step(on, state, action)
            zero, no = jnp.zeros(()), jnp.zeros((), bool)
            state, seen, reward, terminated, truncated = jax.tree.map(
                lambda new, old: jnp.where(last, new, old), (*begun, zero, no, no), gone
            )
            return (state, terminated | truncated), (seen, reward, terminated, truncated)

        state, _ = place.reset(begins)
        return jax.lax.scan(step, (state, jnp.zeros((), bool)), jax.random.split(key, STEPS))[1]

    # Keys that compile in a tenth of the time.
    keys = jax.random.split(jax.random.key(5, impl="unsafe_rbg"), WORLDS)
    both = jax.vmap(jax.vmap(one, in_axes=(None, 0)), in_axes=(0, None))
    return jax.tree.map(np.asarray, jax.jit(both)(jnp.array([True, False]), keys))


@families
def test_what_worlds_say_is_of_their_spaces_and_finite(family):
    seen, reward, terminated, truncated = lived(family)
    space = FAMILIES[family].observation_space
    assert all(space.contains(np.asarray(one, space.dtype)) for one in seen.reshape(-1, *space.shape))
    assert np.isfinite(reward).all()
    assert not (terminated & truncated).all()
    # Every world ends its episodes, so that they can be told of.
    assert (terminated | truncated).sum(axis=-1).min() >= 2


@families
def test_the_worlds_of_a_family_differ(family):
    by_chance = lived(family)[1][1]
    assert len({tuple(one.tolist()) for one in by_chance}) == WORLDS


def test_a_number_always_names_the_same_world():
    one, same, other = (world(f"worlds:forage-{number}").like for number in (7, 7, 8))
    jax.tree.map(np.testing.assert_array_equal, one, same)
    assert float(one.bite) != float(other.bite)


@families
def test_who_knows_a_world_earns_more_than_chance(family):
    knowing, by_chance = np.mean(lived(family)[1], axis=-1)
    assert (knowing > by_chance).all(), (knowing, by_chance)


@families
def test_the_state_keeps_its_types_so_that_a_scan_can_carry_it(family):
    job = TracedJob(world(f"{family}-3"))
    state, first = jax.eval_shape(job.reset, jax.random.key(0))
    action = jax.ShapeDtypeStruct((len(job.spec.signature.choices),), np.float32)
    after, step = jax.eval_shape(job.step, jax.random.key(0), state, action)
    for before, now in zip(jax.tree.leaves((state, first)), jax.tree.leaves((after, step)), strict=True):
        assert (before.shape, before.dtype, before.weak_type) == (now.shape, now.dtype, now.weak_type)


@pytest.mark.parametrize("family", ["hazard", "steer"])
def test_they_are_fit_to_learn_from(family):
    report = check(f"worlds:{family}-7", 500)
    assert report.findings == (), str(report)


def test_a_name_makes_a_job():
    job = make("worlds:forage-7", seed=3)
    assert isinstance(job, HostJaxJob)
    assert job.name == "worlds:forage-7"
    assert job.reset().first


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("worlds:forrage-7", "no family of worlds 'forrage'; did you mean forage"),
        ("worlds:", "no family of worlds ''"),
        ("worlds:xyz-7", "there are delay, drift, forage"),
        ("worlds:forage", "followed by a number from 0 to 2,147,483,647, as in worlds:forage-7"),
        ("worlds:forage-x", "names no world"),
        ("worlds:forage--1", "names no world"),
        ("worlds:forage-٣", "names no world"),
        ("worlds:forage-2147483648", "names no world"),
    ],
)
def test_a_name_of_no_world_is_told(name, told):
    with pytest.raises(UnknownJob) as fault:
        make(name)
    assert told in str(fault.value)


class TestByHand:
    """Single steps whose outcome can be worked out."""

    KEY = jax.random.key(0, impl="unsafe_rbg")

    def test_a_bite_takes_its_share_and_what_is_missing_grows_back(self):
        land = Land(jnp.full(6, 2.0), jnp.full(6, 0.1), jnp.array(0.5), jnp.array(0.03))
        state = Forager(jnp.array(1), jnp.full(6, 1.0), jnp.array(0))
        forage = FAMILIES["forage"]
        after, seen, reward, *_ = forage.step(land, self.KEY, state, jnp.array(BITE))
        assert reward == pytest.approx(0.5)
        # 0.5 is left, and a tenth of the 1.5 that are missing comes back.
        np.testing.assert_allclose(after.food, [1.1, 0.65, 1.1, 1.1, 1.1, 1.1], rtol=1e-6)
        np.testing.assert_allclose(seen, [0, 1, 0, 0, 0, 0, 0.325], rtol=1e-6)
        moved, _, cost, *_ = forage.step(land, self.KEY, state, jnp.array(RIGHT))
        assert (int(moved.patch), float(cost)) == (2, pytest.approx(-0.03))

    def test_a_fall_costs_and_ends(self):
        web = Web(jnp.full((8, 3), 4), jnp.full((8, 3), 0.25), jnp.zeros((8, 3)).at[2, 1].set(1.0), jnp.array(6.0))
        step = functools.partial(FAMILIES["hazard"].step, web, self.KEY, Wanderer(jnp.array(2), jnp.array(0)))
        _, place, reward, fell, _ = step(jnp.array(1))
        assert (int(place), float(reward), bool(fell)) == (4, -5.75, True)
        assert float(step(jnp.array(0))[2]) == 0.25

    def test_the_door_opens_only_with_the_key(self):
        house = House(jnp.array(3), jnp.array(1), jnp.zeros(8, bool).at[1].set(True), jnp.array(0.0))
        rooms = FAMILIES["rooms"]
        state = Guest(jnp.array(3), jnp.array(False), jnp.array(0))
        same, _, cost, over, _ = rooms.step(house, self.KEY, state, jnp.array(TAKE))
        assert (float(cost), bool(over), bool(same.has_key)) == (pytest.approx(-0.05), False, False)
        found, *_ = rooms.step(house, self.KEY, Guest(jnp.array(1), jnp.array(False), jnp.array(0)), jnp.array(TAKE))
        assert bool(found.has_key)
        # In room 1 left and right are the other way round.
        assert int(rooms.step(house, self.KEY, found, jnp.array(LEFT))[0].room) == 2
        _, _, reward, over, _ = rooms.step(
            house, self.KEY, Guest(jnp.array(3), jnp.array(True), jnp.array(0)), jnp.array(TAKE)
        )
        assert (float(reward), bool(over)) == (pytest.approx(0.99), True)

    def test_who_walks_into_the_hunter_is_caught(self):
        meadow = Meadow(jnp.arange(5), jnp.array(0.0), jnp.array(2.0), jnp.array(1.0))
        state = Chase(jnp.array([2, 2]), jnp.array([2, 3]), jnp.array([1, 2]), jnp.array(0))
        prey = FAMILIES["prey"]
        _, _, reward, caught, _ = prey.step(meadow, self.KEY, state, jnp.array(1))
        assert (float(reward), bool(caught)) == (-2.0, True)
