"""Measures: how well a job is done, by a specialist as it is now, at random, and by who is to do it instead."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from trainee.errors import JobError
from trainee.fleet.courses import course
from trainee.fleet.gate import Retention, endless, not_played, retention
from trainee.fleet.imitation import Parts, disagreement
from trainee.fleet.lessons import Lessons
from trainee.fleet.teachers import Source
from trainee.fleet.trials import Frozen, Trial, at_random, tried
from trainee.life import Agent
from trainee.life.agent import EVALUATION_SEED

# Who thinks otherwise than its lessons by more than this, as `imitation_loss`, does not speak for them. A worker that
# sleeps stays nearer to them (0.02 after 10,000 steps at the next job); one that does not is away by 3.
DRIFTED = 0.1
LOOK = 256


class Measure:
    """How well a job is done.

    Args:
      source: the specialist's agent.
      lessons: of the specialist.
      episodes: that each is measured by.
    """

    def __init__(self, source: Source, lessons: Lessons, episodes: int):
        self.source, self.lessons, self.job = source, lessons, lessons.provenance.job
        self.worker = source.agent.workers[self.job]
        self._episodes = episodes

    @cached_property
    def specialist(self) -> Trial | JobError:
        """What the specialist does now, frozen; or why that cannot be told."""
        return self._of(self.source.agent)

    @cached_property
    def random(self) -> Trial | JobError:
        """What random play does."""
        signature = self.worker.spec.signature
        return tried(self.worker, self._episodes, lambda lanes: at_random(signature, EVALUATION_SEED))

    @cached_property
    def agrees(self) -> bool:
        """Whether the specialist still thinks what its lessons say."""
        state = self.source.agent.state_of(self.worker)
        known = course(self.worker.learner, state.interface, self.lessons.few(LOOK))
        parts = Parts(state.brain.slow, (state.interface.learned.slow,))
        return disagreement(parts, [known], [0])[0] <= DRIFTED

    @property
    def told(self) -> tuple[Trial, Trial] | None:
        """What the specialist and random play do, where both can be told."""
        specialist, random = self.specialist, self.random
        if isinstance(specialist, JobError) or isinstance(random, JobError) or specialist.cut or random.cut:
            return None
        return specialist, random

    def shortfall(self, trial: Trial) -> float:
        """How much of the specialist's return is missing in another's, from 0 to 1; 0 where that cannot be told."""
        if self.told is None:
            return 0.0
        specialist, random = (each.mean for each in self.told)
        if specialist <= random:
            return 0.0
        return float(np.clip(1 - (trial.mean - random) / (specialist - random), 0, 1))

    def retention(self, agent: Agent) -> Retention:
        """What an agent retained of the job."""
        for measured in (self.specialist, self.random):
            if isinstance(measured, JobError):
                return not_played(self.job, measured)
        merged = self._of(agent)
        return not_played(self.job, merged) if isinstance(merged, JobError) else self._compared(merged)

    def worthless(self) -> str | None:
        """Why nothing can be learned of the job from its specialist, if so."""
        if self.told is None:
            return None
        found = self._compared(self.told[0])
        if found.verdict != "learned nothing":
            return None
        forgotten = ". It has forgotten what its lessons say: merge it as it was when they were taken"
        return found.why + ("" if self.agrees else forgotten)

    def _compared(self, merged: Trial) -> Retention:
        specialist, random = self.specialist, self.random
        assert isinstance(specialist, Trial)
        assert isinstance(random, Trial)
        unending = endless(self.job, specialist, merged, random)
        return unending or retention(self.job, specialist.returns, merged.returns, random.returns)

    def _of(self, agent: Agent) -> Trial | JobError:
        worker = agent.workers[self.job]
        agent.gather()
        return tried(self.worker, self._episodes, lambda lanes: Frozen(worker.learner, agent.state_of(worker), lanes))
