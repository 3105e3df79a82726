"""What holds for every space."""

from __future__ import annotations

import json

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from trainee.jobs import Codec, from_json, to_json, value_from_json, value_to_json

FLOATS = [np.float16, np.float32, np.float64]
WHOLES = [np.uint8, np.int8, np.int32, np.int64]
ANYTHING = spaces.Discrete(2)

law = settings(deadline=None, max_examples=60)
seeds = st.integers(0, 2**31 - 1)


@st.composite
def float_boxes(draw, ranks=(0, 4)):
    shape = tuple(draw(st.lists(st.integers(1, 7), min_size=ranks[0], max_size=ranks[1])))
    size = int(np.prod(shape))
    dtype = draw(st.sampled_from(FLOATS))
    bound = st.one_of(st.just(np.inf), st.floats(0, 1000, width=16))
    low = np.array(draw(st.lists(bound, min_size=size, max_size=size)))
    high = np.array(draw(st.lists(bound, min_size=size, max_size=size)))
    return spaces.Box((-low).reshape(shape).astype(dtype), high.reshape(shape).astype(dtype), dtype=dtype)


@st.composite
def whole_boxes(draw, widest=2**45):
    shape = tuple(draw(st.lists(st.integers(1, 6), max_size=3)))
    dtype = draw(st.sampled_from(WHOLES))
    limits = np.iinfo(dtype)
    # Gymnasium draws samples of a whole Box at the ends of its type, and of the widest, beyond its bounds.
    edge = 2 if np.dtype(dtype).kind == "i" else 0
    least, most = max(limits.min + edge, -(2**45)), min(limits.max - edge, 2**45)
    low, high = sorted(draw(st.lists(st.integers(least, most), min_size=2, max_size=2)))
    high = min(high, low + widest)
    return spaces.Box(np.full(shape, low, dtype), np.full(shape, high, dtype), dtype=dtype)


discretes = st.builds(spaces.Discrete, st.integers(1, 50), start=st.integers(-5, 5))
multi_binaries = st.builds(
    spaces.MultiBinary, st.one_of(st.integers(1, 8), st.lists(st.integers(1, 3), min_size=1, max_size=2))
)
texts = st.builds(spaces.Text, st.integers(1, 6), charset=st.frozensets(st.sampled_from("abcdefg"), min_size=1))


@st.composite
def multi_discretes(draw):
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    size = int(np.prod(shape))
    nvec = np.array(draw(st.lists(st.integers(1, 6), min_size=size, max_size=size))).reshape(shape)
    start = np.array(draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size))).reshape(shape)
    return spaces.MultiDiscrete(nvec, start=start)


def nested(leaves):
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.lists(parts, min_size=1, max_size=3).map(spaces.Tuple),
            st.dictionaries(st.text("xyz", min_size=1, max_size=2), parts, min_size=1, max_size=3).map(spaces.Dict),
        ),
        max_leaves=5,
    )


action_leaves = st.one_of(float_boxes((0, 2)), whole_boxes(), discretes, multi_binaries, multi_discretes())
action_spaces = nested(action_leaves)
observation_spaces = nested(st.one_of(action_leaves, texts, float_boxes()))
in_jax_spaces = nested(st.one_of(float_boxes((0, 3)), discretes, multi_binaries, multi_discretes()))


def drawn(space, seed):
    space.seed(seed)
    return space.sample()


def some_coordinates(signature, random, whole=False):
    free = np.array(signature.continuous) & (not whole)
    exact = np.array([random.integers(n) for n in signature.choices])
    between = np.array([random.uniform(0, n - 1) for n in signature.choices])
    return np.where(free, between, exact).astype(np.float32)


@law
@given(observation_spaces, seeds)
def test_an_observation_has_the_shape_of_the_signature(space, seed):
    codec, raw = Codec(space, ANYTHING), drawn(space, seed)
    assert codec.fault(raw) is None
    observation, signature = codec.observation(raw), codec.signature
    assert observation.numeric.shape == (signature.numeric,)
    assert observation.numeric.dtype == np.float32
    assert np.all(np.isfinite(observation.numeric))
    assert observation.categories.shape == (len(signature.categories),)
    assert observation.categories.dtype == np.int32
    assert np.all((observation.categories >= 0) & (observation.categories < np.array(signature.categories, int)))
    assert tuple(image.shape for image in observation.images) == signature.images
    assert tuple(image.dtype == np.uint8 for image in observation.images) == signature.image_bytes


