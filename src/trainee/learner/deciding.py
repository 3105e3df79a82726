"""Deciding: what to do at a time step, by what was learned up to now."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from trainee.learner import calibration, exploration, lines, running
from trainee.learner.blank import Blank
from trainee.learner.chance import drawn
from trainee.learner.curiosity import Curiosity
from trainee.learner.state import State, Stream
from trainee.learner.value import action_value, interpolation
from trainee.types import Decision, Observation, TimeStep


@dataclass(frozen=True)
class Decider(Blank):
    """The half of a learner that learns nothing; see `Learner`."""

    def discount(self, stream: Stream) -> Float[Array, ""]:
        """Of values in a stream, a time step."""
        c = self.constants
        return lines.discount(stream.lines, c.shortest_horizon, c.dense_horizon, c.longest_horizon)

    def perceive(self, state: State, time_step: TimeStep) -> tuple[State, TimeStep]:
        """The state with the time step in its memory, and the time step with what is recalled behind its numbers."""
        stream, writer = state.stream, state.interface.writer
        after, perceived = self.perception.perceived(time_step, stream.memory, writer, stream.normaliser)
        return eqx.tree_at(lambda s: s.stream.memory, state, after), perceived

    def decide(self, state: State, time_step: TimeStep) -> tuple[State, Decision]:
        """The action of the head in charge. No learning."""
        state, perceived = self.perceive(state, time_step)
        state, chance = self._drawn(state, self._decide_draws)
        return self._decided(state, perceived, self.utilities(state, perceived.observation), chance)

    def _decided(
        self,
        state: State,
        time_step: TimeStep,
        utilities: Float[Array, "heads components choices"],
        chance: Float[Array, " draws"],
    ) -> tuple[State, Decision]:
        c, stream = self.constants, state.stream
        noise = jax.scipy.special.ndtri(jnp.clip(chance[-len(self.spec.signature.choices) :], 1e-6, 1 - 1e-6))
        head = exploration.drawn_head(chance[1:3], stream.head, time_step.first, c.heads, c.head_steps)
        proposed, allowed = self._proposed(utilities, time_step), self._allowed(time_step)
        if stream.novelty is not None:
            follow = self._curiosity.followed
            spell, wanted = follow(state.interface, stream, time_step, utilities, allowed, chance[:2])
            stream = eqx.tree_at(lambda s: s.novelty.spell, stream, spell)
            proposed = jnp.where(spell > 0, wanted, proposed)
        base = exploration.BaseNoise(c.any_action, c.continuous_noise, self._continuous, self._last_choice)
        action = exploration.explored(chance[3 : -noise.size], noise, proposed[head], allowed, base)
        propensity = exploration.propensity(action, proposed, allowed, base)
        decision = self._decision(state, utilities, action, propensity)
        stream = eqx.tree_at(lambda s: (s.memory.action, s.head), stream, (action, head))
        return State(state.brain, state.interface, stream), decision

    def overrule(self, state: State, action: Float[Array, " components"]) -> State:
        """Remember that another action was taken than the one decided."""
        return eqx.tree_at(lambda s: s.stream.memory.action, state, action)

    def exploit(self, state: State, time_step: TimeStep) -> tuple[State, Decision]:
        """The best action on the mean of the ensemble, without exploring or learning: only the memory changes."""
        state, perceived = self.perceive(state, time_step)
        utilities = self.utilities(state, perceived.observation)
        mean = jnp.mean(utilities, axis=0, keepdims=True)
        action = self._proposed(mean, perceived)[0]
        return self.overrule(state, action), self._decision(state, utilities, action, jnp.ones(()))

    def appraised(
        self, state: State, perceived: TimeStep, action: Float[Array, " components"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """What the ensemble thinks, on the mean, of the best action and of the one given, in units of the peak."""
        mean = jnp.mean(self.utilities(state, perceived.observation), axis=0)
        best = jnp.mean(jnp.max(jnp.where(self._allowed(perceived), mean, -jnp.inf), axis=-1))
        return best, action_value(mean, self._weights(action))

    def _drawn(self, state: State, draws: int) -> tuple[State, Float[Array, " draws"]]:
        """The state with a new key, and numbers uniform in [0, 1)."""
        key, numbers = drawn(state.stream.key, draws)
        return eqx.tree_at(lambda s: s.stream.key, state, key), numbers

    @property
    def _decide_draws(self) -> int:
        """For curiosity one, for the head two, for any action one and one a choice, for noise one a component."""
        components, choices = self.spec.signature.grid
        return 4 + components * choices + components

    def utilities(self, state: State, observation: Observation) -> Float[Array, "heads components choices"]:
        """What each head of the ensemble thinks of each choice, in units of the interface's peak.

        The observation is one that was perceived, with what is recalled behind its numbers.
        Decisions are read from the slow parameters: a single gradient step changes the best action in too many states.
        """
        return self.opinions(state, observation)[: self.constants.heads]

    def opinions(self, state: State, observation: Observation) -> Float[Array, "all_heads components choices"]:
        """As `utilities`, of the head that does not look far too, which comes last."""
        seen = self.perception.normalised(observation, state.stream.normaliser)
        encoder, heads = state.interface.learned.slow
        prior = state.interface.prior(self.perception.bare(seen))
        return heads(state.brain.slow(encoder(seen))) + self.prior_scale * prior

    def _decision(self, state: State, utilities, action, propensity) -> Decision:
        values = jax.vmap(action_value, in_axes=(0, None))(utilities, self._weights(action))
        unit = running.unit(state.interface.peak)
        value, spread = unit * jnp.mean(values), unit * jnp.std(values)
        interval = calibration.interval(state.stream.calibration, value, spread)
        ahead, goes_on = self.discount(state.stream), jnp.zeros((), bool)
        return Decision(action, value, spread, interval, propensity, ahead, goes_on)

    def _proposed(self, utilities, time_step: TimeStep) -> Float[Array, "heads components"]:
        allowed, sure = self._allowed(time_step), self.constants.sure
        return exploration.proposals(utilities, allowed, self._continuous, self._last_choice, sure)

    def _weights(self, action: Float[Array, " components"]) -> Float[Array, "components choices"]:
        return interpolation(action, self.spec.signature.grid[1])

    def _allowed(self, steps: TimeStep) -> Bool[Array, "*batch components choices"]:
        """Choices that exist, less those that a mask forbids."""
        sizes = jnp.array(self.spec.signature.choices)
        exists = jnp.arange(self.spec.signature.grid[1])[None, :] < sizes[:, None]
        allowed = jnp.broadcast_to(exists, (*jnp.shape(steps.reward), *exists.shape))
        return allowed if steps.action_mask is None else allowed & steps.action_mask

    @property
    def _continuous(self) -> Bool[Array, " components"]:
        return jnp.array(self.spec.signature.continuous)

    @property
    def _last_choice(self) -> Float[Array, " components"]:
        return jnp.array(self.spec.signature.choices, jnp.float32) - 1

    @property
    def _curiosity(self) -> Curiosity:
        return Curiosity(self.spec.signature, self.constants)
