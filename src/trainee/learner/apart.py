"""Deciding apart from learning: several episodes at once, rewards that come late, actions that others chose.

`Learner.step` learns and decides in one breath, which is right where a job is one sequence and each reward is there
with the next observation. A running system is not like that. There an episode is acted in by what was learned up to
now, and learned from once it is known what came of it, in the order in which a feed has put it. Both halves are parts
of `step`; what an episode under way knows of itself is all that stands between them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from trainee.learner import quitting
from trainee.learner.agent import Learner
from trainee.learner.judging import Offered
from trainee.learner.memory import Memory, init_memory
from trainee.learner.state import State
from trainee.learner.value import greedy
from trainee.types import Decision, TimeStep


class Underway(eqx.Module):
    """What an episode under way knows of itself.

    Attributes:
      memory: of what was seen and done in it.
      place: where it was at the newest time step.
      head: the one in charge.
      spell: for how many steps curiosity still decides.
      played: whether it is a line to give up that is played out; what it owes, has earned since, and what a reward that
        comes next counts. None at jobs that do not allow to give up.
    """

    memory: Memory
    place: Int[Array, ""]
    head: Int[Array, ""]
    spell: Int[Array, ""]
    played: tuple[Bool[Array, ""], Float[Array, ""], Float[Array, ""], Float[Array, ""]] | None


class Conduct(eqx.Module):
    """What learning has to be told of how it was decided at a time step.

    Attributes:
      value, spread, discount: as in `Decision`; a discount of 0 where somebody decided who did not say what to expect.
      spell: for how many steps curiosity decides from there; 0 at work.
      abandon: the line was given up.
      plays: it was one to give up, and is played out.
    """

    value: Float[Array, ""]
    spread: Float[Array, ""]
    discount: Float[Array, ""]
    spell: Int[Array, ""]
    abandon: Bool[Array, ""]
    plays: Bool[Array, ""]


@dataclass(frozen=True)
class Apart(Learner):
    """A learner whose episodes are acted in and learned from at different times."""

    def underway(self) -> Underway:
        """Of an episode in which nothing has happened."""
        none, zero = jnp.zeros((), jnp.int32), jnp.zeros(())
        played = (jnp.zeros((), bool), zero, zero, zero) if self.spec.restartable else None
        return Underway(init_memory(self.spec.signature), none, none, none, played)

    def act(
        self,
        state: State,
        action_before: Float[Array, " components"],
        underway: Underway,
        time_step: TimeStep,
        key: PRNGKeyArray,
    ) -> tuple[Underway, Decision, Conduct]:
        """Decide in an episode by what was learned up to now, which stays as it is.

        Args:
          state: of the learner.
          action_before: what was done at the time step before, whoever chose it; means nothing at a first one.
          underway: the episode before this time step.
          time_step: its newest; the reward as far as it is known by now.
          key: used once.
        """
        underway = _told(underway, state.stream.memory, time_step.first)
        state = self.overrule(self._entered(state, underway, key), action_before)
        state, perceived = self.perceive(state, time_step)
        known = self._curiosity.met(state.interface, state.stream, perceived)
        heard = self._heard(state.stream, perceived)
        state = eqx.tree_at(
            lambda s: (s.stream.novelty, s.stream.quitting), state, (known, heard), is_leaf=lambda leaf: leaf is None
        )
        offer, draws = self._offer_draws, self._offer_draws + self._decide_draws
        state, chance = self._drawn(state, draws + self.spec.restartable)
        offered = self._offered(state, perceived, chance[:offer])
        state, decision = self._decided(state, perceived, offered, chance[offer:draws])
        plays = jnp.zeros((), bool)
        if self.spec.restartable:
            assert state.stream.quitting is not None
            weighed, _ = self._weighed(state, perceived, offered)
            after, abandon = quitting.judged(state.stream.quitting, weighed, perceived.first, chance[-1])
            plays = weighed.hopeless & ~abandon
            state = eqx.tree_at(lambda s: s.stream.quitting, state, after)
            decision = dataclasses.replace(decision, abandon=abandon)
        spell = state.stream.novelty.spell
        conduct = Conduct(decision.value, decision.spread, decision.discount, spell, decision.abandon, plays)
        return self._left_at(state), decision, conduct

    def taught(
        self, state: State, action_before: Float[Array, " components"], time_step: TimeStep, conduct: Conduct
    ) -> State:
        """Learn from a time step at which it was decided already.

        Args:
          state: after the time step before.
          action_before: what was done there in the end, whoever chose it.
          time_step: the next one, its reward settled.
          conduct: of the decision at it; of its action the next call tells.
        """
        state, perceived = self.perceive(self.overrule(state, action_before), time_step)
        state, chance = self._drawn(self.remember(state, perceived), self._learn_draws)
        state, offered = self._learned_and_offered(state, perceived, chance)
        if self.spec.restartable:
            weighed, left = self._weighed(state, perceived, offered)
            assert state.stream.quitting is not None
            quits = conduct.abandon | conduct.plays
            after = quitting.concluded(state.stream.quitting, weighed, perceived.first, quits, conduct.plays)
            state = self._left(state, perceived, action_before, left, conduct.abandon)
            state = eqx.tree_at(lambda s: s.stream.quitting, state, after)
        state = eqx.tree_at(lambda s: s.stream.novelty.spell, state, conduct.spell)
        state = self._appraised(state, perceived, offered)
        own = self._thought(state, offered)
        said = conduct.value, conduct.spread, conduct.discount
        value, spread, ahead = [
            jnp.where(conduct.discount > 0, theirs, ours) for theirs, ours in zip(said, own, strict=True)
        ]
        utilities, allowed = offered.heads[: self.constants.heads], offered.allowed
        levels = self._felt(state, utilities, allowed, self._curious(state, utilities, allowed))
        state = eqx.tree_at(lambda s: s.stream.feelings, state, self._settled(state, levels, value, ahead))
        return self._followed(state, perceived, value, spread, ahead)

    def _thought(self, state: State, offered: Offered) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]]:
        """What the ensemble expects of its best action: value, spread and discount, as in `Decision`."""
        mean = jnp.mean(offered.heads[: self.constants.heads], axis=0)
        best = greedy(mean, offered.allowed).astype(jnp.float32)
        none = state.stream.feelings.levels, jnp.zeros(())
        decision = self._decision(state, offered, best, offered.chosen(best), jnp.ones(()), *none)
        return decision.value, decision.spread, decision.discount

    def _entered(self, state: State, underway: Underway, key: PRNGKeyArray) -> State:
        """The learner as an episode under way finds it."""
        stream = eqx.tree_at(
            lambda s: (s.memory, s.head, s.novelty.place, s.novelty.spell, s.key),
            state.stream,
            (underway.memory, underway.head, underway.place, underway.spell, key),
        )
        if underway.played is not None:
            stream = eqx.tree_at(
                lambda s: (s.quitting.playing, s.quitting.owed, s.quitting.earned, s.quitting.weight),
                stream,
                underway.played,
            )
        return State(state.brain, state.interface, stream)

    def _left_at(self, state: State) -> Underway:
        """What the episode takes along."""
        stream, line = state.stream, state.stream.quitting
        played = None if line is None else (line.playing, line.owed, line.earned, line.weight)
        return Underway(stream.memory, stream.novelty.place, stream.head, stream.novelty.spell, played)


def _told(underway: Underway, memory: Memory, first: Bool[Array, ""]) -> Underway:
    """An episode under way, which knows what the stream knows of actions if it is about to begin."""
    own = underway.memory.effects
    known = jax.tree.map(lambda theirs, of_stream: jnp.where(first, of_stream, theirs), own, memory.effects)
    return eqx.tree_at(lambda u: u.memory.effects, underway, known)
