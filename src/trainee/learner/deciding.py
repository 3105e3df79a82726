"""Deciding: what to do at a time step, by what was learned up to now."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from trainee.emotions import Feelings, Modulators, felt, modulators, settled
from trainee.learner import calibration, deliberation, exploration, running
from trainee.learner.judging import ANY, NEW, PLANNED, Judge, Offered
from trainee.learner.state import State
from trainee.learner.value import FEELING, action_value, greedy, interpolation
from trainee.types import Decision, TimeStep


@dataclass(frozen=True)
class Decider(Judge):
    """The half of a learner that learns nothing; see `Learner`."""

    def decide(self, state: State, time_step: TimeStep) -> tuple[State, Decision]:
        """The action of the head in charge. No learning."""
        state, perceived = self.perceive(state, time_step)
        state, chance = self._drawn(state, self._offer_draws + self._decide_draws)
        offered = self._offered(state, perceived, chance[: self._offer_draws])
        return self._decided(state, perceived, offered, chance[self._offer_draws :])

    def _decided(
        self,
        state: State,
        time_step: TimeStep,
        offered: Offered,
        chance: Float[Array, " draws"],
    ) -> tuple[State, Decision]:
        c, stream, utilities = self.constants, state.stream, offered.heads[: self.constants.heads]
        noise = jax.scipy.special.ndtri(jnp.clip(chance[-len(self.spec.signature.choices) :], 1e-6, 1 - 1e-6))
        allowed = offered.allowed
        levels = self._felt(state, utilities, allowed, self._curious(state, utilities, allowed))
        swayed = modulators(c, levels)
        leaving = 1 / c.head_steps + swayed.alarm + swayed.leaving
        head = exploration.drawn_head(chance[1:3], stream.head, time_step.first, c.heads, leaving)
        tilted = self._tilted(state, offered, swayed)
        heard, count = deliberation.heard(tilted, allowed, head, c.sureness, swayed.haste)
        proposed = exploration.proposals(tilted, allowed, c.sure, heard)
        if stream.novelty is not None:
            follow = self._curiosity.followed
            said = tilted, offered.fresh, self._columns(offered), chance[:2], swayed.curious
            spell, wanted = follow(state.interface, stream, time_step, *said)
            stream = eqx.tree_at(lambda s: s.novelty.spell, stream, spell)
            proposed = jnp.where(spell > 0, wanted, proposed)
        choice = exploration.explored(chance[3 : -noise.size], proposed[head], offered.free, c.any_action)
        base = exploration.BaseNoise(c.any_action, c.continuous_noise, self._continuous, self._last_choice)
        action = exploration.blurred(offered.chosen(choice), noise, base)
        actions, known = jax.vmap(offered.chosen)(proposed), self._allowed(time_step)
        propensity = exploration.propensity(action, actions, known, base)
        decision = self._decision(state, offered, choice, action, propensity, levels, count)
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
        offered: Offered,
        swayed: Modulators,
    ) -> Float[Array, "heads components choices"]:
        """What each head of the ensemble thinks, as feelings let it: with the near future for the far one, with what
        may come at the worst, and with doubt, for which a head has what it believed before it knew anything.
        """
        c = self.constants
        far, (near, worst) = offered.heads[: c.heads], offered.heads[c.heads : c.heads + FEELING]
        surprise = state.stream.feelings.signal("size") / running.unit(state.interface.peak)
        doubt = swayed.doubt * surprise / c.prior_scale * offered.priors[: c.heads]
        return deliberation.weighed(far, near, worst, swayed.far, swayed.alarm) + doubt

    def overrule(self, state: State, action: Float[Array, " components"]) -> State:
        """Remember that another action was taken than the one decided."""
        return eqx.tree_at(lambda s: s.stream.memory.action, state, action)

    def exploit(self, state: State, time_step: TimeStep) -> tuple[State, Decision]:
        """The best action on the mean of the ensemble, without exploring or learning: only the memory changes."""
        state, perceived = self.perceive(state, time_step)
        offered = self._offered(state, perceived)
        levels = self._felt(state, offered.heads[: self.constants.heads], offered.allowed, jnp.zeros(()))
        # Where nothing is learned nothing is felt of what comes, and nothing is tried.
        calm = modulators(self.constants, levels)._replace(alarm=jnp.zeros(()), doubt=jnp.zeros(()))
        best = greedy(jnp.mean(self._tilted(state, offered, calm), axis=0), offered.allowed).astype(jnp.float32)
        count, action = jnp.array(self.constants.heads, jnp.float32), offered.chosen(best)
        return self.overrule(state, action), self._decision(state, offered, best, action, jnp.ones(()), levels, count)

    def appraised(
        self, state: State, perceived: TimeStep, action: Float[Array, " components"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """What the ensemble thinks, on the mean, of the best action and of the one given, in units of the peak."""
        offered = self._offered(state, perceived, taken=action)
        mean = jnp.mean(offered.heads[: self.constants.heads], axis=0)
        best = jnp.mean(jnp.max(jnp.where(offered.allowed, mean, -jnp.inf), axis=-1))
        choice = action if offered.actions is None else jnp.full(1, len(offered.actions) - 1.0)
        return best, action_value(mean, interpolation(choice, mean.shape[-1]))

    @property
    def _decide_draws(self) -> int:
        """For curiosity one, for the head two, for any action one and one a choice, for noise one a component."""
        components, choices = (1, PLANNED + NEW + ANY) if self.on_lines else self.spec.signature.grid
        return 4 + components * choices + len(self.spec.signature.choices)

    def _decision(self, state: State, offered: Offered, choice, action, propensity, levels, heard) -> Decision:
        weights = interpolation(choice, offered.allowed.shape[1])
        values = jax.vmap(action_value, in_axes=(0, None))(offered.heads[: self.constants.heads], weights)
        unit = running.unit(state.interface.peak)
        value, spread = unit * jnp.mean(values), unit * jnp.std(values)
        interval = calibration.interval(state.stream.calibration, value, spread)
        ahead, goes_on = self.discount(state.stream), jnp.zeros((), bool)
        count = heard.astype(jnp.float32)
        return Decision(action, value, spread, interval, propensity, ahead, levels, count, goes_on)

    @property
    def _continuous(self) -> Bool[Array, " components"]:
        return jnp.array(self.spec.signature.continuous)

    @property
    def _last_choice(self) -> Float[Array, " components"]:
        return jnp.array(self.spec.signature.choices, jnp.float32) - 1
