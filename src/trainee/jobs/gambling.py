"""The Iowa Gambling Task: four decks, two of which pay more at once and cost more in the end.

The time course of a trial is that of the computerised task of Bechara et al. (1999): what a card brings is shown first,
and what it costs a few seconds later. A time step is a second.
"""

from __future__ import annotations

from typing import NamedTuple

import gymnasium
import jax
import jax.numpy as jnp
from gymnasium import spaces
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.errors import InvalidArgument

DECKS = ("A", "B", "C", "D")
GAINS = (100.0, 100.0, 50.0, 50.0)
TRIALS, PERIOD, BLOCK = 100, 40, 10
# A trial: a deck is chosen; the gain is shown; two seconds later what it costs; and the next choice.
CHOICE, GAIN, PAUSE, LOSS = range(4)
PHASES = (CHOICE, GAIN, PAUSE, LOSS)

FIXED = (
    "0 0 150 0 300 0 200 0 250 350 0 350 0 250 200 0 300 150 0 0 0 300 0 350 0 200 250 150 0 0 350 200 250 0 0 0 150 "
    "300 0 0",
    " ".join("1250" if draw in (9, 14, 21, 32) else "0" for draw in range(1, PERIOD + 1)),
    "0 0 50 0 50 0 50 0 50 50 0 25 75 0 0 0 25 75 0 50 0 0 0 50 25 50 0 0 75 50 0 0 0 25 25 0 75 0 50 75",
    " ".join("250" if draw in (10, 20, 29, 35) else "0" for draw in range(1, PERIOD + 1)),
)
IN_TEN = (
    (150, 200, 250, 300, 350, 0, 0, 0, 0, 0),
    (1250, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (50, 50, 50, 50, 50, 0, 0, 0, 0, 0),
    (250, 0, 0, 0, 0, 0, 0, 0, 0, 0),
)


class Table(NamedTuple):
    """A session: the losses of each deck in the order of its cards, how many were drawn of each, and what lies open.

    Attributes:
      losses: `[4, 40]`, those after the last being as from the first on.
      drawn: cards taken of each deck.
      phase: of the trial.
      deck: the one whose card lies open; means nothing while one is chosen.
      trial: from 0.
    """

    losses: Float[Array, "decks period"]
    drawn: Int[Array, " decks"]
    phase: Int[Array, ""]
    deck: Int[Array, ""]
    trial: Int[Array, ""]


class IowaGambling:
    """One session of a hundred trials an episode, as a pure JAX job.

    What is seen is the phase of the trial and the deck whose card lies open. An action counts where a deck is chosen.

    Args:
      scheme: 1, losses in a fixed order; 2, shuffled in every ten cards of a deck.
      trials: of a session.
    Raises:
      InvalidArgument: there is no such scheme.
    """

    TRIALS, PHASES = TRIALS, len(PHASES)

    def __init__(self, scheme: int, trials: int = TRIALS):
        if scheme not in (1, 2):
            raise InvalidArgument(f"scheme {scheme!r} of the gambling task: there are 1 and 2")
        self.scheme, self.trials = scheme, trials
        self.observation_space: gymnasium.Space = spaces.MultiDiscrete([len(PHASES), len(DECKS) + 1])
        self.action_space: gymnasium.Space = spaces.Discrete(len(DECKS))
        self.name = f"iowa:scheme-{scheme}"

    def reset(self, key: PRNGKeyArray) -> tuple[Table, Int[Array, "2"]]:
        """See `JaxJob.reset`."""
        losses = jnp.array([[float(loss) for loss in deck.split()] for deck in FIXED])
        if self.scheme == 2:
            tens = jnp.tile(jnp.array(IN_TEN, jnp.float32)[:, None], (1, PERIOD // BLOCK, 1)).reshape(-1, BLOCK)
            keys = jax.random.split(key, len(tens))
            losses = jax.vmap(jax.random.permutation)(keys, tens).reshape(len(DECKS), PERIOD)
        nothing = jnp.int32(0)
        table = Table(losses, jnp.zeros(len(DECKS), jnp.int32), nothing, nothing, nothing)
        return table, self._seen(table)

    def step(
        self, key: PRNGKeyArray, state: Table, action: Int[Array, ""]
    ) -> tuple[Table, Int[Array, "2"], Array, Array, Array]:
        """See `JaxJob.step`."""
        choosing = state.phase == CHOICE
        deck = jnp.where(choosing, action, state.deck).astype(jnp.int32)
        phase = (state.phase + 1) % len(PHASES)
        loss = state.losses[deck, state.drawn[deck] % PERIOD]
        reward = jnp.where(phase == GAIN, jnp.array(GAINS)[deck], jnp.where(phase == LOSS, -loss, 0.0))
        turned = (jnp.arange(len(DECKS)) == deck) & (phase == LOSS)
        trial = state.trial + (phase == CHOICE)
        table = Table(state.losses, state.drawn + turned, phase, deck, trial)
        return table, self._seen(table), reward, jnp.array(False), trial >= self.trials

    def _seen(self, table: Table) -> Int[Array, "2"]:
        card = jnp.where(table.phase == CHOICE, len(DECKS), table.deck)
        return jnp.stack([table.phase, card]).astype(jnp.int32)
