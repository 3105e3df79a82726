"""Judging: what there is to decide between at a time step, and what each head thinks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from trainee.learner import actor, columns, lines
from trainee.learner.blank import Blank
from trainee.learner.chance import drawn
from trainee.learner.curiosity import Curiosity
from trainee.learner.state import State, Stream
from trainee.learner.value import greedy
from trainee.types import Observation, TimeStep

# Actions that are offered as a whole: the middle of an actor's plan and some drawn from it; for curiosity some of which
# as much is new as can be; and for chance one that is anything.
PLANNED, NEW, ANY = 4, 4, 1
# For so many steps, on the mean, curiosity does the same along lines.
HELD_STEPS = 10.0
# What chance has to say where as much is new.
TIES = 1e-3


class Offered(NamedTuple):
    """What there is to decide between at a time step, and what is thought of it.

    Attributes:
      heads: the utility of each choice of each component to each head, in units of the interface's peak.
      priors: the part of it that they believed before they knew anything.
      allowed: the choices to decide between at work.
      fresh: those that curiosity decides between.
      free: those that chance may take.
      actions: where actions are judged as a whole, which the table's single component has for its choices.
    """

    heads: Float[Array, "all_heads components choices"]
    priors: Float[Array, "all_heads components choices"]
    allowed: Bool[Array, "components choices"]
    fresh: Bool[Array, "components choices"]
    free: Bool[Array, "components choices"]
    actions: Float[Array, "choices coordinates"] | None = None

    def chosen(self, choice: Float[Array, " components"]) -> Float[Array, " coordinates"]:
        """The action that a choice of each component is."""
        return choice if self.actions is None else self.actions[choice[0].astype(jnp.int32)]


@dataclass(frozen=True)
class Judge(Blank):
    """What a learner knows of a time step before it decides or learns."""

    def discount(self, stream: Stream) -> Float[Array, ""]:
        """Of values in a stream, a time step."""
        c = self.constants
        dense = c.whole_horizon if self.on_lines else c.dense_horizon
        return lines.discount(stream.lines, c.shortest_horizon, dense, c.longest_horizon, self.reach)

    def perceive(self, state: State, time_step: TimeStep) -> tuple[State, TimeStep]:
        """The state with the time step in its memory, and the time step with what is recalled behind its numbers."""
        stream, writer = state.stream, state.interface.writer
        after, perceived = self.perception.perceived(time_step, stream.memory, writer, stream.normaliser)
        return eqx.tree_at(lambda s: s.stream.memory, state, after), perceived

    def opinions(
        self, state: State, observation: Observation, codes: Float[Array, "choices numbers"] | None = None
    ) -> tuple[Float[Array, "all_heads components choices"], Float[Array, "all_heads components choices"]]:
        """What each head thinks of each choice, in units of the interface's peak: those of the ensemble, those that
        feelings ask, and last the one that does not look far; and the part of it that they believed before they knew
        anything.

        Decisions are read from the slow parameters: a single gradient step changes the best action in too many states.

        Args:
          state: of the learner.
          observation: one that was perceived, with what is recalled behind its numbers.
          codes: of the actions that are the choices, where actions are judged as a whole.
        """
        interface = state.interface
        seen = self.perception.normalised(observation, state.stream.normaliser, interface.usual)
        encoder, heads, _ = interface.learned.slow
        bare = self.perception.bare(seen)
        if codes is None:
            prior = self.prior_scale * interface.prior(bare)
            return heads(state.brain.slow(encoder(seen))) + prior, prior
        features = jax.vmap(lambda code: state.brain.slow(encoder(seen, code)))(codes)
        prior = self.prior_scale * jax.vmap(lambda code: interface.prior(bare, code))(codes)
        return jnp.moveaxis((heads.read(features) + prior)[..., 0], 0, -1), jnp.moveaxis(prior[..., 0], 0, -1)

    def plan(
        self, state: State, observation: Observation, allowed: Bool[Array, "components choices"]
    ) -> Float[Array, " plan"]:
        """What the actor would do where something was perceived; see `actor`."""
        seen = self.perception.normalised(observation, state.stream.normaliser, state.interface.usual)
        return state.interface.learned.slow[2](seen, allowed)

    def _offered(
        self,
        state: State,
        perceived: TimeStep,
        chance: Float[Array, " draws"] | None = None,
        taken: Float[Array, " coordinates"] | None = None,
    ) -> Offered:
        """What there is to decide between, as it is thought of by what was learned up to now.

        Args:
          state: of the learner.
          perceived: the time step.
          chance: uniform in [0, 1); without it an actor offers the middle of its plan alone.
          taken: an action that is to be judged too, the last of those that are offered.
        """
        allowed = self._allowed(perceived)
        if not self.on_lines:
            return Offered(*self.opinions(state, perceived.observation), allowed, allowed, allowed)
        signature = self.spec.signature
        plan = self.plan(state, perceived.observation, allowed)
        codes = [actor.middle(signature, plan)[None]]
        if chance is not None:
            numbers, grid = actor.numbers(signature), signature.grid
            lucky = numbers * (PLANNED - 1 + ANY)
            luck, ties = chance[:lucky].reshape(-1, numbers), chance[lucky:-1].reshape(NEW, *grid)
            anything = actor.anything(signature, allowed)
            codes.append(jax.vmap(lambda some: actor.drawn(signature, plan, some).code)(luck[ANY:]))
            promise = self._promise(state, perceived)[columns.of_choices(signature)]
            newest = promise[None] + TIES * ties
            choices = jax.vmap(lambda new: greedy(new, allowed))(newest).astype(jnp.float32)
            new = jax.vmap(lambda choice: actor.coded(signature, choice))(choices)
            codes.append(self._held(state, new, chance[-1]))
            codes.append(jax.vmap(lambda some: actor.spread(signature, anything, some))(luck[:ANY]))
        if taken is not None:
            codes.append(actor.coded(signature, taken)[None])
        each = jnp.concatenate(codes)
        heads, priors = self.opinions(state, perceived.observation, each)
        place = jnp.arange(len(each))[None]
        planned = (place < PLANNED) | (chance is None)
        kinds = planned, ~planned & (place < PLANNED + NEW), place >= PLANNED + NEW
        return Offered(heads, priors, *kinds, jax.vmap(lambda code: actor.decoded(signature, code))(each))

    def _held(
        self, state: State, new: Float[Array, "offers numbers"], chance: Float[Array, ""]
    ) -> Float[Array, "offers numbers"]:
        """What is offered to curiosity while it decides: along lines, as a rule, what was done last. What one action
        does is soon undone by others; a few that last get far (Dabney et al. 2021, arXiv 2006.01782).
        """
        if state.stream.novelty is None:
            return new
        held = (state.stream.novelty.spell > 0) & (chance < 1 - 1 / HELD_STEPS)
        along = jnp.arange(new.shape[1]) < sum(self.spec.signature.continuous)
        return jnp.where(held & along, actor.coded(self.spec.signature, state.stream.memory.action), new)

    def _promise(self, state: State, perceived: TimeStep) -> Float[Array, " columns"]:
        """What is new about each column of the table of what was tried; nothing where that is not known."""
        if state.stream.novelty is None:
            parts = columns.grid(self.spec.signature)
            return jnp.zeros(parts[0] * parts[1])
        return self._curiosity.promised(state.interface, state.stream, perceived)

    @property
    def _offer_draws(self) -> int:
        """For each action that is drawn one a number of its code, for each that is to be new one a choice; and one
        whether what was done lasts.
        """
        if not self.on_lines:
            return 0
        components, choices = self.spec.signature.grid
        return (PLANNED - 1 + ANY) * actor.numbers(self.spec.signature) + NEW * components * choices + 1

    def _columns(self, offered: Offered) -> Int[Array, "components choices parts"]:
        """For each choice the columns in which novelty counts it."""
        found = jnp.array(columns.of_choices(self.spec.signature))
        if offered.actions is None:
            return found[..., None]
        nearest = jnp.round(offered.actions).astype(jnp.int32)
        return found[jnp.arange(nearest.shape[1]), nearest][None]

    def _allowed(self, steps: TimeStep) -> Bool[Array, "*batch components choices"]:
        """Choices that exist, less those that a mask forbids."""
        sizes = jnp.array(self.spec.signature.choices)
        exists = jnp.arange(self.spec.signature.grid[1])[None, :] < sizes[:, None]
        allowed = jnp.broadcast_to(exists, (*jnp.shape(steps.reward), *exists.shape))
        return allowed if steps.action_mask is None else allowed & steps.action_mask

    def _drawn(self, state: State, draws: int) -> tuple[State, Float[Array, " draws"]]:
        """The state with a new key, and numbers uniform in [0, 1)."""
        key, numbers = drawn(state.stream.key, draws)
        return eqx.tree_at(lambda s: s.stream.key, state, key), numbers

    @property
    def _curiosity(self) -> Curiosity:
        return Curiosity(self.spec.signature, self.constants)
