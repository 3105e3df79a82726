"""The learner: one pure step from state and time step to state and decision."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from trainee.emotions import Told, appraised, modulators
from trainee.learner import calibration, effects, exploration, lines, quitting, replay, running
from trainee.learner.deciding import Decider
from trainee.learner.state import State, Stream
from trainee.learner.update import Rule, improved, td_errors
from trainee.learner.value import FEELING, action_value
from trainee.types import Decision, TimeStep


@dataclass(frozen=True)
class Learner(Decider):
    """Learns one kind of job while doing it. Holds no state: see `Blank.init`."""

    def step(self, state: State, time_step: TimeStep) -> tuple[State, Decision]:
        """Remember the time step, learn, decide."""
        state, perceived = self.perceive(state, time_step)
        # One draw for both: each is an operation, and costs about what a small layer does.
        learn, decide = self._learn_draws, self._decide_draws
        draws = learn + decide + self.spec.restartable
        state, chance = self._drawn(self.remember(state, perceived), draws)
        state, heads, priors = self._learned(state, chance[:learn])
        state = self._appraised(state, perceived, heads)
        decided = self._decided(state, perceived, heads, priors, chance[learn : learn + decide])
        if self.spec.restartable:
            decided = self._given_up(state, perceived, heads, chance[-1], decided)
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
        entered = lines.entered(known_lines, *boundary, reward, returned, *memory, old.novelty.spell > 0)
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

    def learn(self, state: State) -> State:
        """One gradient step on the newest window and on windows from replay."""
        return self._learned(*self._drawn(state, self._learn_draws))[0]

    def _learned(
        self, state: State, chance: Float[Array, " draws"]
    ) -> tuple[State, Float[Array, "all_heads components choices"], Float[Array, "all_heads components choices"]]:
        """The state after a gradient step, and the utilities and priors of the newest time step, as before it: they are
        there already, and to work them out anew would cost an eighth of the step.
        """
        c, stream = self.constants, state.stream
        steps, actions = replay.windows(stream.replay, chance, c.window_steps + 1, self.experience())
        unit = running.unit(state.interface.peak)
        newest = jnp.zeros(steps.reward.shape).at[0, -1].set(1.0)
        felt_as = running.measurable(steps.reward) + newest * self._uplift(stream)
        steps = eqx.tree_at(lambda s: s.reward, steps, felt_as / unit)
        brain, interface = state.brain, state.interface
        # One batch axis through the networks, and two again outside: nested ones cost twice the time on a CPU.
        flat = jax.tree.map(lambda leaf: leaf.reshape(steps.reward.size, *leaf.shape[2:]), steps.observation)
        seen = jax.vmap(lambda o: self.perception.normalised(o, stream.normaliser, interface.usual))(flat)
        prior = self.prior_scale * jax.vmap(lambda o: interface.prior(self.perception.bare(o)))(seen)
        windowed = (*steps.reward.shape, self.all_heads, *self.spec.signature.grid)
        slow = (self._utilities(brain.slow, interface.learned.slow, seen) + prior).reshape(windowed)

        taken = jax.vmap(jax.vmap(self._weights))(actions[:, 1:])
        allowed = self._allowed(steps)
        # What the near head learns shapes what the others see, for the worse: it learns only where it is asked.
        learning = c.heads + FEELING + self.spec.restartable
        soon = [c.myopic_discount] * FEELING + [c.near_discount] * self.spec.restartable
        discounts = jnp.concatenate([jnp.broadcast_to(self.discount(stream), c.heads), jnp.array(soon)])

        def loss(parts: Any) -> Float[Array, ""]:
            trunk, modules = parts
            online = (self._utilities(trunk, modules, seen) + prior).reshape(windowed)[:, :, :learning]
            chooser = jnp.roll(online[:, :, : c.heads], 1, axis=2)
            chooser = jnp.concatenate([chooser, chooser[:, :, : learning - c.heads]], axis=2)

            def of_head(discount, online, chooser, slow, steps, taken, allowed):
                rule = Rule(discount, c.trace, c.trace_tolerance)
                return td_errors(online, chooser, slow, steps, taken, allowed, rule)

            of_heads = jax.vmap(of_head, in_axes=(0, 1, 1, 1, None, None, None))
            of_windows = jax.vmap(of_heads, in_axes=(None, 0, 0, 0, 0, 0, 0))
            errors = of_windows(discounts, online, chooser, slow[:, :, :learning], steps, taken, allowed)
            return 0.5 * jnp.mean(jnp.square(errors) * self._counts(errors))

        gradient = jax.grad(loss)((brain.now, interface.learned.now))
        optimiser, rate = self.optimiser, c.target_rate
        brain = improved(brain, gradient[0], optimiser, rate)
        better = improved(interface.learned, gradient[1], optimiser, rate)
        learned = State(brain, eqx.tree_at(lambda i: i.learned, interface, better), stream)
        # Not before it is learned: where many small operations can begin at once XLA gives some to another thread, and
        # to wait for it costs a third of the step.
        late = 0.0 * jax.tree.leaves(brain.slow)[0].ravel()[0]
        return learned, slow[0, -1] + late, prior.reshape(windowed)[0, -1] + late

    def _counts(self, errors: Float[Array, "windows learning transitions"]) -> Float[Array, "..."]:
        """How much errors count: all alike, but for the head that expects what comes at the worst, which minds most
        those that were too high. It settles on an expectile (Newey & Powell 1987).
        """
        share, worst = self.constants.wary_share, self.constants.heads + FEELING - 1
        wary = jnp.where(errors < 0, 2 * (1 - share), 2 * share)
        at_worst = (jnp.arange(errors.shape[1]) == worst)[None, :, None]
        return jax.lax.stop_gradient(jnp.where(at_worst, wary, 1.0))

    def _uplift(self, stream: Stream) -> Float[Array, ""]:
        """What mood adds to the newest reward, in reward units."""
        feelings = stream.feelings
        return modulators(self.constants, feelings.levels).uplift * feelings.signal("size")

    def _appraised(
        self, state: State, perceived: TimeStep, heads: Float[Array, "all_heads components choices"]
    ) -> State:
        """The state in which the newest time step, of which these are the utilities, is taken to heart."""
        mean = jnp.mean(heads[: self.constants.heads], axis=0)
        best = jnp.mean(jnp.max(jnp.where(self._allowed(perceived), mean, -jnp.inf), axis=-1))
        value = state.interface.peak * best
        told = Told(running.measurable(perceived.reward), perceived.discount, perceived.first, value)
        signals = appraised(self.constants, state.stream.feelings.signals, told)
        return eqx.tree_at(lambda s: s.stream.feelings.signals, state, signals)

    def _given_up(
        self,
        before: State,
        perceived: TimeStep,
        heads: Float[Array, "all_heads components choices"],
        chance: Float[Array, ""],
        decided: tuple[State, Decision],
    ) -> tuple[State, Decision]:
        """What was decided, and whether to give the line up instead.

        Args:
          before: the state before it was decided.
          perceived: the newest time step.
          heads: the utilities of all heads there.
          chance: uniform in [0, 1): whether a line to give up is played out.
          decided: the state and the decision.
        """
        state, decision = decided
        weighed, left = self._weighed(state, perceived, heads)
        assert state.stream.quitting is not None
        after, abandon = quitting.judged(state.stream.quitting, weighed, perceived.first, chance)
        state = self._left(state, perceived, before.stream.memory.action, left, abandon)
        state = eqx.tree_at(lambda s: s.stream.quitting, state, after)
        return state, dataclasses.replace(decision, abandon=abandon)

    def _weighed(
        self, state: State, perceived: TimeStep, heads: Float[Array, "all_heads components choices"]
    ) -> tuple[quitting.Weighed, Float[Array, ""]]:
        """What going on is worth, and what the line came to if it is given up here, in reward units."""
        c, stream, unit = self.constants, state.stream, running.unit(state.interface.peak)
        assert stream.quitting is not None
        allowed, far = self._allowed(perceived), heads[: c.heads]
        best = exploration.greedy(jnp.mean(far, axis=0), allowed).astype(jnp.float32)
        known_heads = jnp.concatenate([far, heads[-1:]])
        *values, near = unit * jax.vmap(action_value, in_axes=(0, None))(known_heads, self._weights(best))
        value = near + quitting.OPTIMISM * jnp.std(jnp.stack(values))
        known, promise, curious = self._curiosity.foreseen(stream, allowed, value)
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

    def _utilities(self, trunk, interface, seen):
        encoder, heads = interface
        return heads.read(jax.vmap(lambda o: trunk(encoder(o)))(seen))

    @property
    def _learn_draws(self) -> int:
        return self.constants.windows - 1
