"""A small learner of a job with spaces of both kinds, and something for it to live through."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from trainee.learner import Constants
from trainee.types import Observation, Signature, TimeStep

SMALL = dataclasses.replace(Constants(), replay_steps=16, heads=3, windows=2, window_steps=3, prior_width=8)
MIXED = Signature(3, (4,), (), (3, 5), (False, True), "mixed")
CHOICES = Signature(3, (4,), (), (3, 5), (False, False), "choices")
LENGTH = 12


def compiled(learner):
    """A learner's functions, each compiled once."""
    names = ["init", "step", "perceive", "remember", "learn", "decide", "overrule", "exploit"]
    found = {name: jax.jit(getattr(learner, name)) for name in names}
    found["utilities"] = jax.jit(lambda state, *seen: learner.opinions(state, *seen)[0][: learner.constants.heads])
    return SimpleNamespace(learner=learner, **found)


def time_steps(count, seed=0, size=1.0):
    """Two episodes, the first of which terminates, with rewards now and then."""
    draw = np.random.default_rng(seed)
    steps = []
    for t in range(count):
        numeric, category = draw.normal(size=3), draw.integers(0, 4, 1)
        observation = Observation(jnp.array(numeric, jnp.float32), jnp.array(category, jnp.int32), ())
        last = t == 5
        reward = np.float32(size * draw.choice([-0.3, 0.0, 1.0]))
        steps.append(TimeStep(observation, reward, np.float32(not last), np.array(t in (0, 6)), np.array(last)))
    return steps


def same(one, other):
    return bool(eqx.tree_equal(one, other))


def finite(tree):
    floats = eqx.filter(tree, eqx.is_inexact_array)
    return all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(floats))


def signature(numeric=0, categories=(), images=(), choices=(2,), image_bytes=(), continuous=False):
    return Signature(numeric, categories, images, choices, (continuous,) * len(choices), "test", image_bytes)
