"""Agents abreast: each at a job of its own on the host, all of them in one compiled call a step.

What `vmap` does for JAX jobs, for jobs that are not: a step of eight agents takes far less than eight steps of one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trainee.errors import InvalidArgument
from trainee.jobs import Job
from trainee.learner import Learner, State
from trainee.life.agent import Agent
from trainee.life.compiled import compiled
from trainee.life.logbook import Logbook
from trainee.types import Decision, TimeStep


@dataclass(frozen=True)
class Errand:
    """Work for a new agent: so many episodes of a job.

    Attributes:
      name: what it is told of under.
      job: makes the job, once there is a place for it.
      episodes: how many.
      seed: of the agent.
    """

    name: str
    job: Callable[[], Job]
    episodes: int
    seed: int


# How often it is told how far errands are.
TOLD_S = 20.0


def run_abreast(
    errands: Sequence[Errand], most: int, told_s: float = TOLD_S
) -> Iterator[tuple[Errand, Logbook | float]]:
    """Send a new agent with defaults on each errand, so many at a time, and tell of each as it ends.

    An agent that is done makes room for the next one at once. Each learns as it would alone, up to rounding.

    Args:
      errands: at jobs of one signature, the longest first if it is known which they are.
      most: agents at a time. As few are taken as need the same number of turns.
      told_s: how often it is told how far those under way are, in seconds.
    Yields:
      the errand that has just ended, and what came of it; one that is under way, and the share of it that is done.
    Raises:
      InvalidArgument: the signatures differ.
      JobFailed, UnfitTimeStep: a job raised, or said what cannot be learned from.
    """
    waiting = list(errands)[::-1]
    places = math.ceil(len(errands) / math.ceil(len(errands) / most)) if errands else 0
    posts: list[_Post] = []
    try:
        posts += (_Post(waiting.pop()) for _ in range(places))
        if not posts:
            return
        together = compiled(_shared_learner(posts))
        buffers = together.abreast([post.handed_over() for post in posts])
        told = time.perf_counter()
        while any(post.busy for post in posts):
            said = [post.said() for post in posts]
            buffers, decisions = together.step_abreast(buffers, said)
            for place, (post, time_step, decision) in enumerate(zip(posts, said, decisions, strict=True)):
                if not post.busy or not post.done(time_step, decision):
                    continue
                yield post.errand, post.worker.logbook
                post.leave()
                if waiting:
                    posts[place] = _Post(waiting.pop())
                    _shared_learner(posts)
                    buffers = together.settle(buffers, place, posts[place].handed_over())
            if time.perf_counter() - told >= told_s:
                told = time.perf_counter()
                yield from ((post.errand, post.share) for post in posts if post.busy)
    finally:
        for post in posts:
            post.leave()


class _Post:
    """A place for an agent: who works there, and at what."""

    def __init__(self, errand: Errand):
        self.errand, self.busy = errand, True
        self.job = errand.job()
        self.agent = Agent(errand.seed)
        self.worker = self.agent.add_worker(errand.name, self.job.codec)

    def handed_over(self) -> State:
        """What the agent is as it begins; its copy here is dropped, as the one that learns is among the others'."""
        state = self.agent.state_of(self.worker)
        self.agent.streams.clear()
        return state

    def said(self) -> TimeStep:
        """What the job says next. Where the errand is over no one listens: the last thing it said."""
        worker = self.worker
        if not self.busy:
            assert worker.newest is not None
            return worker.newest
        if worker.decision is None or worker.episode_over:
            return self.job.reset()
        return self.job.step(np.asarray(worker.decision.action))

    def done(self, time_step: TimeStep, decision: Decision) -> bool:
        """Whether the errand is over with the answer to a time step."""
        self.worker.decided(time_step, decision)
        return len(self.worker.logbook.episodes) >= self.errand.episodes

    @property
    def share(self) -> float:
        """How much of the errand is done, from 0 to 1."""
        return len(self.worker.logbook.episodes) / self.errand.episodes

    def leave(self) -> None:
        """The errand is over, or broken off."""
        if self.busy:
            self.job.close()
        self.busy = False


def _shared_learner(posts: Sequence[_Post]) -> Learner:
    learners = {post.worker.learner for post in posts}
    if len(learners) > 1:
        names = ", ".join(post.errand.name for post in posts)
        raise InvalidArgument(f"jobs of more than one signature cannot be worked at side by side: {names}")
    return learners.pop()
