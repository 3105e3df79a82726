"""State: all that a worker is, in three parts that are kept, moved and merged apart."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.emotions import Feelings
from trainee.learner.calibration import Calibration
from trainee.learner.effects import Usual
from trainee.learner.lines import Lines
from trainee.learner.memory import Memory, Writer
from trainee.learner.novelty import Novelty
from trainee.learner.places import Places
from trainee.learner.quitting import Quitting
from trainee.learner.replay import Replay
from trainee.learner.running import Normaliser
from trainee.learner.update import Learned
from trainee.learner.value import Prior


class Interface(eqx.Module):
    """What belongs to one signature: the encoder, the heads, the fixed priors behind them, what is written to memory,
    how places are told apart, the peak of the returns, which the heads have for their unit, and what actions usually
    do.
    """

    learned: Learned
    prior: Prior
    writer: Writer
    places: Places
    peak: Float[Array, ""]
    usual: Usual


class Stream(eqx.Module):
    """What belongs to one worker at one job: `returned` is the discounted sum of the rewards of the episode under way,
    `head` chose the newest action, `feelings` are what the agent feels there.
    """

    replay: Replay
    normaliser: Normaliser
    returned: Float[Array, ""]
    lines: Lines
    calibration: Calibration
    memory: Memory
    novelty: Novelty
    quitting: Quitting | None
    feelings: Feelings
    head: Int[Array, ""]
    key: PRNGKeyArray


class State(eqx.Module):
    """The whole of a worker: the brain that all jobs share, the signature's interface, the job's stream."""

    brain: Learned
    interface: Interface
    stream: Stream

    def frozen(self) -> State:
        """What deciding needs: the slow parameters and the memory; no replay, no moments, no curiosity."""
        interface = eqx.tree_at(lambda i: i.learned, self.interface, self.interface.learned.frozen())
        stream = eqx.tree_at(
            lambda s: (s.replay, s.novelty, s.quitting), self.stream, (None, None, None), is_leaf=_nothing
        )
        return State(self.brain.frozen(), interface, stream)


def _nothing(part: object) -> bool:
    return part is None
