"""Perception: what the networks get to see of a time step, its observation and what is recalled of those before it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from trainee.learner import effects, memory, running
from trainee.types import Observation, Signature, TimeStep


@dataclass(frozen=True)
class Perception:
    """A perceived observation has its own numbers first, then what is recalled of what was seen, then of what was done,
    then what actions have been doing of late.

    Attributes:
      signature: of the job.
      gain: of what is recalled, against 1 for what is seen.
      effects_gain: of what actions have been doing.
    """

    signature: Signature
    gain: float | Float[Array, ""]
    effects_gain: float | Float[Array, ""]

    @property
    def measured(self) -> int:
        """How many numbers are normalised: the observation's own, and what is recalled of what was seen."""
        return self.signature.numeric + memory.bands(memory.seen_channels(self.signature))

    @property
    def recalled(self) -> int:
        """How many numbers stand behind the observation's own."""
        done = memory.bands(memory.done_channels(self.signature))
        return self.measured - self.signature.numeric + done + memory.effect_numbers(self.signature)

    def perceived(
        self, step: TimeStep, before: memory.Memory, writer: memory.Writer, normaliser: running.Normaliser
    ) -> tuple[memory.Memory, TimeStep]:
        """The memory with a time step in it, and the time step with what is recalled behind its numbers.

        What came of the last action counts from the next time step on: an answer need not wait for it.
        """
        raw = step.observation
        standard = running.normalised(running.part(normaliser, raw.numeric.size), raw.numeric)
        seen = writer.seen(Observation(standard, raw.categories, raw.images))
        after, of_seen, of_done = memory.recalled(before, seen, writer.done(before.action), step.first)
        numeric = jnp.concatenate([raw.numeric, of_seen, of_done, before.effects.known])
        # Not before the rest: of more than eight operations that can begin at once XLA hands half to another thread.
        late = 0.0 * after.averages[0, 0]
        mixed = writer.mixing.of_seen is not None
        numbers = jnp.clip(standard, -running.CLIP, running.CLIP) if mixed else running.measurable(raw.numeric)
        changing = writer.changing(Observation(numbers + late, raw.categories, raw.images), before.action + late)
        noticed = effects.noticed(before.effects, *changing, step.reward, step.first, before.first)
        after = dataclasses.replace(after, effects=noticed)
        return after, dataclasses.replace(step, observation=Observation(numeric, raw.categories, raw.images))

    def normalised(self, perceived: Observation, normaliser: running.Normaliser, usual: effects.Usual) -> Observation:
        """As the networks see it. What was done is recalled in numbers of a known size, and stays as it is: by running
        statistics it would mean another thing whenever the agent does other things.
        """
        standard = running.normalised(normaliser, perceived.numeric[: self.measured])
        other = effects.departed(usual, self.effects(perceived))
        done = perceived.numeric[self.measured : -other.size]
        numeric = jnp.concatenate([standard, done, other])
        place = jnp.arange(numeric.size)
        gain = jnp.where(place < numeric.size - other.size, self.gain, self.effects_gain)
        gain = jnp.where(place < self.signature.numeric, 1.0, gain)
        return Observation(gain * numeric, perceived.categories, perceived.images)

    def own(self, perceived: Observation, normaliser: running.Normaliser) -> Observation:
        """Of what the networks see, the observation's own part."""
        numbers = self.signature.numeric
        numeric = running.normalised(running.part(normaliser, numbers), perceived.numeric[:numbers])
        return Observation(numeric, perceived.categories, perceived.images)

    def effects(self, perceived: Observation) -> Float[Array, " effects"]:
        """What actions have been doing, as it was perceived."""
        return perceived.numeric[-memory.effect_numbers(self.signature) :]

    def bare(self, seen: Observation) -> Observation:
        """Without what is recalled."""
        return Observation(seen.numeric[: self.signature.numeric], seen.categories, seen.images)

    def binary(self, normaliser: running.Normaliser) -> Bool[Array, " numbers"]:
        """Which of the observation's own numbers were only ever 0 or 1."""
        return normaliser.binary[: self.signature.numeric]

    def numbers(self) -> Float[Array, " numbers"]:
        """Zeros, as many as a perceived observation has numbers."""
        return jnp.zeros(self.signature.numeric + self.recalled)
