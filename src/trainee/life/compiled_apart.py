"""A learner's two halves, acting and being taught, compiled for the host."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from trainee.learner import Apart, Conduct
from trainee.life.compiled import Buffers, Compiled
from trainee.life.packing import Packing
from trainee.types import Decision, TimeStep


class CompiledApart:
    """Acting and being taught, for one learner: flat buffers in, flat buffers out.

    Buffers given to `taught` are donated; those given to `act` stay.
    """

    def __init__(self, learner: Apart):
        self.learner = learner
        self._state = Packing(jax.eval_shape(learner.init, jax.random.key(0)))
        self._underway = Packing(jax.eval_shape(learner.underway))
        self._time_step = Packing(learner.example(), exact=False)
        self._components = len(learner.spec.signature.choices)
        self._act = jax.jit(self._acted)
        self._taught = jax.jit(self._was_taught, donate_argnums=0)

    def blank(self) -> Buffers:
        """Of an episode in which nothing has happened."""
        return self._underway.pack(self.learner.underway())

    def question(self, before: np.ndarray, time_step: TimeStep, words: tuple[int, int]) -> Buffers:
        """What `act` is to be asked: what was done before, what is seen now, and two numbers that make the key."""
        step = self._time_step.pack_on_host(time_step)
        return np.asarray(before, np.float32), step, np.array(words, np.uint32)

    def act(self, state: Buffers, underway: Buffers, question: Buffers) -> tuple[Buffers, np.ndarray]:
        """See `Apart.act`; `read` reads what is decided."""
        underway, answer = self._act(state, underway, *question)
        return underway, np.asarray(answer)

    def read(self, answer: np.ndarray) -> tuple[Decision, dict[str, Any]]:
        """The decision that `act` has made, and what learning will have to be told of it."""
        spell, plays = answer[-2:].tolist()
        decision = Compiled.decision(answer[:-2], self._components)
        conduct = {
            "value": float(decision.value),
            "spread": float(decision.spread),
            "discount": float(decision.discount),
            "spell": int(spell),
            "abandon": bool(decision.abandon),
            "plays": plays > 0,
        }
        return decision, conduct

    def told(self, before: np.ndarray, time_step: TimeStep, conduct: Any) -> Buffers:
        """What `taught` is to be told; see `Apart.taught`."""
        numbers = np.array([float(conduct[name]) for name in Conduct.__dataclass_fields__], np.float32)
        return np.asarray(before, np.float32), self._time_step.pack_on_host(time_step), numbers

    def taught(self, state: Buffers, told: Buffers) -> Buffers:
        """See `Apart.taught`."""
        return self._taught(state, *told)

    def _acted(self, state: Buffers, underway: Buffers, before: jax.Array, step: Buffers, words: jax.Array):
        episode = self._underway.unpack(underway)
        key = jax.random.wrap_key_data(words)
        told = self._state.unpack(state), before, episode, self._time_step.unpack(step), key
        episode, decision, conduct = self.learner.act(*told)
        more = jnp.stack([conduct.spell, conduct.plays]).astype(jnp.float32)
        return self._underway.pack(episode), jnp.concatenate([Compiled.row(decision), more])

    def _was_taught(self, state: Buffers, before: jax.Array, step: Buffers, numbers: jax.Array) -> Buffers:
        value, spread, discount, spell, abandon, plays = numbers
        conduct = Conduct(value, spread, discount, spell.astype(jnp.int32), abandon > 0, plays > 0)
        told = self._state.unpack(state), before, self._time_step.unpack(step), conduct
        return self._state.pack(self.learner.taught(*told))


@functools.cache
def compiled_apart(learner: Apart) -> CompiledApart:
    """The compiled functions of a learner, made once in a process."""
    return CompiledApart(learner)
