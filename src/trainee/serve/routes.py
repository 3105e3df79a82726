"""Routes: the calls of `docs/serving.md`, each of which says who may make it and hands on to what does it."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse

from trainee.serve import answers, bodies, deciding, episodes, jobs, offline, outcomes, people, reports, views
from trainee.serve.access import check_release, job_at, job_of, job_of_decision
from trainee.serve.calling import (
    SAYING,
    Anyone,
    Before,
    CheckedRoute,
    Controller,
    Decider,
    Limit,
    Noter,
    OnlyJob,
    Releaser,
    Rewarder,
    Serving,
    Watcher,
    linked,
    refusals,
)
from trainee.serve.refusals import Refused
from trainee.serve.stream import watched

router = APIRouter(prefix="/v1", route_class=CheckedRoute)
health = APIRouter()


@router.get("/me", response_model=answers.Me, responses=refusals())
async def me(caller: Anyone) -> JSONResponse:
    """What the key may do."""
    seen = None if caller.jobs is None else sorted(caller.jobs)
    return JSONResponse({"name": caller.name, "scopes": sorted(caller.scopes), "jobs": seen})


@router.post(
    "/jobs",
    status_code=201,
    response_model=reports.Job,
    responses=refusals(*SAYING, "unfit", "used_before", "full", "in_flight", "not_ready"),
)
async def make_job(asked: bodies.NewJob, service: Serving, caller: Controller) -> JSONResponse:
    """Make a job; it is answered once it is ready."""
    if not caller.sees(asked.job):
        raise Refused("not_allowed", f"the key {caller.name!r} is not for job {asked.job!r}")
    job = await jobs.make(service, asked)
    return JSONResponse(views.job_view(service, job), 201)


@router.get("/jobs", response_model=reports.Jobs, responses=refusals())
async def all_jobs(service: Serving, caller: Watcher) -> JSONResponse:
    """All jobs."""
    seen = [views.job_view(service, job) for job in service.jobs.values() if caller.sees(job.name)]
    return JSONResponse({"jobs": seen})


@router.get("/jobs/{job}", response_model=reports.WholeJob, responses=refusals("unknown_job", "invalid"))
async def one_job(job: bodies.Name, service: Serving, caller: Watcher) -> JSONResponse:
    """A job, with what it is doing now."""
    return JSONResponse(views.whole_job_view(service, job_at(service, caller, job)))


@router.post(
    "/jobs/{job}/episodes",
    status_code=201,
    response_model=answers.Begun,
    responses={
        201: linked(decide="episode", end="episode"),
        **refusals(*SAYING, "unknown_job", "used_before", "in_flight", "full", "not_ready"),
    },
)
async def begin(job: bodies.Name, asked: bodies.NewEpisode, service: Serving, caller: Decider) -> JSONResponse:
    """Begin an episode."""
    return JSONResponse(await episodes.begin(service, job_at(service, caller, job), asked), 201)


@router.post(
    "/episodes/{episode}/decisions",
    response_model=answers.Decided,
    responses={
        200: linked(reward="decision", override="decision", one_decision="decision"),
        **refusals(
            *SAYING,
            *("unknown_episode", "unfit", "used_before", "in_flight", "out_of_sequence", "episode_over"),
            *("full", "not_ready"),
        ),
    },
)
async def decide(episode: bodies.Id, asked: bodies.NewDecision, service: Serving, caller: Decider) -> JSONResponse:
    """What is seen, and what to do."""
    job = await job_of(service, caller, episode)
    return JSONResponse(await deciding.decide(service, job, episode, asked))


@router.post(
    "/episodes/{episode}/end",
    response_model=answers.Acknowledged,
    responses=refusals(
        *SAYING, "unknown_episode", "unfit", "used_before", "in_flight", "episode_over", "full", "not_ready"
    ),
)
async def end(episode: bodies.Id, asked: bodies.EpisodeEnd, service: Serving, caller: Decider) -> JSONResponse:
    """End an episode."""
    job = await job_of(service, caller, episode)
    return JSONResponse(await episodes.end(service, job, episode, asked))


@router.post(
    "/decisions/{decision}/rewards",
    response_model=answers.Acknowledged,
    responses=refusals(*SAYING, "unknown_decision", "used_before", "in_flight", "full"),
)
async def reward(decision: bodies.Id, asked: bodies.NewReward, service: Serving, caller: Rewarder) -> JSONResponse:
    """What came of a decision."""
    job = await job_of_decision(service, caller, decision)
    return JSONResponse(await outcomes.reward(service, job, decision, asked))


@router.post(
    "/decisions/{decision}/override",
    response_model=answers.Acknowledged,
    responses=refusals(*SAYING, "unknown_decision", "unfit", "used_before", "in_flight", "full", "not_ready"),
)
async def override(decision: bodies.Id, asked: bodies.Override, service: Serving, caller: Controller) -> JSONResponse:
    """What a person did instead, or is to be done where that is waited for."""
    job = await job_of_decision(service, caller, decision)
    return JSONResponse(await people.override(service, job, decision, asked, caller.name))


@router.get(
    "/decisions/{decision}",
    response_model=reports.WholeDecision,
    responses=refusals("unknown_decision", "invalid"),
)
async def one_decision(decision: bodies.Id, service: Serving, caller: Watcher) -> JSONResponse:
    """Everything about a decision."""
    await job_of_decision(service, caller, decision)
    return JSONResponse(await asyncio.to_thread(views.decision_at, service, decision))


@router.get("/jobs/{job}/decisions", response_model=reports.Decisions, responses=refusals("unknown_job", "invalid"))
async def decisions(
    job: bodies.Name, service: Serving, caller: Watcher, before: Before = None, limit: Limit = 50
) -> JSONResponse:
    """The newest decisions, each with what came of it."""
    name = job_at(service, caller, job).name
    return JSONResponse(await asyncio.to_thread(views.decisions_before, service, name, before, limit))


@router.get("/jobs/{job}/episodes", response_model=reports.Episodes, responses=refusals("unknown_job", "invalid"))
async def job_episodes(
    job: bodies.Name, service: Serving, caller: Watcher, before: Before = None, limit: Limit = 50
) -> JSONResponse:
    """The newest episodes, and how they ended."""
    found = job_at(service, caller, job)
    return JSONResponse(await asyncio.to_thread(views.episodes_before, service, found, before, limit))


@router.get("/jobs/{job}/ledger", response_model=reports.Ledger, responses=refusals("unknown_job", "invalid"))
async def ledger(
    job: bodies.Name, service: Serving, caller: Watcher, before: Before = None, limit: Limit = 50
) -> JSONResponse:
    """What people did, and what the service did by itself."""
    name = job_at(service, caller, job).name
    return JSONResponse(await asyncio.to_thread(views.ledger_before, service, name, before, limit))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **refusals("unknown_job", "invalid", "full"),
    },
)
async def events(
    service: Serving,
    caller: Watcher,
    job: OnlyJob = None,
    kinds: Annotated[str | None, Query(max_length=500, description="separated by commas")] = None,
    thin: bool = True,
    after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    last_event_id: Annotated[str | None, Header(description="as the last event that was seen had it")] = None,
) -> StreamingResponse:
    """Events as they happen, from after `Last-Event-ID` or `after` on; by default from now on."""
    if job is not None:
        job_at(service, caller, job)
    only = None if kinds is None else [kind for kind in kinds.split(",") if kind][:50]
    told = watched(service, caller, _known(last_event_id, after), job, only, thin)
    return StreamingResponse(told, media_type="text/event-stream")


@router.post(
    "/events:batch",
    response_model=answers.BatchResults,
    responses=refusals(*SAYING, "full"),
)
async def batch(asked: bodies.Batch, service: Serving, caller: Noter) -> JSONResponse:
    """What a client noted while it was offline: each is answered by itself, in order."""
    return JSONResponse({"results": await offline.taken(service, caller, asked)})


@router.put(
    "/control",
    response_model=answers.Control,
    responses=refusals(*SAYING, "unknown_job", "unfit", "full", "not_ready"),
)
async def control(asked: bodies.Control, service: Serving, caller: Controller) -> JSONResponse:
    """Pause, take over, hand back."""
    job_at(service, caller, asked.job)
    return JSONResponse(await people.control(service, asked, caller.name))


@router.post(
    "/releases",
    status_code=201,
    response_model=answers.Release,
    responses={
        201: linked(advance="release", abort="release"),
        **refusals(*SAYING, "unknown_job", "wrong_stage", "in_flight", "full", "not_ready"),
    },
)
async def release(asked: bodies.NewRelease, service: Serving, caller: Releaser) -> JSONResponse:
    """Release a version."""
    job = job_at(service, caller, asked.job)
    return JSONResponse(await service.releases.begin(job, asked, caller.name), 201)


@router.get("/releases", response_model=answers.Releases, responses=refusals("unknown_job", "invalid"))
async def releases(service: Serving, caller: Watcher, job: OnlyJob = None, limit: Limit = 50) -> JSONResponse:
    """The newest releases, the newest first."""
    if job is not None:
        job_at(service, caller, job)
    seen = [view for view in service.releases.all(job) if caller.sees(view["job"])]
    return JSONResponse({"releases": seen[:limit]})


MOVING = refusals(*SAYING, "unknown_release", "wrong_stage", "in_flight", "full")


@router.post("/releases/{release}/advance", response_model=answers.Release, responses=MOVING)
async def advance(release: bodies.Id, asked: bodies.Move, service: Serving, caller: Releaser) -> JSONResponse:
    """On to the next stage."""
    check_release(service, caller, release)
    return JSONResponse(await service.releases.advance(release, caller.name, asked.reason))


@router.post("/releases/{release}/abort", response_model=answers.Release, responses=MOVING)
async def abort(release: bodies.Id, asked: bodies.Move, service: Serving, caller: Releaser) -> JSONResponse:
    """Call a release off."""
    check_release(service, caller, release)
    return JSONResponse(await service.releases.abort(release, caller.name, asked.reason))


def _known(last_event_id: str | None, after: int | None) -> int | None:
    """The number of the last event that is known to whoever watches."""
    resumed = last_event_id or ""
    return int(resumed) if resumed.isascii() and resumed.isdecimal() and len(resumed) < 19 else after


OPEN = "not_allowed", "internal"


@health.get("/healthz", response_model=answers.Alive, responses=refusals(always=OPEN))
async def healthz() -> JSONResponse:
    """Whether it lives."""
    return JSONResponse({"status": "ok"})


@health.get("/readyz", response_model=answers.Ready, responses=refusals("not_ready", always=OPEN))
async def readyz(service: Serving) -> JSONResponse:
    """Whether it can work."""
    if service.problem is not None:
        raise Refused("not_ready", service.problem)
    held_up = service.workshop.problem is not None
    return JSONResponse({"status": "ready", "learning": "learning is held up: the log says why" if held_up else None})


@health.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **refusals()},
)
async def metrics(service: Serving, caller: Watcher) -> Response:
    """For Prometheus."""
    if caller.jobs is not None:
        raise Refused("not_allowed", "metrics are of all jobs, and the key is for some")
    return Response(service.metrics.told(service), media_type="text/plain; version=0.0.4")
