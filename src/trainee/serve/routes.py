"""Routes: the calls of `docs/serving.md`, each of which says who may make it and hands on to what does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from trainee.record.events import Event
from trainee.serve import bodies, episodes, jobs, offline, outcomes, views
from trainee.serve.board import JobEntry
from trainee.serve.refusals import STATUS, Refused
from trainee.serve.security import Caller
from trainee.serve.service import Service
from trainee.serve.stream import watched

MOST = 500
Before = Annotated[int | None, Query(ge=0, le=2**62, description="only events before this number")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": bodies.Refusal, "description": ", ".join(sorted(c for c, s in STATUS.items() if s == status))}
    for status in sorted(set(STATUS.values()))
}
router = APIRouter(prefix="/v1", responses=REFUSALS)


async def service_of(request: Request) -> Service:
    """The service that answers. Not a plain function, which would be called in another thread."""
    return request.app.state.service


def may(scope: str | None) -> Callable[[Request], Any]:
    """Who calls, where they may do this."""

    async def caller(request: Request) -> Caller:
        found = request.app.state.doorman.caller(request.headers.get("authorization", "").encode("latin-1"))
        if scope is not None:
            found.may(scope)
        return found

    return caller


Serving = Annotated[Service, Depends(service_of)]
Decider = Annotated[Caller, Depends(may("decide"))]
Rewarder = Annotated[Caller, Depends(may("reward"))]
Watcher = Annotated[Caller, Depends(may("watch"))]
Releaser = Annotated[Caller, Depends(may("release"))]
Controller = Annotated[Caller, Depends(may("control"))]
Anyone = Annotated[Caller, Depends(may(None))]


def job_at(service: Service, caller: Caller, name: str) -> JobEntry:
    """A job, if it is one of the caller's; that there is another's is not told."""
    if not caller.sees(name):
        raise Refused("unknown_job", f"there is no job {name!r}: make it with POST /v1/jobs")
    return service.job(name)


async def job_of(service: Service, caller: Caller, episode: str) -> JobEntry:
    """The job of an episode, if it is one of the caller's."""
    name = service.job_of.get(episode)
    if name is None:
        event = await asyncio.to_thread(service.log.find, f"b:{episode}")
        name = event.job if event is not None else None
    if name is None or not caller.sees(name):
        raise Refused("unknown_episode", f"there is no episode {episode!r}")
    return service.job(name)


async def job_of_decision(service: Service, caller: Caller, decision: str) -> JobEntry:
    """The job of a decision, if it is one of the caller's."""
    episode, _, sequence = decision.rpartition(".")
    try:
        if not (sequence.isascii() and sequence.isdecimal()) or str(int(sequence)) != sequence:
            raise Refused("unknown_decision", "")
        return await job_of(service, caller, episode)
    except (Refused, ValueError):
        raise Refused("unknown_decision", f"there is no decision {decision!r}") from None


@router.get("/me")
async def me(caller: Anyone) -> JSONResponse:
    """What the key may do."""
    seen = None if caller.jobs is None else sorted(caller.jobs)
    return JSONResponse({"name": caller.name, "scopes": sorted(caller.scopes), "jobs": seen})


@router.post("/jobs", status_code=201)
async def make_job(asked: bodies.NewJob, service: Serving, caller: Controller) -> JSONResponse:
    """Make a job; it is answered once it is ready."""
    if not caller.sees(asked.job):
        raise Refused("not_allowed", f"the key {caller.name!r} is not for job {asked.job!r}")
    job = await jobs.make(service, asked)
    return JSONResponse(views.job_view(service, job), 201)


@router.get("/jobs")
async def all_jobs(service: Serving, caller: Watcher) -> JSONResponse:
    """All jobs."""
    seen = [views.job_view(service, job) for job in service.jobs.values() if caller.sees(job.name)]
    return JSONResponse({"jobs": seen})


@router.get("/jobs/{job}")
async def one_job(job: bodies.Name, service: Serving, caller: Watcher) -> JSONResponse:
    """A job, with what it is doing now."""
    return JSONResponse(views.whole_job_view(service, job_at(service, caller, job)))


@router.post("/jobs/{job}/episodes", status_code=201, response_model=bodies.Begun)
async def begin(job: bodies.Name, asked: bodies.NewEpisode, service: Serving, caller: Decider) -> JSONResponse:
    """Begin an episode."""
    return JSONResponse(await episodes.begin(service, job_at(service, caller, job), asked), 201)


@router.post("/episodes/{episode}/decisions", response_model=bodies.Answer)
async def decide(episode: bodies.Id, asked: bodies.NewDecision, service: Serving, caller: Decider) -> JSONResponse:
    """What is seen, and what to do."""
    job = await job_of(service, caller, episode)
    return JSONResponse(await episodes.decide(service, job, episode, asked))


@router.post("/episodes/{episode}/end", response_model=bodies.Acknowledged)
async def end(episode: bodies.Id, asked: bodies.EpisodeEnd, service: Serving, caller: Decider) -> JSONResponse:
    """End an episode."""
    job = await job_of(service, caller, episode)
    return JSONResponse(await episodes.end(service, job, episode, asked))


@router.post("/decisions/{decision}/rewards", response_model=bodies.Acknowledged)
async def reward(decision: bodies.Id, asked: bodies.NewReward, service: Serving, caller: Rewarder) -> JSONResponse:
    """What came of a decision."""
    job = await job_of_decision(service, caller, decision)
    return JSONResponse(await outcomes.reward(service, job, decision, asked))


@router.post("/decisions/{decision}/override", response_model=bodies.Acknowledged)
async def override(decision: bodies.Id, asked: bodies.Override, service: Serving, caller: Controller) -> JSONResponse:
    """What a person did instead."""
    job = await job_of_decision(service, caller, decision)
    return JSONResponse(await outcomes.override(service, job, decision, asked, caller.name))


