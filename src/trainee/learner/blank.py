"""A blank learner: what a state is made of before anything has happened."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from trainee.emotions import init_feelings
from trainee.learner import actor, calibration, effects, lines, memory, novelty, quitting, replay, running
from trainee.learner.constants import DEFAULTS, Constants
from trainee.learner.encoders import Encoder, Trunk
from trainee.learner.perception import Perception
from trainee.learner.places import Places
from trainee.learner.state import Interface, State, Stream
from trainee.learner.update import Learned, learned
from trainee.learner.value import FEELING, Heads, Prior
from trainee.types import JobSpec, Observation, TimeStep


@dataclass(frozen=True)
class Blank:
    """What a learner of one kind of job begins with; see `Learner`.

    Attributes:
      spec: the job's signature and what the job allows.
      width: units in each layer.
      depth: residual blocks in the trunk.
      constants: the table of numbers.
    """

    spec: JobSpec
    width: int = 64
    depth: int = 1
    constants: Constants = DEFAULTS

    def init(self, key: PRNGKeyArray) -> State:
        """All three parts."""
        brain, interface, stream = jax.random.split(key, 3)
        return State(self.init_brain(brain), self.init_interface(interface), self.init_stream(stream))

    def init_brain(self, key: PRNGKeyArray) -> Learned:
        return learned(Trunk(self.width, self.depth, key), self.optimiser)

    def init_interface(self, key: PRNGKeyArray) -> Interface:
        encoder, heads, prior, writer, places = jax.random.split(key, 5)
        signature, c, recalled = self.spec.signature, self.constants, self.perception.recalled
        # One number for a whole action, where it is judged as one.
        grid, code = ((1, 1), actor.numbers(signature)) if self.on_lines else (signature.grid, 0)
        acting = actor.Actor(signature, self.width, recalled, jax.random.fold_in(key, 1)) if self.on_lines else None
        modules = (
            Encoder(signature, self.width, encoder, recalled, code),
            Heads(grid, self.width, self.all_heads, heads, (c.head_unit, c.feeling_unit)),
            acting,
        )
        return Interface(
            learned(modules, self.optimiser),
            Prior(signature, grid, code, c.prior_width, self.all_heads, prior),
            memory.Writer(signature, writer),
            Places(signature, places),
            jnp.zeros(()),
            effects.init_usual(memory.effect_numbers(signature)),
        )

    def init_stream(self, key: PRNGKeyArray) -> Stream:
        c, signature, example = self.constants, self.spec.signature, self.experience()
        return Stream(
            replay.init_replay(example, min(c.replay_steps, c.replay_bytes // replay.slot_bytes(example))),
            running.init_normaliser(self.perception.measured),
            jnp.zeros(()),
            lines.init_lines(),
            calibration.init_calibration(),
            memory.init_memory(signature),
            novelty.init_novelty(signature, c.patience_steps, self.spec.restartable),
            quitting.init_quitting() if self.spec.restartable else None,
            init_feelings(),
            jnp.zeros((), jnp.int32),
            key,
        )

    def example(self) -> TimeStep:
        """A time step of this job's shapes and types, all zeros."""
        signature = self.spec.signature
        observation = Observation(
            jnp.zeros(signature.numeric),
            jnp.zeros(len(signature.categories), jnp.int32),
            tuple(
                jnp.zeros(shape, jnp.uint8 if is_bytes else jnp.float32)
                for shape, is_bytes in zip(signature.images, signature.image_bytes, strict=True)
            ),
        )
        mask = jnp.ones(signature.grid, bool) if self.spec.masked else None
        return TimeStep(observation, jnp.zeros(()), jnp.zeros(()), jnp.zeros((), bool), jnp.zeros((), bool), mask)

    def experience(self) -> replay.Experience:
        """An example of what replay holds."""
        numbers = self.perception.numbers()
        perceived = eqx.tree_at(lambda step: step.observation.numeric, self.example(), numbers)
        return replay.Experience(perceived, jnp.zeros(len(self.spec.signature.choices)))

    @property
    def all_heads(self) -> int:
        """Of the ensemble, two that feelings ask (see `Heads`), and last one that does not look far ahead: what leads
        nowhere it finds out first.
        """
        return self.constants.heads + FEELING + 1

    @property
    def on_lines(self) -> bool:
        """Whether actions are offered and judged as a whole; see `Signature`."""
        return self.spec.signature.on_lines

    @property
    def reach(self) -> float:
        """How many times as long as lines, and as rewards are apart, the horizon is where lines end for good. Where
        actions lie on lines and are judged as a whole one of them is lost in a longer one.
        """
        return 1.0 if self.on_lines else self.constants.reach

    @property
    def prior_scale(self) -> float | Float[Array, ""]:
        """Of priors, in units of value. A random function of an image changes with each cell of it that does, and heads
        that cannot unlearn it drown in it.
        """
        return self.constants.prior_scale * (self.constants.image_prior if self.spec.signature.images else 1.0)

    @property
    def perception(self) -> Perception:
        """What the networks get to see."""
        c = self.constants
        return Perception(self.spec.signature, c.memory_gain, c.effects_gain)

    @property
    def optimiser(self) -> optax.GradientTransformation:
        """What takes the gradient steps."""
        c = self.constants
        return optax.adam(c.whole_learning_rate if self.on_lines else c.learning_rate, b2=c.square_decay)
