"""Reading back what a worker remembers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from trainee.learner import Learner, Stream, replay


def example(learner: Learner) -> replay.Experience:
    """An experience of a learner's shapes and types."""
    return replay.Experience(learner.example(), jnp.zeros(len(learner.spec.signature.choices)))


def remembered(learner: Learner, stream: Stream) -> replay.Experience:
    """Every experience that a stream's replay holds, the oldest first."""
    written, capacity = int(stream.replay.written), len(stream.replay.rows)
    slots = jnp.arange(max(0, written - capacity), written) % capacity
    return jax.tree.map(np.asarray, replay.read(stream.replay, slots, example(learner)))
