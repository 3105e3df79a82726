"""How many episodes a long delay takes who learns from outcomes only, with the same network.

A Monte Carlo policy gradient with a learned baseline (Williams 1992) at `hard.py`'s Delay: encoder, memory and trunk
are the agent's, and so are width and normalising; in place of value heads there are a policy and a baseline. One update
an episode, of all its steps, by Adam. The rate and the weight of entropy are chosen on seeds of their own, for each
delay apart: of all that were tried the pair with the smallest mean, where infinite counts as the limit.
`python benchmarks/delay.py [NAME …] [--seeds S …]`; ours is in `hard.py`'s table.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from hard import Delay, on, until_right
from jaxtyping import Array, Float
from options import chosen

from trainee.jobs import Codec
from trainee.learner import Learner, Memory, State
from trainee.learner.running import Normaliser, observe
from trainee.types import Observation, TimeStep

JOBS = {"Delay 100": 100, "Delay 300": 300, "Delay 1000": 1000}
RATES, ENTROPIES, TUNING_SEEDS = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1), (0.0, 0.01), range(100, 108)
# Episodes, and how many of them in one compiled call.
LIMIT, CHUNK = 4_000, 200
ACTIONS = 4


class Network(NamedTuple):
    """What learns: the agent's trunk and encoder, and two linear maps in place of its heads."""

    trunk: Any
    encoder: Any
    policy: Float[Array, "width actions"]
    baseline: Float[Array, " width"]

    def __call__(self, seen: Observation) -> tuple[Float[Array, " actions"], Float[Array, ""]]:
        """Logits and the expected return of what is seen."""
        features = self.trunk(self.encoder(seen))
        return features @ self.policy, features @ self.baseline


class Life(NamedTuple):
    """One learner: its network, the optimiser's moments, and what it remembers and how it normalises."""

    network: Network
    moments: Any
    memory: Memory
    normaliser: Normaliser
    key: Array


@functools.cache
def learner() -> Learner:
    """The agent's learner at this job, with defaults."""
    job = on(Delay())
    return Learner(Codec(job.observation_space, job.action_space).spec)


@functools.cache
def fixed() -> State:
    """What does not learn, such as random writers."""
    with jax.ensure_compile_time_eval():
        return learner().init(jax.random.key(0))


def born(seed: jax.Array) -> Life:
    """Who has learned nothing."""
    state = learner().init(jax.random.key(seed))
    width = learner().width
    network = Network(state.brain.now, state.interface.learned.now[0], jnp.zeros((width, ACTIONS)), jnp.zeros(width))
    moments, stream = optax.scale_by_adam().init(network), state.stream
    return Life(network, moments, stream.memory, stream.normaliser, jax.random.key(seed + 1))


def lived(life: Life, length: int, rate: jax.Array, entropy: jax.Array) -> tuple[Life, jax.Array]:
    """One episode, and what is learned from its outcome."""
    key, own = jax.random.split(life.key)

    def step(carry: tuple[Memory, Normaliser, jax.Array], key: jax.Array) -> tuple[Any, tuple[Observation, jax.Array]]:
        memory, normaliser, first = carry
        noise, draw = jax.random.split(key)
        numeric = jax.random.uniform(noise, (4,), minval=-1.0)
        seen, none = Observation(numeric, jnp.zeros(0, jnp.int32), ()), jnp.zeros(())
        time_step = TimeStep(seen, none, none + 1, first, jnp.zeros((), bool))
        remembers = eqx.tree_at(lambda s: (s.stream.memory, s.stream.normaliser), fixed(), (memory, normaliser))
        state, perceived = learner().perceive(remembers, time_step)
        measured = perceived.observation.numeric[: learner().perception.measured]
        normaliser = observe(normaliser, measured, learner().constants.normaliser_memory_steps)
        normal = learner().perception.normalised(perceived.observation, normaliser, fixed().interface.usual)
        action = jax.random.categorical(draw, life.network(normal)[0])
        memory = learner().overrule(state, action[None].astype(jnp.float32)).stream.memory
        return (memory, normaliser, jnp.zeros((), bool)), (normal, action)

    begin = life.memory, life.normaliser, jnp.ones((), bool)
    (memory, normaliser, _), (seen, actions) = jax.lax.scan(step, begin, jax.random.split(own, length))
    right = (actions[0] == 2).astype(jnp.float32)

    def loss(network: Network) -> Float[Array, ""]:
        logits, expected = jax.vmap(network)(seen)
        logs = jax.nn.log_softmax(logits)
        better = jax.lax.stop_gradient(right - expected)
        done = jnp.take_along_axis(logs, actions[:, None], axis=1)[:, 0]
        spread = -jnp.sum(jnp.exp(logs) * logs, axis=1)
        return jnp.mean(-better * done - entropy * spread + 0.5 * jnp.square(right - expected))

    updates, moments = optax.scale_by_adam().update(jax.grad(loss)(life.network), life.moments)
    network = jax.tree.map(lambda now, update: now - rate * update, life.network, updates)
    return Life(network, moments, memory, normaliser, key), right


@functools.partial(jax.jit, static_argnums=1)
def several(lives: Life, length: int, rates: jax.Array, entropies: jax.Array) -> tuple[Life, jax.Array]:
    """Some episodes of learners side by side."""

    def one(lives: Life, _: None) -> tuple[Life, jax.Array]:
        return jax.vmap(lived, (0, None, 0, 0))(lives, length, rates, entropies)

    return jax.lax.scan(one, lives, None, CHUNK)


def until_learned(length: int, settings: Sequence[tuple[float, float]], seeds: Sequence[int]) -> np.ndarray:
    """Episodes until 95 of the last hundred were right, of each setting and seed; infinite beyond the limit."""
    pairs = list(itertools.product(settings, seeds))
    rates, entropies = (jnp.array([setting[i] for setting, _ in pairs]) for i in range(2))
    lives, found = jax.jit(jax.vmap(born))(jnp.array([seed for _, seed in pairs])), []
    while sum(map(len, found)) < LIMIT:
        lives, right = several(lives, length, rates, entropies)
        found.append(np.asarray(right))
        taken = [until_right(one) for one in np.concatenate(found).T]
        if np.all(np.isfinite(taken)):
            break
    return np.array(taken).reshape(len(settings), len(seeds))


def main() -> None:
    """Print a line for each delay."""
    names, seeds = chosen(__doc__, JOBS)
    print("| job | rate | weight of entropy | mean | each seed |\n|---|---|---|---|---|", flush=True)
    settings = list(itertools.product(RATES, ENTROPIES))
    for name in names:
        tried = np.minimum(until_learned(JOBS[name], settings, TUNING_SEEDS), LIMIT).mean(axis=1)
        rate, entropy = settings[int(np.argmin(tried))]
        (found,) = until_learned(JOBS[name], [(rate, entropy)], seeds)
        each = ", ".join(f"{value:.0f}" for value in found)
        print(f"| {name} | {rate:g} | {entropy:g} | {np.mean(found):.1f} | {each} |", flush=True)


if __name__ == "__main__":
    main()