@law
@given(observation_spaces, seeds, seeds)
def test_different_observations_stay_different(space, seed, other):
    # What float32 cannot tell apart is no difference.
    codec = Codec(space, ANYTHING)
    one, two = codec.observation(drawn(space, seed)), codec.observation(drawn(space, seed))
    jax.tree.map(np.testing.assert_array_equal, one, two)
    first, second = drawn(space, seed), drawn(space, other)
    same = all(
        np.array_equal(a, b) for a, b in zip(*(jax.tree.leaves(_rounded(raw)) for raw in (first, second)), strict=True)
    )
    seen = [jax.tree.leaves(codec.observation(raw)) for raw in (first, second)]
    assert same == all(map(np.array_equal, *seen))


def _rounded(raw):
    """A raw observation with its numbers as float32, and its texts as codes."""
    if isinstance(raw, dict):
        return {key: _rounded(part) for key, part in raw.items()}
    if isinstance(raw, tuple):
        return tuple(_rounded(part) for part in raw)
    if isinstance(raw, str):
        return np.array([ord(c) for c in raw.ljust(6)])
    array = np.asarray(raw)
    return array.astype(np.float32) if array.dtype.kind == "f" or (array.dtype.itemsize == 8 and array.ndim) else array


@law
@given(st.one_of(float_boxes(), whole_boxes(), discretes, multi_binaries, multi_discretes(), texts), seeds, st.data())
def test_a_fault_is_found_exactly_where_gymnasium_finds_one_or_a_number_is_not_finite(space, seed, data):
    raw = drawn(space, seed)
    spoilt = data.draw(st.sampled_from(["no", "nan", "infinity", "far", "shape", "dtype"]))
    if isinstance(raw, np.ndarray) and raw.size:
        index = data.draw(st.integers(0, raw.size - 1))
        if raw.dtype.kind == "f" and spoilt in ("nan", "infinity"):
            raw.reshape(-1)[index] = {"nan": np.nan, "infinity": np.inf}[spoilt]
        elif spoilt == "far":
            raw.reshape(-1)[index] = 100
        elif spoilt == "shape":
            raw = np.stack([raw, raw])
        elif spoilt == "dtype":
            raw = raw.astype(np.float64)
    elif isinstance(raw, np.integer) and spoilt == "far":
        raw = int(raw) + 100  # beyond a small integer type too
    elif isinstance(raw, str) and spoilt == "far":
        raw = raw + "z"
    if isinstance(space, spaces.Box):
        raw = np.asarray(raw)
    finite = isinstance(raw, str) or bool(np.all(np.isfinite(raw)))
    fault = Codec(space, ANYTHING).fault(raw)
    assert (fault is None) == (space.contains(raw) and finite), fault


@law
@given(action_spaces, seeds)
def test_an_action_is_always_one_of_the_space(space, seed):
    codec, random = Codec(ANYTHING, space), np.random.default_rng(seed)
    assert space.contains(codec.action(some_coordinates(codec.signature, random)))
    edge = np.array(codec.signature.choices, np.float32) - 1
    assert space.contains(codec.action(edge))
    assert space.contains(codec.action(np.zeros_like(edge)))
    assert space.contains(codec.action(edge + 0.5))


@law
@given(action_spaces, seeds)
def test_an_action_is_of_the_types_that_sample_gives(space, seed):
    codec = Codec(ANYTHING, space)
    action = codec.action(some_coordinates(codec.signature, np.random.default_rng(seed)))
    sample = drawn(space, seed)
    assert jax.tree.structure(action) == jax.tree.structure(sample)
    for one, other in zip(jax.tree.leaves(action), jax.tree.leaves(sample), strict=True):
        # Gymnasium draws some of its Boxes of rank 0 as scalars, some as arrays.
        assert type(one) is type(other) or not np.ndim(one)
        assert one.dtype == other.dtype
        assert one.shape == other.shape


