"""Provenance: whose lessons these are, of which job, and how well whoever learned them does it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from trainee.life import Agent, Logbook, Worker, tenths
from trainee.life.fingerprint import constants_hash

# Episodes that say how well a job is done by now.
RECENT_EPISODES = 20
RESAMPLES = 2_000


@dataclass(frozen=True)
class Competence:
    """How well a job is done, in the job's own reward units; intervals are of 95%, by bootstrap.

    Attributes:
      episodes: that have ended.
      online: online return over all steps so far; its interval is over the ten parts.
      recent: mean return of the last twenty episodes; its interval is over them.
    """

    episodes: int
    online: float
    online_low: float
    online_high: float
    recent: float
    recent_low: float
    recent_high: float


@dataclass(frozen=True)
class Provenance:
    """Where lessons come from.

    Attributes:
      ancestor: id of the agent as it was born, which all that descend from it share.
      seed, width, constants: what that id is made of; `constants` is the hash of the table.
      job: the worker's name, which is the job's id where it has one.
      signature: id of the job's spaces.
      masked, restartable: as in `JobSpec`.
      steps: the worker's, when the lessons were taken.
      competence: by its logbook.
      version: of trainee.
    """

    ancestor: str
    seed: int
    width: int
    constants: str
    job: str
    signature: str
    masked: bool
    restartable: bool
    steps: int
    competence: Competence
    version: str

    def to_json(self) -> dict[str, Any]:
        """As what `json.dumps` takes."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Provenance:
        """What `to_json` wrote.

        Raises:
          KeyError, TypeError: it did not.
        """
        return cls(**{**written, "competence": Competence(**written["competence"])})


def ancestor(agent: Agent) -> str:
    """The id of an agent as it was born: agents that share it began with the same weights for every signature."""
    born = f"{agent.seed} {agent.width} {constants_hash(agent.constants)}"
    return hashlib.sha256(born.encode()).hexdigest()[:16]


def provenance(agent: Agent, worker: Worker) -> Provenance:
    """Where lessons of a worker come from, now."""
    spec = worker.spec
    return Provenance(
        ancestor(agent),
        agent.seed,
        agent.width,
        constants_hash(agent.constants),
        worker.name,
        spec.signature.id,
        spec.masked,
        spec.restartable,
        worker.logbook.steps,
        competence(worker.logbook),
        version("trainee"),
    )


def competence(logbook: Logbook) -> Competence:
    """How well a job is done, by the episodes that have ended; NaN throughout where none has."""
    if not logbook.episodes:
        return Competence(0, *[float("nan")] * 6)
    parts = tenths(logbook.episodes, 0, logbook.steps)
    totals = [episode.total for episode in logbook.episodes[-RECENT_EPISODES:]]
    online, recent = float(np.mean(parts)), float(np.mean(totals))
    return Competence(len(logbook.episodes), online, *_interval(parts), recent, *_interval(totals))


def _interval(few: list[float]) -> tuple[float, float]:
    """95% bootstrap interval of the mean of a few values: as `trainee.life.interval`, all resamples at once."""
    sample = np.asarray(few)
    drawn = np.random.default_rng(0).integers(0, len(sample), (RESAMPLES, len(sample)))
    low, high = np.percentile(sample[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