@router.get("/decisions/{decision}")
async def one_decision(decision: bodies.Id, service: Serving, caller: Watcher) -> JSONResponse:
    """Everything about a decision."""
    await job_of_decision(service, caller, decision)
    event, came = await asyncio.to_thread(_about, service, decision)
    if event is None:
        raise Refused("unknown_decision", f"there is no decision {decision!r}")
    return JSONResponse(views.decision_view(service, event, came))


@router.get("/jobs/{job}/decisions")
async def decisions(
    job: bodies.Name, service: Serving, caller: Watcher, before: Before = None, limit: Limit = 50
) -> JSONResponse:
    """The newest decisions, each with what came of it."""
    name = job_at(service, caller, job).name

    def read() -> list[Any]:
        found = service.log.before(before, limit, name, ("decided",))
        return [(event, _about(service, event.body["decision"])[1]) for event in found]

    found = await asyncio.to_thread(read)
    shown = [views.decision_view(service, event, came) for event, came in found]
    return JSONResponse({"decisions": shown, "before": found[-1][0].seq if len(found) == limit else None})


@router.get("/jobs/{job}/ledger")
async def ledger(
    job: bodies.Name, service: Serving, caller: Watcher, before: Before = None, limit: Limit = 50
) -> JSONResponse:
    """What people did, and what the service did by itself."""
    name = job_at(service, caller, job).name
    found = await asyncio.to_thread(service.log.before, before, limit, name, views.LEDGER)
    entries = [views.ledger_entry(event) for event in found]
    return JSONResponse({"entries": entries, "before": found[-1].seq if len(found) == limit else None})


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    service: Serving,
    caller: Watcher,
    job: Annotated[str | None, Query(pattern=bodies.NAME)] = None,
    kinds: Annotated[str | None, Query(max_length=500, description="separated by commas")] = None,
    thin: bool = True,
    after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> StreamingResponse:
    """Events as they happen, from after `Last-Event-ID` or `after` on; by default from now on."""
    resumed = request.headers.get("last-event-id", "")
    if job is not None:
        job_at(service, caller, job)
    known = int(resumed) if resumed.isascii() and resumed.isdecimal() and len(resumed) < 19 else after
    only = None if kinds is None else [kind for kind in kinds.split(",") if kind][:50]
    told = watched(service, caller, service.last if known is None else known, job, only, thin)
    return StreamingResponse(told, media_type="text/event-stream")


@router.post("/events:batch")
async def batch(asked: bodies.Batch, service: Serving, caller: Decider) -> JSONResponse:
    """What a client noted while it was offline: each is answered by itself, in order."""
    caller.may("reward")
    return JSONResponse({"results": await offline.taken(service, caller, asked)})


@router.put("/control")
async def control(asked: bodies.Control, service: Serving, caller: Controller) -> JSONResponse:
    """Pause, take over, hand back."""
    job_at(service, caller, asked.job)
    return JSONResponse(await outcomes.control(service, asked, caller.name))


@router.post("/releases", status_code=201)
async def release(asked: bodies.NewRelease, service: Serving, caller: Releaser) -> JSONResponse:
    """Release a version."""
    job = job_at(service, caller, asked.job)
    return JSONResponse(await service.releases.begin(job, asked, caller.name), 201)


@router.get("/releases")
async def releases(
    service: Serving, caller: Watcher, job: Annotated[str | None, Query(pattern=bodies.NAME)] = None
) -> JSONResponse:
    """All releases, the newest first."""
    if job is not None:
        job_at(service, caller, job)
    seen = [view for view in service.releases.all(job) if caller.sees(view["job"])]
    return JSONResponse({"releases": seen})


@router.post("/releases/{release}/advance")
async def advance(release: bodies.Id, asked: bodies.Move, service: Serving, caller: Releaser) -> JSONResponse:
    """On to the next stage."""
    _release_at(service, caller, release)
    return JSONResponse(await service.releases.advance(release, caller.name, asked.reason))


@router.post("/releases/{release}/abort")
async def abort(release: bodies.Id, asked: bodies.Move, service: Serving, caller: Releaser) -> JSONResponse:
    """Call a release off."""
    _release_at(service, caller, release)
    return JSONResponse(await service.releases.abort(release, caller.name, asked.reason))


def _release_at(service: Service, caller: Caller, release: str) -> None:
    job = service.releases.job_of(release)
    if job is None or not caller.sees(job):
        raise Refused("unknown_release", f"there is no release {release!r}")


def _about(service: Service, decision: str) -> tuple[Event | None, list[Event]]:
    """The event in which a decision was made, and those about it since."""
    about = [event for kind in "ro" for event in service.log.under(f"{kind}:{decision}:", MOST)]
    about += service.log.found([f"w:{decision}"])
    return service.log.find(f"d:{decision}"), sorted(about, key=lambda event: event.seq)


health = APIRouter()


@health.get("/healthz")
async def healthz() -> JSONResponse:
    """Whether it lives."""
    return JSONResponse({"status": "ok"})


@health.get("/readyz", responses={503: {"model": bodies.Refusal}})
async def readyz(service: Serving) -> JSONResponse:
    """Whether it can work."""
    problem = service.problem or service.writer.problem
    if problem is not None:
        raise Refused("not_ready", problem)
    return JSONResponse({"status": "ready", "learning": service.learning.problem})


@health.get("/metrics", response_class=Response)
async def metrics(service: Serving, caller: Watcher) -> Response:
    """For Prometheus."""
    if caller.jobs is not None:
        raise Refused("not_allowed", "metrics are of all jobs, and the key is for some")
    return Response(service.metrics.told(service), media_type="text/plain; version=0.0.4")