@law
@given(nested(st.one_of(discretes, multi_binaries, multi_discretes())), seeds)
def test_coordinates_turn_discrete_actions_round(space, seed):
    codec = Codec(ANYTHING, space)
    point = some_coordinates(codec.signature, np.random.default_rng(seed))
    np.testing.assert_array_equal(codec.coordinates(codec.action(point)), point)
    action = drawn(space, seed)
    again = codec.action(codec.coordinates(action))
    jax.tree.map(np.testing.assert_array_equal, again, action)


@law
@given(float_boxes((0, 2)), seeds)
def test_coordinates_turn_continuous_actions_round(space, seed):
    codec = Codec(ANYTHING, space)
    action = codec.action(some_coordinates(codec.signature, np.random.default_rng(seed)))
    again = codec.action(codec.coordinates(action))
    # Coordinates are float32, and the action is rounded to the space's own type.
    rounding = 1e-3 if space.dtype == np.float16 else 1e-5
    np.testing.assert_allclose(
        again, action, rtol=20 * rounding, atol=20 * rounding * (1 + np.max(np.abs(action), initial=0))
    )


@law
@given(whole_boxes(widest=10), seeds)
def test_coordinates_turn_few_whole_numbers_round(space, seed):
    codec, action = Codec(ANYTHING, space), drawn(space, seed)
    np.testing.assert_array_equal(codec.action(codec.coordinates(action)), action)


@law
@given(nested(st.one_of(discretes, multi_discretes())), seeds)
def test_what_a_mask_allows_is_what_sample_may_draw_under_it(space, seed):
    codec, random = Codec(ANYTHING, space, masked=True), np.random.default_rng(seed)
    mask = _mask(space, random)
    grid = codec.mask(mask)
    space.seed(seed)
    for _ in range(5):
        at = codec.coordinates(space.sample(mask=mask)).astype(int)
        assert all(grid[component, choice] for component, choice in enumerate(at))
    exists = np.arange(grid.shape[1]) < np.array(codec.signature.choices)[:, None]
    assert not np.any(grid & ~exists)


def _mask(space, random):
    if isinstance(space, spaces.Dict):
        return {key: _mask(part, random) for key, part in space.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_mask(part, random) for part in space)
    if isinstance(space, spaces.Discrete):
        return _some(int(space.n), random)
    if space.nvec.ndim > 1:
        return tuple(_mask(space[i], random) for i in range(space.nvec.shape[0]))
    return tuple(_some(int(n), random) for n in space.nvec)


def _some(n, random):
    mask = random.integers(0, 2, n).astype(np.int8)
    mask[random.integers(n)] = 1
    return mask


@law
@given(observation_spaces, action_spaces)
def test_a_space_written_and_read_makes_the_same_job(observation_space, action_space):
    def read_again(space):
        return from_json(json.loads(json.dumps(to_json(space), allow_nan=False)))

    codec = Codec(observation_space, action_space)
    again = Codec(read_again(observation_space), read_again(action_space))
    assert again.signature == codec.signature


@law
@given(observation_spaces, seeds)
def test_a_value_written_and_read_is_the_same_in_the_same_types(space, seed):
    value = drawn(space, seed)
    read = value_from_json(space, json.loads(json.dumps(value_to_json(space, value), allow_nan=False)), "observation")
    assert space.contains(read)
    assert Codec(space, ANYTHING).fault(read) is None
    for one, other in zip(*map(jax.tree.leaves, (read, value)), strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_array_equal(one, other)


@settings(law, max_examples=15)
@given(in_jax_spaces, seeds)
def test_inside_jit_all_is_as_on_the_host(space, seed):
    codec, raw = Codec(space, space), drawn(space, seed)
    traced = jax.jit(lambda value: codec.observation(value, jnp))(jax.tree.map(_within_jax, raw))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3), traced, codec.observation(raw))
    point = some_coordinates(codec.signature, np.random.default_rng(seed))
    actions = jax.jit(lambda at: codec.action(at, jnp))(point), codec.action(point)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3), *actions)


def _within_jax(leaf):
    array = np.asarray(leaf)
    return jnp.asarray(array.astype({"f": np.float32, "i": np.int32}[array.dtype.kind]))
