"""Offline: what a client noted while it could not call. It decided by itself, and is learned from all the same."""

from __future__ import annotations

from typing import Any

from trainee.errors import RecordError, TraineeError
from trainee.record.events import Draft
from trainee.serve import episodes, outcomes
from trainee.serve.board import JobEntry
from trainee.serve.bodies import Batch, EpisodeEnd, NewEpisode, NewReward, Noted
from trainee.serve.refusals import Refused, answered
from trainee.serve.security import Caller
from trainee.serve.service import Service, digest

# What each kind has to say.
WANTED = {
    "episode": ("job", "episode"),
    "decision": ("episode", "sequence", "event_id"),
    "reward": ("episode", "sequence", "reward_id", "value"),
    "end": ("episode",),
}


async def taken(service: Service, caller: Caller, batch: Batch) -> list[dict[str, Any]]:
    """Take what was noted, in order; each is answered by itself.

    Raises:
      RecordError: the record does not answer, and what follows was not taken. It may all be sent again.
    """
    results = []
    for noted in batch.events:
        try:
            results.append({"status": 200, **await _taken(service, caller, noted)})
        except RecordError:
            raise
        except TraineeError as error:
            response = answered(error)
            code = error.code if isinstance(error, Refused) else "unfit"
            results.append({"status": response.status_code, "code": code, "message": str(error)})
    return results


async def _taken(service: Service, caller: Caller, noted: Noted) -> dict[str, Any]:
    lacking = [name for name in WANTED[noted.kind] if getattr(noted, name) is None]
    if lacking:
        raise Refused("invalid", f"an event of kind {noted.kind!r} lacks {lacking[0]!r}")
    if noted.kind == "episode":
        job = _job(service, caller, noted.job or "")
        begun = await episodes.begin(service, job, NewEpisode(episode=noted.episode))
        return {"episode": begun["episode"]}
    name = noted.episode or ""
    job = _job(service, caller, service.job_of.get(name, ""))
    if noted.kind == "decision":
        return await _decided(service, job, name, noted)
    if noted.kind == "reward":
        assert noted.value is not None
        assert noted.reward_id is not None
        said = {"value": noted.value, "reward_id": noted.reward_id, "final": noted.final}
        reward = NewReward(**said, observed_at=noted.observed_at, of=noted.of)
        return await outcomes.reward(service, job, f"{name}.{noted.sequence}", reward)
    ended = EpisodeEnd(terminated=noted.terminated, truncated=noted.truncated, observation=noted.observation)
    return await episodes.end(service, job, name, ended)


async def _decided(service: Service, job: JobEntry, name: str, noted: Noted) -> dict[str, Any]:
    """A decision that the client made."""
    entry, place = job.episodes.get(name), service.place(job.name)
    said, decision = digest(noted.model_dump(exclude_unset=True)), f"{name}.{noted.sequence}"
    if entry is not None and entry.over is None and noted.sequence == entry.next_sequence:
        place.desk.coordinates(noted.action)
        # Whether it is fit is seen here; it is learned from like any other.
        place.desk.time_step(noted.observation, 0.0, noted.sequence == 0, False, False, noted.action_mask)
    elif entry is not None and entry.over is None and (noted.sequence or 0) > entry.next_sequence:
        raise Refused("out_of_sequence", f"the next decision of episode {name} has the sequence {entry.next_sequence}")
    body = {
        "event_id": noted.event_id,
        "sequence": noted.sequence,
        "observation": noted.observation,
        "action_mask": noted.action_mask,
        "baseline_action": None,
        "deadline_ms": None,
        "decision": decision,
        "episode": name,
        **episodes.UNDECIDED,
        "action": noted.action,
        "source": "client",
        "fallback": None,
        "version": entry.version if entry is not None else "live",
        "stage": entry.stage if entry is not None else "full",
        "took_ms": 0.0,
    }
    key = f"d:{decision}"
    if entry is None or entry.over is not None or noted.sequence != entry.next_sequence:
        event = service.log.find(key)
        if event is None:
            raise Refused("episode_over", f"episode {name} has ended: begin another")
        if event.digest != said:
            raise Refused("used_before", f"decision {decision!r} was made before, and otherwise")
        return {"decision": decision}
    event, _ = await service.once([Draft("decided", job.name, body, key, said)], key, said)
    # What deciding remembers of the episode is worked out from the record when it is next asked.
    service.sessions.pop(entry.id, None)
    return {"decision": event.body["decision"]}


def _job(service: Service, caller: Caller, name: str) -> JobEntry:
    if not caller.sees(name) or name not in service.jobs:
        raise Refused("unknown_job" if name else "unknown_episode", f"there is no job {name!r}, or no such episode")
    return service.jobs[name]
