"""Reading back what a worker remembers."""

from __future__ import annotations

from trainee.learner import Learner, Stream, replay


def remembered(learner: Learner, stream: Stream) -> replay.Experience:
    """Every experience that a stream's replay holds, the oldest first; its time steps are as they were perceived."""
    return replay.everything(stream.replay, learner.experience())
