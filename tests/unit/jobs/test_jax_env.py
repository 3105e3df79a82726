from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from trainee.jobs.jax_env import JaxEnv


class Throws:
    """What was thrown, as a number of its own and in a box; it ends at a six."""

    observation_space = spaces.Dict(eyes=spaces.Discrete(7), both=spaces.Tuple([spaces.Box(0, 6, (1,))]))
    action_space = spaces.Discrete(2)

    def reset(self, key):
        return jnp.int32(0), self.seen(jnp.int32(0))

    def step(self, key, state, action):
        eyes = jax.random.randint(key, (), 1, 7)
        return eyes, self.seen(eyes), 1.0 * eyes + action, eyes == 6, jnp.array(False)

    def seen(self, eyes):
        return {"eyes": eyes, "both": (jnp.array(eyes, jnp.float32)[None],)}


def played(env, seed):
    env.reset(seed=seed)
    return [env.step(1) for _ in range(20)]


def test_what_it_says_is_of_its_spaces_and_its_seed_decides():
    env = JaxEnv(Throws())
    steps = played(env, 3)
    assert all(env.observation_space.contains(step[0]) for step in steps)
    assert all(isinstance(step[0]["eyes"], np.int64) for step in steps)
    assert [step[1] for step in steps] == [step[0]["eyes"] + 1 for step in steps]
    assert [step[2] for step in steps] == [step[0]["eyes"] == 6 for step in steps]
    assert all(type(step[1]) is float and type(step[2]) is bool and step[3] is False for step in steps)
    rewards = [step[1] for step in steps]
    assert rewards == [step[1] for step in played(JaxEnv(Throws()), 3)]
    assert rewards != [step[1] for step in played(env, 4)]


def test_a_reset_without_a_seed_goes_on_from_where_it_was():
    env = JaxEnv(Throws())
    first = [step[1] for step in played(env, 3)]
    assert [step[1] for step in played(env, None)] != first
    with pytest.raises(TypeError):
        env.reset(3)
