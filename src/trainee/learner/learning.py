"""Learning: a gradient step on what the stream holds, in one of the two forms that utilities have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from trainee.emotions import modulators
from trainee.learner import actor, replay, running
from trainee.learner.judging import Judge, Offered
from trainee.learner.state import State, Stream
from trainee.learner.update import Rule, improved, td_errors
from trainee.learner.value import FEELING, interpolation
from trainee.types import Observation, TimeStep


class Views(NamedTuple):
    """What heads think at the time steps of some windows.

    Attributes:
      online: the utilities as they learn.
      slow: the same by the slow parameters.
      taken: what was done between time steps, as `interpolation` gives it.
      allowed: what there is to choose.
      acting: what an actor is to make less.
    """

    online: Float[Array, "windows steps all_heads components choices"]
    slow: Float[Array, "windows steps all_heads components choices"]
    taken: Float[Array, "windows transitions components choices"]
    allowed: Bool[Array, "windows steps components choices"]
    acting: float | Float[Array, ""]


@dataclass(frozen=True)
class Student(Judge):
    """The half of a learner that decides nothing; see `Learner`."""

    def learn(self, state: State) -> State:
        """One gradient step on the newest window and on windows from replay."""
        return self._learned(*self._drawn(state, self._learn_draws))[0]

    def _learned_and_offered(
        self,
        state: State,
        perceived: TimeStep,
        learn: Float[Array, " draws"],
        offer: Float[Array, " offers"] | None = None,
    ) -> tuple[State, Offered]:
        """The state after a gradient step, and what there is to decide between by what was learned before it."""
        if self.on_lines:
            offered = self._offered(state, perceived, offer)
            return self._learned(state, learn)[0], offered
        state, views = self._learned(state, learn)
        assert views is not None
        allowed = self._allowed(perceived)
        return state, Offered(*views, allowed, allowed, allowed)

    def _learned(self, state: State, chance: Float[Array, " draws"]) -> tuple[State, tuple[Array, Array] | None]:
        """The state after a gradient step, and the utilities and priors of the newest time step, as before it, where
        choices are judged: they are there already, and to work them out anew would cost an eighth of the step.
        """
        c, stream = self.constants, state.stream
        drawn = chance[: c.windows - 1]
        steps, actions = replay.windows(stream.replay, drawn, c.window_steps + 1, self.experience())
        unit = running.unit(state.interface.peak)
        newest = jnp.zeros(steps.reward.shape).at[0, -1].set(1.0)
        felt_as = running.measurable(steps.reward) + newest * self._uplift(stream)
        steps = eqx.tree_at(lambda s: s.reward, steps, felt_as / unit)
        brain, interface = state.brain, state.interface
        # One batch axis through the networks, and two again outside: nested ones cost twice the time on a CPU.
        flat = jax.tree.map(lambda leaf: leaf.reshape(steps.reward.size, *leaf.shape[2:]), steps.observation)
        seen = jax.vmap(lambda o: self.perception.normalised(o, stream.normaliser, interface.usual))(flat)
        allowed = self._allowed(steps)
        luck = chance[c.windows - 1 :]
        if self.on_lines:
            said = steps.reward.shape, seen, actions, allowed, luck.reshape(steps.reward.size, -1)
            views, newest_views = self._of_wholes(state, *said), None
        else:
            views, newest_views = self._of_choices(state, steps.reward.shape, seen, actions, allowed)
        # What the near head learns shapes what the others see, for the worse: it learns only where it is asked.
        learning = c.heads + FEELING + self.spec.restartable
        soon = [c.myopic_discount] * FEELING + [c.near_discount] * self.spec.restartable
        discounts = jnp.concatenate([jnp.broadcast_to(self.discount(stream), c.heads), jnp.array(soon)])

        def loss(parts: Any) -> Float[Array, ""]:
            online, slow, taken, open, acting = views(parts)
            online = online[:, :, :learning]
            chooser = jnp.roll(online[:, :, : c.heads], 1, axis=2)
            chooser = jnp.concatenate([chooser, chooser[:, :, : learning - c.heads]], axis=2)

            def of_head(discount, online, chooser, slow, steps, taken, allowed):
                rule = Rule(discount, c.trace, c.trace_tolerance)
                return td_errors(online, chooser, slow, steps, taken, allowed, rule)

            of_heads = jax.vmap(of_head, in_axes=(0, 1, 1, 1, None, None, None))
            of_windows = jax.vmap(of_heads, in_axes=(None, 0, 0, 0, 0, 0, 0))
            errors = of_windows(discounts, online, chooser, slow[:, :, :learning], steps, taken, open)
            return 0.5 * jnp.mean(jnp.square(errors) * self._counts(errors)) + acting

        gradient = jax.grad(loss)((brain.now, interface.learned.now))
        optimiser, rate = self.optimiser, c.target_rate
        brain = improved(brain, gradient[0], optimiser, rate)
        better = improved(interface.learned, gradient[1], optimiser, rate, self._eagerly)
        learned = State(brain, eqx.tree_at(lambda i: i.learned, interface, better), stream)
        if newest_views is None:
            return learned, None
        # Not before it is learned: where many small operations can begin at once XLA gives some to another thread, and
        # to wait for it costs a third of the step.
        late = 0.0 * jax.tree.leaves(brain.slow)[0].ravel()[0]
        return learned, jax.tree.map(lambda view: view + late, newest_views)

    def _eagerly(self, updates: Any, count: Int[Array, ""]) -> Any:
        """With longer steps of what heads say where they have taken few: whoever knows nothing goes by what came last,
        and whoever knows much by the mean of it. Where actions are judged as a whole steps are as long as ever.
        """
        if self.on_lines:
            return updates
        longer = 1 + self.constants.eagerness / (1 + jnp.square(count / self.constants.eager_updates))
        return eqx.tree_at(lambda parts: parts[1].linear.weight, updates, replace_fn=lambda moved: longer * moved)

    def _of_choices(
        self,
        state: State,
        shape: tuple[int, ...],
        seen: Observation,
        actions: Float[Array, "windows steps components"],
        allowed: Bool[Array, "windows steps components choices"],
    ) -> tuple[Callable[[Any], Views], tuple[Array, Array]]:
        """What heads think of each choice at the time steps of some windows, as they learn, and at the newest.

        Returns:
          a function of what learns; and utilities and priors of the newest time step.
        """
        interface = state.interface
        prior = self.prior_scale * jax.vmap(lambda o: interface.prior(self.perception.bare(o)))(seen)
        windowed = (*shape, self.all_heads, *self.spec.signature.grid)
        slow = (self._utilities(state.brain.slow, interface.learned.slow, seen) + prior).reshape(windowed)
        choices = self.spec.signature.grid[1]
        taken = jax.vmap(jax.vmap(lambda action: interpolation(action, choices)))(actions[:, 1:])

        def views(parts: Any) -> Views:
            trunk, modules = parts
            return Views((self._utilities(trunk, modules, seen) + prior).reshape(windowed), slow, taken, allowed, 0.0)

        return views, (slow[0, -1], prior.reshape(windowed)[0, -1])

    def _of_wholes(
        self,
        state: State,
        shape: tuple[int, ...],
        seen: Observation,
        actions: Float[Array, "windows steps components"],
        allowed: Bool[Array, "windows steps components choices"],
        luck: Float[Array, "batch numbers"],
    ) -> Callable[[Any], Views]:
        """What heads think of whole actions at the time steps of some windows: of the one taken and of one that the
        actor draws. The target goes by the drawn one.

        Returns:
          a function of what learns.
        """
        signature, interface, c = self.spec.signature, state.interface, self.constants
        following = jnp.concatenate([actions[:, 1:], actions[:, -1:]], axis=1).reshape(len(luck), -1)
        taken = jax.vmap(lambda action: actor.coded(signature, action))(following)
        masks = allowed.reshape(len(luck), *signature.grid)

        def thought(trunk, modules, codes):
            encoder, heads, _ = modules
            features = jax.vmap(lambda o, some: jax.vmap(lambda code: encoder(o, code))(some))(seen, codes)
            flat = features.reshape(-1, features.shape[-1])
            return heads.read(jax.vmap(trunk)(flat)).reshape(*codes.shape[:2], -1)

        def believed(codes):
            bare = jax.vmap(self.perception.bare)(seen)
            of_one = jax.vmap(jax.vmap(interface.prior, (None, 0)))(bare, codes)
            return self.prior_scale * of_one.reshape(*codes.shape[:2], -1)

        def views(parts: Any) -> Views:
            trunk, modules = parts
            acting = modules[2]
            plans = jax.vmap(acting)(seen, masks)
            drawn = jax.vmap(lambda plan, some: actor.drawn(signature, plan, some))(plans, luck)
            offered = drawn.code[:, None]
            here = thought(*jax.lax.stop_gradient((trunk, modules)), offered) + believed(offered)
            value = jnp.mean(here[:, 0, : c.heads], axis=-1)
            nat = jax.lax.stop_gradient(jnp.exp(acting.temperature))
            open = jax.lax.stop_gradient(-jnp.mean(drawn.log_density)) - actor.aim(signature)
            loss = jnp.mean(nat * drawn.log_density - value) + acting.temperature * open
            done = thought(trunk, modules, taken[:, None]) + believed(taken[:, None])
            online = jnp.concatenate([done, jax.lax.stop_gradient(here)], axis=1)
            offered = jax.lax.stop_gradient(offered)
            slow = thought(state.brain.slow, interface.learned.slow, offered) + believed(offered)
            slow = jnp.repeat(slow, 2, axis=1)
            online, slow = (jnp.moveaxis(each, 1, -1).reshape(*shape, self.all_heads, 1, 2) for each in (online, slow))
            first = jnp.broadcast_to(jnp.array([[1.0, 0.0]]), (shape[0], shape[1] - 1, 1, 2))
            second = jnp.broadcast_to(jnp.array([[False, True]]), (*shape, 1, 2))
            return Views(online, slow, first, second, loss)

        return views

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

    def _utilities(self, trunk, interface, seen):
        encoder, heads, _ = interface
        return heads.read(jax.vmap(lambda o: trunk(encoder(o)))(seen))

    @property
    def _learn_draws(self) -> int:
        c = self.constants
        noise = c.windows * (c.window_steps + 1) * actor.numbers(self.spec.signature) if self.on_lines else 0
        return c.windows - 1 + noise
