"""A learner's functions, compiled for the host: flat buffers in, flat buffers out, one call a step."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from trainee.learner import Learner, State
from trainee.life.packing import Packing
from trainee.types import EMOTIONS, Decision, TimeStep

Buffers = tuple[Any, ...]
DECISION = jax.tree.structure(Decision(*range(len(dataclasses.fields(Decision)))))  # type: ignore[arg-type]


class Compiled:
    """The one step function, and deciding without learning, for one learner.

    Buffers given to `step`, `overrule` and `hold` are donated: they are gone, and the result takes their place.
    """

    def __init__(self, learner: Learner):
        self.learner = learner
        state = jax.eval_shape(learner.init, jax.random.key(0))
        self._state = Packing(state)
        self._time_step = Packing(learner.example(), exact=False)
        self._components = len(learner.spec.signature.choices)
        self.init_brain = jax.jit(learner.init_brain)
        self.init_interface = jax.jit(learner.init_interface)
        self.init_stream = jax.jit(learner.init_stream)
        self._pack_shared = jax.jit(lambda state: self._state.pack(state)[: self._state.shared])
        self._unpack_shared = jax.jit(lambda shared: self._state.unpack((*shared, *self._state.placeholders)))
        self._step = jax.jit(self._stepped, donate_argnums=0)
        self._step_abreast = jax.jit(jax.vmap(self._stepped), donate_argnums=0)
        self._settle = jax.jit(self._settled, donate_argnums=0)
        self._overrule = jax.jit(self._overruled, donate_argnums=0)
        self._hold = jax.jit(self._holding, donate_argnums=0)

    def pack(self, state: State) -> Buffers:
        """The buffers of a state. Large ones are not copied: once `step` has had them, the state is gone."""
        return (*self._pack_shared(state), *self._state.large(state))

    def unpack(self, buffers: Buffers) -> State:
        """The state in some buffers; large ones are not copied."""
        shared = self._state.shared
        return self._state.filled(self._unpack_shared(buffers[:shared]), buffers[shared:])

    def step(self, buffers: Buffers, time_step: TimeStep) -> tuple[Buffers, Decision]:
        """Remember, learn, appraise, decide."""
        buffers, answer = self._step(buffers, self._time_step.pack_on_host(time_step))
        return buffers, self.decision(np.asarray(answer), self._components)

    def abreast(self, states: Sequence[State]) -> Buffers:
        """The buffers of several states, a leading axis before each."""
        packed = [self.pack(state) for state in states]
        return tuple(jnp.stack(parts) for parts in zip(*packed, strict=True))

    def settle(self, buffers: Buffers, place: int, state: State) -> Buffers:
        """Put a state in the place of another among several. Their buffers are donated."""
        return self._settle(buffers, place, self.pack(state))

    def step_abreast(self, buffers: Buffers, time_steps: Sequence[TimeStep]) -> tuple[Buffers, list[Decision]]:
        """As `step`, for several states, each at a time step of its own."""
        packed = [self._time_step.pack_on_host(time_step) for time_step in time_steps]
        buffers, answers = self._step_abreast(buffers, tuple(np.stack(parts) for parts in zip(*packed, strict=True)))
        return buffers, [self.decision(answer, self._components) for answer in np.asarray(answers)]

    def overrule(self, buffers: Buffers, action: np.ndarray) -> Buffers:
        """Remember that another action was taken than the one decided."""
        return self._overrule(buffers, np.asarray(action, np.float32))

    def hold(self, buffers: Buffers, held: np.ndarray) -> Buffers:
        """Hold emotions at levels, `FREE` where they move, NaN where they stay as they are held."""
        return self._hold(buffers, np.asarray(held, np.float32))

    def _stepped(self, buffers: Buffers, step: Buffers) -> tuple[Buffers, jax.Array]:
        state, decision = self.learner.step(self._state.unpack(buffers), self._time_step.unpack(step))
        return self._state.pack(state), self.row(decision)

    def _settled(self, buffers: Buffers, place: jax.Array, one: Buffers) -> Buffers:
        return jax.tree.map(lambda all_of_them, own: all_of_them.at[place].set(own), buffers, one)

    def _overruled(self, buffers: Buffers, action: jax.Array) -> Buffers:
        return self._state.pack(self.learner.overrule(self._state.unpack(buffers), action))

    def _holding(self, buffers: Buffers, held: jax.Array) -> Buffers:
        state = self._state.unpack(buffers)
        held = jnp.where(jnp.isnan(held), state.stream.feelings.held, held)
        return self._state.pack(eqx.tree_at(lambda s: s.stream.feelings.held, state, held))

    @staticmethod
    def row(decision: Decision) -> jax.Array:
        """A decision as one row of numbers; `decision` reads it."""
        rest = [decision.value, decision.spread, decision.propensity, decision.discount, decision.heard]
        numbers = jnp.stack([*rest, decision.abandon])
        return jnp.concatenate([decision.action, decision.interval, decision.feelings, numbers])

    @staticmethod
    def decision(answer: np.ndarray, components: int) -> Decision:
        """The decision that comes out of a step as one row of numbers."""
        # Parts by slices, and put together as JAX does it: between two steps each microsecond of Python takes four.
        bounds, felt = components + 2, components + 2 + len(EMOTIONS)
        value, spread, propensity, discount, heard, abandon = answer[felt:]
        action, interval, feelings = answer[:components], answer[components:bounds], answer[bounds:felt]
        parts = action, value, spread, interval, propensity, discount, feelings, heard, abandon > 0
        return jax.tree.unflatten(DECISION, parts)


@functools.cache
def compiled(learner: Learner) -> Compiled:
    """The compiled functions of a learner, made once in a process."""
    return Compiled(learner)
