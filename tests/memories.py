"""Reading back what a worker remembers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from trainee.learner import Learner, Stream, replay


def remembered(learner: Learner, stream: Stream) -> replay.Experience:
    """Every experience that a stream's replay holds, the oldest first; its time steps are as they were perceived."""
    written, capacity = int(stream.replay.written), len(stream.replay.rows)
    slots = jnp.arange(max(0, written - capacity), written) % capacity
    return jax.tree.map(np.asarray, replay.read(stream.replay, slots, learner.experience()))
