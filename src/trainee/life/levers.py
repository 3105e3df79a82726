"""Levers: take an emotion out, hold it where it usually is, or tie it to what another felt. And let go again.

What a lever holds is felt no more: the equation goes on unheard, and everything else perceives, remembers and learns as
before. To lesion one is to live without it; to clamp one tells what its moving is worth; to yoke one tells what it is
worth that it moves with what happens to this agent and not to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from trainee.emotions import ABSENT, FREE
from trainee.errors import InvalidArgument
from trainee.life.callbacks import Callback, Work
from trainee.types import EMOTIONS, Decision, TimeStep

if TYPE_CHECKING:
    from trainee.learner import Stream
    from trainee.life.agent import Agent
    from trainee.life.mind import Mind

ALL = "all"


def emotions(names: Sequence[str]) -> tuple[str, ...]:
    """Emotions by their own names.

    Args:
      names: of emotions, or `all`.
    Raises:
      InvalidArgument: there is no such emotion, or none is named.
    """
    if not names:
        raise InvalidArgument(f"no emotion is named: give some of {', '.join(EMOTIONS)}, or all")
    for name in names:
        if name not in (*EMOTIONS, ALL):
            raise InvalidArgument(f"there is no emotion {name!r}: there are {', '.join(EMOTIONS)}; or all of them: all")
    return EMOTIONS if ALL in names else tuple(names)


def named(names: Sequence[str]) -> list[int]:
    """The places of emotions among `EMOTIONS`; names and errors as in `emotions`."""
    return [EMOTIONS.index(name) for name in emotions(names)]


def lesioned(names: Sequence[str]) -> Float[np.ndarray, " emotions"]:
    """Levels that hold some emotions where they are absent, and no other."""
    held, places = np.full(len(EMOTIONS), FREE, np.float32), named(names)
    held[places] = ABSENT[places]
    return held


def clamped(stream: Stream, names: Sequence[str]) -> Float[np.ndarray, " emotions"]:
    """Levels that hold some emotions where they usually are in a stream, and no other.

    Raises:
      InvalidArgument: nothing was felt in it yet.
    """
    held, places = np.full(len(EMOTIONS), FREE, np.float32), named(names)
    if not float(stream.feelings.signal("counted")):
        raise InvalidArgument("nothing was felt in this stream yet that an emotion could be held at: let it work first")
    held[places] = np.asarray(stream.feelings.usual)[places]
    return held


def hold(agent: Mind, held: np.ndarray, name: str | None = None) -> None:
    """Hold emotions in the streams of an agent; others stay as they are.

    Args:
      agent: whose.
      held: for each emotion the level, or `FREE` where it is not touched.
      name: of the worker in whose stream alone; by default in all.
    """
    agent.gather()
    levels = jnp.asarray(held)
    for worker, stream in agent.streams.items():
        if name in (None, worker):
            now = stream.feelings.held
            agent.streams[worker] = _holding(stream, jnp.where(levels >= FREE, now, levels))


def let_go(agent: Mind, names: Sequence[str]) -> None:
    """Let emotions move again in all streams of an agent."""
    agent.gather()
    free = np.isin(np.arange(len(EMOTIONS)), named(names))
    for worker, stream in agent.streams.items():
        agent.streams[worker] = _holding(stream, jnp.where(free, FREE, stream.feelings.held))


def _holding(stream: Stream, held: Float[Array, " emotions"]) -> Stream:
    return eqx.tree_at(lambda s: s.feelings.held, stream, held)


class Felt(Callback):
    """Writes down what is felt at each step of a stretch: `trace`, `[steps, 7]`."""

    def __init__(self) -> None:
        self._levels: list[np.ndarray] = []

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        self._levels.append(np.asarray(decision.feelings))

    @property
    def trace(self) -> Float[np.ndarray, "steps emotions"]:
        """What was felt, in the order of `EMOTIONS`."""
        return np.array(self._levels, np.float32).reshape(-1, len(EMOTIONS))


class Yoke(Callback):
    """Ties emotions to what another felt, step by step; where that trace ends it begins anew. When the work ends they
    are held, or move, as before it; others are left as they are.

    Before the first step, also as an episode begins there, it is what that other one felt at its first. Not at vector
    environments.

    Args:
      agent: whose.
      names: of emotions, or `all`.
      trace: of another run, `[steps, 7]`, as `Felt` has written it down.
    Raises:
      InvalidArgument: an unknown emotion, or a trace of other shape, of no step, or with what is no number; as work
        starts, that it is not the work of one of the agent's workers.
    """

    def __init__(self, agent: Agent, names: Sequence[str], trace: np.ndarray):
        self._places, self._agent = named(names), agent
        levels = np.asarray(trace, np.float32)
        if levels.ndim != 2 or levels.shape[1] != len(EMOTIONS) or not len(levels):
            raise InvalidArgument(
                f"a trace of feelings is [steps, {len(EMOTIONS)}] with one step at least, not {levels.shape}"
            )
        if not np.isfinite(levels).all():
            step = int(np.argwhere(~np.isfinite(levels))[0][0])
            raise InvalidArgument(f"the trace of feelings holds what is no number, first at step {step}")
        self._trace = levels
        self._before: np.ndarray | None = None

    def on_start(self, work: Work) -> None:
        if work.name not in self._agent.workers:
            raise InvalidArgument(
                f"{work.name!r} is no worker of the agent whose emotions are to be tied: it has "
                f"{sorted(self._agent.workers)}. The streams of a vector environment cannot be tied to one trace; work "
                f"at one environment, with a callback for the agent that works"
            )
        self._agent.gather()
        self._before = np.asarray(self._agent.streams[work.name].feelings.held)
        self._hold(work, self._trace[0])

    def on_step(self, work: Work, time_step: TimeStep, decision: Decision) -> None:
        self._hold(work, self._trace[work.done % len(self._trace)])

    def on_end(self, work: Work) -> None:
        # Work that could not be tied ends as well.
        if self._before is not None:
            self._hold(work, self._before)
            self._before = None

    def _hold(self, work: Work, levels: Float[np.ndarray, " emotions"]) -> None:
        held = np.full(len(EMOTIONS), np.nan, np.float32)
        held[self._places] = levels[self._places]
        self._agent.workers[work.name].hold(held)
