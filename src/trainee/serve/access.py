"""Access: the job that a call is about, if it is one of the caller's. Whether there is another's is not told."""

from __future__ import annotations

import asyncio

from trainee.serve.board import JobEntry
from trainee.serve.refusals import Refused
from trainee.serve.security import Caller
from trainee.serve.service import Service


def job_at(service: Service, caller: Caller, name: str) -> JobEntry:
    """The job of this name.

    Raises:
      Refused: there is none for this caller; so do the others.
    """
    if not caller.sees(name):
        raise Refused("unknown_job", f"there is no job {name!r}: make it with POST /v1/jobs")
    return service.job(name)


async def job_of(service: Service, caller: Caller, episode: str) -> JobEntry:
    """The job of an episode."""
    name = service.job_of.get(episode)
    if name is None:
        event = await asyncio.to_thread(service.log.find, f"b:{episode}")
        name = event.job if event is not None else None
    if name is None or not caller.sees(name):
        raise Refused("unknown_episode", f"there is no episode {episode!r}")
    return service.job(name)


async def job_of_decision(service: Service, caller: Caller, decision: str) -> JobEntry:
    """The job of a decision, which may still not have been made."""
    episode, _, sequence = decision.rpartition(".")
    try:
        if not (sequence.isascii() and sequence.isdecimal()) or str(int(sequence)) != sequence:
            raise Refused("unknown_decision", "")
        return await job_of(service, caller, episode)
    except (Refused, ValueError):
        raise Refused("unknown_decision", f"there is no decision {decision!r}") from None


def check_release(service: Service, caller: Caller, release: str) -> None:
    """Whether there is this release."""
    job = service.releases.job_of(release)
    if job is None or not caller.sees(job):
        raise Refused("unknown_release", f"there is no release {release!r}")
