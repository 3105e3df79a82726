"""Deciding: what to do at a time step, by what was learned up to now."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from trainee.emotions import Feelings, Modulators, felt, modulators, settled
from trainee.learner import calibration, deliberation, exploration, lines, running
from trainee.learner.blank import Blank
from trainee.learner.chance import drawn
from trainee.learner.curiosity import Curiosity
from trainee.learner.state import State, Stream
from trainee.learner.value import FEELING, action_value, greedy, interpolation, refined
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
        return self._decided(state, perceived, *self.opinions(state, perceived.observation), chance)

    def _decided(
        self,
        state: State,
        time_step: TimeStep,
        heads: Float[Array, "all_heads components choices"],
        priors: Float[Array, "all_heads components choices"],
        chance: Float[Array, " draws"],
    ) -> tuple[State, Decision]:
        c, stream, utilities = self.constants, state.stream, heads[: self.constants.heads]
        noise = jax.scipy.special.ndtri(jnp.clip(chance[-len(self.spec.signature.choices) :], 1e-6, 1 - 1e-6))
        allowed = self._allowed(time_step)
        levels = self._felt(state, utilities, allowed, self._curious(state, utilities, allowed))
        swayed = modulators(c, levels)
        leaving = 1 / c.head_steps + swayed.alarm + swayed.leaving
        head = exploration.drawn_head(chance[1:3], stream.head, time_step.first, c.heads, leaving)
        tilted = self._tilted(state, heads, priors, swayed)
        heard, count = deliberation.heard(tilted, allowed, head, c.sureness, swayed.haste)
        proposed = self._proposed(tilted, time_step, heard)
        if stream.novelty is not None:
            follow = self._curiosity.followed
            said = tilted, allowed, chance[:2], swayed.curious
            spell, wanted = follow(state.interface, stream, time_step, *said)
            stream = eqx.tree_at(lambda s: s.novelty.spell, stream, spell)
            proposed = jnp.where(spell > 0, wanted, proposed)
        base = exploration.BaseNoise(c.any_action, c.continuous_noise, self._continuous, self._last_choice)
        action = exploration.explored(chance[3 : -noise.size], noise, proposed[head], allowed, base)
        propensity = exploration.propensity(action, proposed, allowed, base)
        decision = self._decision(state, utilities, action, propensity, levels, count)
        feelings = self._settled(state, levels, decision.value, decision.discount)
        stream = eqx.tree_at(lambda s: (s.memory.action, s.head, s.feelings), stream, (action, head, feelings))
        return State(state.brain, state.interface, stream), decision

    def _settled(
        self, state: State, levels: Float[Array, " emotions"], value: Float[Array, ""], ahead: Float[Array, ""]
    ) -> Feelings:
        """The feelings once it is decided, with what is expected. Until there was a reward that has no unit."""
        known = jnp.where(state.interface.peak > 0, value, 0.0)
        return settled(state.stream.feelings, levels, known, ahead)

    def _curious(
        self,
        state: State,
        utilities: Float[Array, "heads components choices"],
        allowed: Bool[Array, "components choices"],
    ) -> Float[Array, ""]:
        """The share of the time that curiosity may have; none where it is not known what was tried."""
        if state.stream.novelty is None:
            return jnp.zeros(())
        return self._curiosity.share(state.interface, state.stream, utilities, allowed)

    def _felt(
        self,
        state: State,
        utilities: Float[Array, "heads components choices"],
        allowed: Bool[Array, "components choices"],
        curious: Float[Array, ""],
    ) -> Float[Array, " emotions"]:
        """What is felt at the newest time step, of which these are the utilities; `curious` as `_curious` has it."""
        best = jnp.mean(jnp.max(jnp.where(allowed[None], utilities, -jnp.inf), axis=-1), axis=-1)
        return felt(self.constants, state.stream.feelings, jnp.std(best), curious)

    def _tilted(
        self,
        state: State,
        heads: Float[Array, "all_heads components choices"],
        priors: Float[Array, "all_heads components choices"],
        swayed: Modulators,
    ) -> Float[Array, "heads components choices"]:
        """What each head of the ensemble thinks, as feelings let it: with the near future for the far one, with what
        may come at the worst, and with doubt, for which a head has what it believed before it knew anything.
        """
        c = self.constants
        far, (near, worst) = heads[: c.heads], heads[c.heads : c.heads + FEELING]
        surprise = state.stream.feelings.signal("size") / running.unit(state.interface.peak)
        doubt = swayed.doubt * surprise / c.prior_scale * priors[: c.heads]
        return deliberation.weighed(far, near, worst, swayed.far, swayed.alarm) + doubt

    def overrule(self, state: State, action: Float[Array, " components"]) -> State:
        """Remember that another action was taken than the one decided."""
        return eqx.tree_at(lambda s: s.stream.memory.action, state, action)

    def exploit(self, state: State, time_step: TimeStep) -> tuple[State, Decision]:
        """The best action on the mean of the ensemble, without exploring or learning: only the memory changes."""
        state, perceived = self.perceive(state, time_step)
        heads, priors = self.opinions(state, perceived.observation)
        utilities = heads[: self.constants.heads]
        levels = self._felt(state, utilities, self._allowed(perceived), jnp.zeros(()))
        # Where nothing is learned nothing is felt of what comes, and nothing is tried.
        calm = modulators(self.constants, levels)._replace(alarm=jnp.zeros(()), doubt=jnp.zeros(()))
        action = self._best(jnp.mean(self._tilted(state, heads, priors, calm), axis=0), perceived)
        count = jnp.array(self.constants.heads, jnp.float32)
        return self.overrule(state, action), self._decision(state, utilities, action, jnp.ones(()), levels, count)

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
        return self.opinions(state, observation)[0][: self.constants.heads]

    def opinions(
        self, state: State, observation: Observation
    ) -> tuple[Float[Array, "all_heads components choices"], Float[Array, "all_heads components choices"]]:
        """As `utilities`, of the heads that feelings ask too, and last of the one that does not look far; and the part
        of it that they believed before they knew anything.
        """
        seen = self.perception.normalised(observation, state.stream.normaliser, state.interface.usual)
        encoder, heads = state.interface.learned.slow
        prior = self.prior_scale * state.interface.prior(self.perception.bare(seen))
        return heads(state.brain.slow(encoder(seen))) + prior, prior

    def _decision(self, state: State, utilities, action, propensity, levels, heard) -> Decision:
        values = jax.vmap(action_value, in_axes=(0, None))(utilities, self._weights(action))
        unit = running.unit(state.interface.peak)
        value, spread = unit * jnp.mean(values), unit * jnp.std(values)
        interval = calibration.interval(state.stream.calibration, value, spread)
        ahead, goes_on = self.discount(state.stream), jnp.zeros((), bool)
        count = heard.astype(jnp.float32)
        return Decision(action, value, spread, interval, propensity, ahead, levels, count, goes_on)

    def _proposed(self, utilities, time_step: TimeStep, heard) -> Float[Array, "heads components"]:
        allowed, sure = self._allowed(time_step), self.constants.sure
        return exploration.proposals(utilities, allowed, self._continuous, self._last_choice, sure, heard)

    def _best(self, utilities: Float[Array, "components choices"], time_step: TimeStep) -> Float[Array, " components"]:
        """The best action by the utilities of one head."""
        choice = greedy(utilities, self._allowed(time_step))
        return refined(utilities, choice, self._continuous, self._last_choice)

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
