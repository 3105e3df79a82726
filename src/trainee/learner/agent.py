"""The learner: one pure step from state and time step to state and decision."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from trainee.emotions import Told, appraised, modulators
from trainee.learner import calibration, effects, exploration, lines, quitting, replay, running
from trainee.learner.deciding import Decider
from trainee.learner.judging import Offered
from trainee.learner.learning import Student
from trainee.learner.state import State, Stream
from trainee.learner.value import action_value, interpolation
from trainee.types import Decision, TimeStep


@dataclass(frozen=True)
class Learner(Decider, Student):
    """Learns one kind of job while doing it. Holds no state: see `Blank.init`."""

    def step(self, state: State, time_step: TimeStep) -> tuple[State, Decision]:
        """Remember the time step, learn, decide."""
        state, perceived = self.perceive(state, time_step)
        # One draw for both: each is an operation, and costs about what a small layer does.
        learn, offer, decide = self._learn_draws, self._offer_draws, self._decide_draws
        draws = learn + offer + decide + self.spec.restartable
        state, chance = self._drawn(self.remember(state, perceived), draws)
        state, offered = self._learned_and_offered(state, perceived, chance[:learn], chance[learn : learn + offer])
        state = self._appraised(state, perceived, offered)
        decided = self._decided(state, perceived, offered, chance[learn + offer : learn + offer + decide])
        if self.spec.restartable:
            decided = self._given_up(state, perceived, offered, chance[-1], decided)
        state, decision = decided
        return self._followed(state, perceived, decision.value, decision.spread, decision.discount), decision

    def remember(self, state: State, perceived: TimeStep) -> State:
        """Take a time step, as perceived, into the stream: replay, running statistics, what has been tried."""
        c, old = self.constants, state.stream
        before = running.ReturnScale(old.returned, state.interface.peak)
        discount = self.discount(old)
        scale = running.observe_return(before, perceived.reward, perceived.first, discount, c.scale_memory_steps)
        ratio = jnp.where(before.peak > 0, running.unit(before.peak) / running.unit(scale.peak), 1.0)
        returned = jnp.where(perceived.first, before.sum, scale.sum) / running.unit(scale.peak)
        known_lines = old.lines.rescaled(ratio)
        reward, boundary = running.measurable(perceived.reward), (perceived.first, perceived.last)
        memory = c.memory_lines, c.normaliser_memory_steps
        aside, for_good = old.novelty.spell > 0, perceived.discount == 0
        entered = lines.entered(known_lines, *boundary, reward, returned, *memory, aside, self.on_lines, for_good)
        measured = perceived.observation.numeric[: self.perception.measured]
        normaliser = running.observe(old.normaliser, measured, c.normaliser_memory_steps)
        ring = replay.remember(old.replay, replay.Experience(perceived, old.memory.action))
        heard = self._heard(old, perceived)
        known_before = old.calibration, old.memory, old.novelty
        stream = Stream(ring, normaliser, scale.sum, entered, *known_before, heard, old.feelings, old.head, old.key)
        allowed, unit = self._allowed(perceived), running.unit(scale.peak)
        known = self._curiosity.noted(state.interface, stream, perceived, allowed, unit)
        stream = eqx.tree_at(lambda s: s.novelty, stream, known)
        # Values keep their meaning in reward units when the unit moves (PopArt, van Hasselt et al. 2016).
        interface = eqx.tree_at(
            lambda i: (i.learned.now[1], i.learned.slow[1]),
            state.interface,
            replace_fn=lambda heads: jax.tree.map(lambda leaf: leaf * ratio, heads),
        )
        usual = effects.got_used(interface.usual, old.memory.effects.known)
        return State(state.brain, eqx.tree_at(lambda i: (i.peak, i.usual), interface, (scale.peak, usual)), stream)

    def _heard(self, stream: Stream, perceived: TimeStep) -> quitting.Quitting | None:
        if stream.quitting is None:
            return None
        reward = running.measurable(perceived.reward)
        return quitting.heard(stream.quitting, reward, perceived.first, perceived.last, self.constants.near_discount)

    def _appraised(self, state: State, perceived: TimeStep, offered: Offered) -> State:
        """The state in which the newest time step, and what there is to do at it, is taken to heart."""
        mean = jnp.mean(offered.heads[: self.constants.heads], axis=0)
        best = jnp.mean(jnp.max(jnp.where(offered.allowed, mean, -jnp.inf), axis=-1))
        value = state.interface.peak * best
        told = Told(running.measurable(perceived.reward), perceived.discount, perceived.first, value)
        signals = appraised(self.constants, state.stream.feelings.signals, told)
        return eqx.tree_at(lambda s: s.stream.feelings.signals, state, signals)

    def _given_up(
        self,
        before: State,
        perceived: TimeStep,
        offered: Offered,
        chance: Float[Array, ""],
        decided: tuple[State, Decision],
    ) -> tuple[State, Decision]:
        """What was decided, and whether to give the line up instead.

        Args:
          before: the state before it was decided.
          perceived: the newest time step.
          offered: what there is to do there.
          chance: uniform in [0, 1): whether a line to give up is played out.
          decided: the state and the decision.
        """
        state, decision = decided
        weighed, left = self._weighed(state, perceived, offered)
        assert state.stream.quitting is not None
        after, abandon = quitting.judged(state.stream.quitting, weighed, perceived.first, chance)
        state = self._left(state, perceived, before.stream.memory.action, left, abandon)
        state = eqx.tree_at(lambda s: s.stream.quitting, state, after)
        return state, dataclasses.replace(decision, abandon=abandon)

    def _weighed(
        self, state: State, perceived: TimeStep, offered: Offered
    ) -> tuple[quitting.Weighed, Float[Array, ""]]:
        """What going on is worth, and what the line came to if it is given up here, in reward units."""
        c, stream, unit = self.constants, state.stream, running.unit(state.interface.peak)
        assert stream.quitting is not None
        allowed, far = offered.allowed, offered.heads[: c.heads]
        best = exploration.greedy(jnp.mean(far, axis=0), allowed).astype(jnp.float32)
        known_heads, weights = jnp.concatenate([far, offered.heads[-1:]]), interpolation(best, allowed.shape[1])
        # Before there was a reward heads believe in something, and it has no unit yet: none of it is to be had.
        *values, near = state.interface.peak * jax.vmap(action_value, in_axes=(0, None))(known_heads, weights)
        value = near + quitting.OPTIMISM * jnp.std(jnp.stack(values))
        felt = modulators(c, stream.feelings.levels).curious
        known, promise, curious = self._curiosity.foreseen(stream, self._allowed(perceived), value, felt)
        outlook = quitting.Outlook(value, known, promise)
        weighed = quitting.weighed(stream.quitting, outlook, curious, unit, perceived.first, perceived.last)
        # At most what is believed of it: what it would take to go on is not learned from.
        return weighed, jnp.minimum(jnp.minimum(value, known), jnp.mean(jnp.stack(values)))

    def _left(
        self,
        state: State,
        perceived: TimeStep,
        action: Float[Array, " components"],
        left: Float[Array, ""],
        abandon: Bool[Array, ""],
    ) -> State:
        """The state in which the line that is given up at the newest time step, to which an action led, is over."""
        over = dataclasses.replace(
            perceived,
            reward=perceived.reward + self.discount(state.stream) * left,
            discount=jnp.zeros(()),
            last=jnp.ones((), bool),
        )
        amended = replay.amended(state.stream.replay, replay.Experience(over, action), abandon)
        return eqx.tree_at(lambda s: s.stream.replay, state, amended)

    def _followed(
        self,
        state: State,
        perceived: TimeStep,
        value: Float[Array, ""],
        spread: Float[Array, ""],
        ahead: Float[Array, ""],
    ) -> State:
        """The state in which it is followed what comes of a decision, of which these are parts; see `Decision`."""
        said = running.measurable(perceived.reward), perceived.discount, perceived.first, perceived.last
        # Not before it is decided: where many small operations can begin at once XLA gives some to another thread, and
        # to wait for it costs a third of the step.
        late = 0.0 * value
        known = jax.tree.map(lambda leaf: leaf + late.astype(leaf.dtype), state.stream.calibration)
        known = calibration.followed(known, *said, value, spread, ahead)
        return eqx.tree_at(lambda s: s.stream.calibration, state, known)
