"""The nouns that every room shares: what a job says, what the agent answers. No logic.

Time steps and decisions are plain dataclasses registered with JAX, because one of each is made at every step on the
host and making one must cost a microsecond or two. The shapes below are those of one; batches have leading axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
from jaxtyping import Array, Bool, Float, Int, PyTree, UInt8

EMOTIONS = ("fear", "concern", "security", "mood", "satiety", "curiosity", "urgency")
"""In the order in which levels of them stand side by side."""


@dataclass(frozen=True)
class Signature:
    """The shape of a job: its observation and action spaces, flattened.

    Attributes:
      numeric: how many real numbers an observation holds.
      categories: size of each categorical part of an observation.
      images: height, width and channels of each image in an observation.
      choices: how many choices each component of an action has.
      continuous: for each component of an action, whether its choices lie on a line, with actions between them.
      id: hash of the two spaces; interfaces are keyed by it.
      image_bytes: for each image, whether it is made of bytes (uint8) and not of float32 numbers.
    """

    numeric: int
    categories: tuple[int, ...]
    images: tuple[tuple[int, int, int], ...]
    choices: tuple[int, ...]
    continuous: tuple[bool, ...]
    id: str
    image_bytes: tuple[bool, ...] = ()

    @property
    def grid(self) -> tuple[int, int]:
        """Components of an action, and the most choices that one of them has."""
        return len(self.choices), max(self.choices)

    @property
    def on_lines(self) -> bool:
        """Whether a part of an action lies on a line, so that whole actions are judged; see `learner.actor`."""
        return any(self.continuous)

    @property
    def pixels(self) -> int:
        """Numbers in all images together."""
        return sum(height * across * channels for height, across, channels in self.images)


@dataclass(frozen=True)
class JobSpec:
    """A signature, and what the job allows.

    Attributes:
      signature: the shape of observations and actions.
      masked: the job says at each time step which actions are allowed.
      restartable: the worker may give an episode up and begin another.
    """

    signature: Signature
    masked: bool = False
    restartable: bool = False


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Observation:
    """An observation of any space, flattened into the three kinds of things there are."""

    numeric: Float[Array, " numbers"]
    categories: Int[Array, " parts"]
    images: tuple[Float[Array, "height width channels"] | UInt8[Array, "height width channels"], ...]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class TimeStep:
    """What a job says.

    Attributes:
      observation: what is seen now; at a last time step, the final one of the episode.
      reward: for the action before; ignored at a first time step.
      discount: 0 at termination, otherwise 1, also at a time limit.
      first: the first of an episode.
      last: an episode boundary of either kind; the action that answers it means nothing.
      action_mask: which choices are allowed now, or None where everything always is.
    """

    observation: PyTree[Array]
    reward: Float[Array, ""]
    discount: Float[Array, ""]
    first: Bool[Array, ""]
    last: Bool[Array, ""]
    action_mask: Bool[Array, "components choices"] | None = None


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Decision:
    """What the agent answers.

    Attributes:
      action: one coordinate for each component of the action. A choice is its number; between two choices of a
        continuous component lies the fraction of the way.
      value: expected discounted return from here, in the job's own reward units.
      spread: epistemic standard deviation of that value, in the same units.
      interval: bounds in the same units; of the returns to come at work four fifths lie between them.
      propensity: probability of this action over the random draws behind it, given whether it was decided at work or
        out of curiosity, and who was heard; a density where actions are continuous.
      discount: of that value, a time step; the agent looks ahead as far as its lines of work are long.
      feelings: what was felt as it was decided, in the order of `EMOTIONS`.
      heard: how many members of the ensemble were heard before it was decided; where curiosity decided, it was not by
        them.
      abandon: going on is worth less than starting afresh; only at jobs that allow it.
    """

    action: Float[Array, " components"]
    value: Float[Array, ""]
    spread: Float[Array, ""]
    interval: Float[Array, "2"]
    propensity: Float[Array, ""]
    discount: Float[Array, ""]
    feelings: Float[Array, " emotions"]
    heard: Float[Array, ""]
    abandon: Bool[Array, ""]
