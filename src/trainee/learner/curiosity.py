"""Curiosity: when to follow what is new instead of what is valuable, and where it leads."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from trainee.learner import columns, exploration, novelty, places, running
from trainee.learner.constants import Constants
from trainee.learner.perception import Perception
from trainee.learner.state import Interface, Stream
from trainee.types import Observation, Signature, TimeStep

# Curiosity that comes to prizes takes over in the middle of an episode, within so many steps at the soonest.
TAKEOVER_STEPS = 20
# Of the largest return there was: where lines on the mean cost less there is nothing to lose.
WORTH_LOSING = 0.03


@dataclass(frozen=True)
class Curiosity:
    """What is done about novelty in a stream.

    Attributes:
      signature: of the job.
      constants: the table of numbers.
    """

    signature: Signature
    constants: Constants

    def noted(
        self,
        interface: Interface,
        stream: Stream,
        perceived: TimeStep,
        allowed: Bool[Array, "components choices"],
        unit: Float[Array, ""],
    ) -> novelty.Novelty:
        """What the stream knows of what was tried, with a time step, as perceived, in it; `unit` is the largest return
        there was.
        """
        tried = self._columns(stream.memory.action)
        open_there = columns.opened(self.signature, allowed)
        names, place = places.named(stream.novelty.names, self._name(interface, stream, perceived.observation))
        known, rule = dataclasses.replace(stream.novelty, names=names), self._rule
        reward, exact = running.measurable(perceived.reward), self._exact(stream)
        told = place, tried, open_there, perceived.first, perceived.discount, rule
        # Where lines are long, or never end, the one under way tells.
        usual = jnp.maximum(stream.lines.brought * unit, stream.returned - reward)
        return novelty.noted(known, *told, reward, exact, usual, unit)

    def met(self, interface: Interface, stream: Stream, perceived: TimeStep) -> novelty.Novelty:
        """As `noted`, for a time step that is decided at before it is learned from: where it is and for how long
        curiosity still decides, and nothing else. `stream.novelty` has the place and the spell of the one before.
        """
        known, reward = stream.novelty, running.measurable(perceived.reward)
        told = self._columns(stream.memory.action), perceived.first, reward, self._exact(stream), self._rule
        spell = novelty.spell_after(known, *told)
        place = places.row(known.names, self._name(interface, stream, perceived.observation))
        return dataclasses.replace(known, place=place, spell=spell)

    def share(
        self,
        interface: Interface,
        stream: Stream,
        utilities: Float[Array, "heads components choices"],
        allowed: Bool[Array, "components choices"],
    ) -> Float[Array, ""]:
        """The share of the time that curiosity may have, from 0 to 1: none once the best there ever was is usual."""
        hope = self._hope(stream, _expected(utilities, allowed))
        # Until there ever was a reward there is no work to be done.
        most = jnp.where(interface.peak == 0, self.constants.curiosity, 1.0)
        return hope * novelty.share(stream.novelty, self._rule) / jnp.where(most > 0, most, 1.0)

    def followed(
        self,
        interface: Interface,
        stream: Stream,
        perceived: TimeStep,
        utilities: Float[Array, "heads components choices"],
        allowed: Bool[Array, "components choices"],
        counted: Int[Array, "components choices parts"],
        chance: Float[Array, " 2"],
        curious: Float[Array, ""],
    ) -> tuple[Int[Array, ""], Float[Array, "heads components"]]:
        """For how many steps curiosity decides from here on, 0 at work, and what each head would do out of it.

        Args:
          interface: whose places they are.
          stream: that decides.
          perceived: the newest time step.
          utilities: what each head thinks of each choice.
          allowed: the choices that there are.
          counted: for each choice the columns in which it is counted.
          chance: uniform in [0, 1): whether for curiosity, and whether to draw where no episode begins.
          curious: the share of the time that curiosity may have, as it is felt; see `share`.
        """
        c, known = self.constants, stream.novelty
        hope = self._hope(stream, _expected(utilities, allowed))
        idle = interface.peak == 0
        anew = perceived.first | (chance[1] < 1 / c.head_steps) | idle
        begins = anew & (chance[0] < curious)
        begins |= (chance[1] < hope * novelty.lead(known, self._rule) / TAKEOVER_STEPS) & (curious > 0)
        promise = self.promised(interface, stream, perceived)
        wanted = utilities + c.novelty_scale * jnp.mean(promise[counted], axis=-1)[None]
        choices = jax.vmap(lambda u: exploration.greedy(u, allowed))(wanted).astype(utilities.dtype)
        return jnp.where(begins, self._rule.spell_steps, known.spell), choices

    def promised(self, interface: Interface, stream: Stream, perceived: TimeStep) -> Float[Array, " columns"]:
        """What is new about each column of the table of what was tried, where something was perceived."""
        place = places.row(stream.novelty.names, self._name(interface, stream, perceived.observation))
        return novelty.promise(stream.novelty, place)

    def foreseen(
        self,
        stream: Stream,
        allowed: Bool[Array, "components choices"],
        value: Float[Array, ""],
        curious: Float[Array, ""],
    ) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]]:
        """At the newest time step, once it is noted: what the best known way brings, in reward units, or `value` where
        places are only known in the rough, and at least that where something near by was never tried; how near the next
        such thing is; and what that counts now, where curiosity may have such a share of the time.
        """
        known, open_here = stream.novelty, columns.opened(self.signature, allowed)
        assert known.worth is not None
        promise = novelty.best(novelty.promise(known, known.place), open_here, 0.0)
        ways = novelty.best(known.worth[known.place], open_here, -jnp.inf)
        # What ways are known to bring tells the worst while something within reach was never tried.
        ways = jnp.where(promise > novelty.bonus(jnp.ones(())), jnp.maximum(ways, value), ways)
        counts = jnp.where(known.spell > 0, 1.0, curious)
        return jnp.where(self._exact(stream), ways, value), promise, counts

    def _hope(self, stream: Stream, expected: Float[Array, ""]) -> Float[Array, ""]:
        """None where the best there ever was is what lines bring, or what is expected of them before one is over; and
        the less, the more curiosity has cost of late.
        """
        brought = jnp.where(stream.lines.ended > 0, stream.lines.brought, expected)
        spent = stream.lines.spent
        if self.signature.on_lines:
            # Of what lines cost at work some can be lost, but where it is next to nothing.
            spent = spent * jnp.where(brought < 0, jnp.maximum(-brought - WORTH_LOSING, 0.0), 1.0)
        return jnp.clip(1 - brought, 0.0, 1.0) / (1 + self.constants.curiosity_thrift * spent)

    def _columns(self, action: Float[Array, " components"]) -> Int[Array, " components"]:
        """The columns of the table that an action falls into."""
        nearest = jnp.round(action).astype(jnp.int32)
        return jnp.array(columns.of_choices(self.signature))[jnp.arange(nearest.size), nearest]

    def _exact(self, stream: Stream) -> Bool[Array, ""]:
        """Whether places are known for sure: nothing is seen that is told apart only in the rough."""
        return jnp.all(self._perception.binary(stream.normaliser)) & (not self.signature.images)

    def _name(self, interface: Interface, stream: Stream, perceived: Observation) -> UInt32[Array, ""]:
        perception = self._perception
        own = perception.own(perceived, stream.normaliser)
        return interface.places(own, perception.binary(stream.normaliser))

    @property
    def _perception(self) -> Perception:
        return Perception(self.signature, self.constants.memory_gain, self.constants.effects_gain)

    @property
    def _rule(self) -> novelty.Rule:
        c = self.constants
        spell = c.whole_spell_steps if self.signature.on_lines else c.patience_steps
        of_finds = c.finds_memory_steps, c.patience_steps, spell
        return novelty.Rule(c.novelty_discount, c.novelty_rate, *of_finds, c.curiosity)


def _expected(
    utilities: Float[Array, "heads components choices"], allowed: Bool[Array, "components choices"]
) -> Float[Array, ""]:
    """What the best there is to do brings, on the mean of the ensemble."""
    return jnp.mean(jnp.max(jnp.where(allowed, jnp.mean(utilities, axis=0), -jnp.inf), axis=-1))
