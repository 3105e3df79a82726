"""The router: which agent of a fleet does which job, by how well each of them does it as it is now."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainee.errors import DamagedPart, InvalidArgument, JobError, NothingSaved, SaveFailed
from trainee.fleet.provenance import competence
from trainee.fleet.teachers import Source
from trainee.fleet.trials import Frozen, tried
from trainee.life import Agent, Worker, interval
from trainee.record import durable

FILE = "router.json"


@dataclass(frozen=True)
class Route:
    """Who does a job.

    Attributes:
      job: its name.
      home: of the agent that does it best.
      worker: the name of the worker of that agent; the job's own, or one at a job of the same kind.
      mean, low, high: its return and a 95% interval: frozen, or where the job cannot be played of its last episodes.
      played: it could be played.
      others: mean returns of the other agents that know a job of this kind, by home.
    """

    job: str
    home: str
    worker: str
    mean: float
    low: float
    high: float
    played: bool
    others: Mapping[str, float]


def routes(found: Sequence[Source], episodes: int) -> list[Route]:
    """Who does each of the jobs that any of these agents has worked at."""
    kinds = {name: worker for source in found for name, worker in source.agent.workers.items()}
    return [_route(job, kinds[job], found, episodes) for job in sorted(kinds)]


def keep_routes(home: Path, chosen: Sequence[Route]) -> None:
    """Keep who does which job in the home of a fleet.

    Raises:
      SaveFailed: that could not be written.
    """
    # From the fleet's home, so that it may be moved.
    written = [{**dataclasses.asdict(each), "home": os.path.relpath(each.home, home)} for each in chosen]
    try:
        durable.write(home / FILE, json.dumps(written, indent=1).encode())
    except OSError as error:
        raise SaveFailed(f"{home / FILE} could not be written: {error}. Make room, and run the same again") from error


def routed(home: Path, job: str) -> Route:
    """Who does a job in a fleet that was asked for specialists.

    Raises:
      NothingSaved: the fleet in this home has no router.
      DamagedPart: it cannot be read.
      InvalidArgument: none of its agents does this job.
    """
    path = home / FILE
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        known = {each["job"]: Route(**{**each, "home": str(home / each["home"])}) for each in written}
    except (FileNotFoundError, NotADirectoryError):
        raise NothingSaved(f"there is no router in {home}: ask the fleet for specialists with --specialise") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedPart(f"{path} does not say who does which job: {error!r}. Run the fleet again") from error
    if job not in known:
        raise InvalidArgument(f"no agent of the fleet in {home} does {job!r}: they do {', '.join(sorted(known))}")
    return known[job]


def _route(job: str, kind: Worker, found: Sequence[Source], episodes: int) -> Route:
    means, best = dict[str, float](), list[Route]()
    for source in found:
        worker = _alike(source.agent, job, kind)
        if worker is None:
            continue
        state = source.agent.state_of(worker)
        trial = tried(kind, episodes, lambda lanes, w=worker, s=state: Frozen(w.learner, s, lanes))
        who = str(source.home), worker.name
        if isinstance(trial, JobError):
            if worker.name != job:
                continue
            known = competence(worker.logbook)
            route = Route(job, *who, known.recent, known.recent_low, known.recent_high, False, {})
        else:
            route = Route(job, *who, trial.mean, *interval(trial.returns), True, {})
        means[route.home] = route.mean
        best.append(route)
    # What is not a number is of one that has ended no episode.
    first = max(best, key=lambda each: (each.mean == each.mean, each.mean, each.worker == job))
    return dataclasses.replace(first, others={home: mean for home, mean in means.items() if home != first.home})


def _alike(agent: Agent, job: str, kind: Worker) -> Worker | None:
    """The worker of an agent that would do a job: its own, or of those at jobs of its kind who has worked longest."""
    agent.gather()
    if job in agent.workers:
        return agent.workers[job]
    alike = [worker for worker in agent.workers.values() if worker.codec.spec == kind.codec.spec]
    return max(alike, key=lambda worker: worker.logbook.steps, default=None)
