"""Offline: what a client noted while it could not call. It decided by itself, and is learned from all the same."""

from __future__ import annotations

import asyncio
from typing import Any

from trainee.errors import RecordError, TraineeError
from trainee.record.events import Draft
from trainee.serve import episodes, outcomes
from trainee.serve.access import job_at, job_of, job_of_decision
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.bodies import Batch, EpisodeEnd, NewEpisode, NewReward, Noted
from trainee.serve.deciding import UNDECIDED
from trainee.serve.reading import digest
from trainee.serve.refusals import STATUS, Refused, code_of
from trainee.serve.security import Caller
from trainee.serve.service import Service

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
            code = code_of(error)
            results.append({"status": STATUS[code], "code": code, "message": str(error)})
    return results


async def _taken(service: Service, caller: Caller, noted: Noted) -> dict[str, Any]:
    lacking = [name for name in WANTED[noted.kind] if getattr(noted, name) is None]
    if lacking:
        raise Refused("invalid", f"an event of kind {noted.kind!r} lacks {lacking[0]!r}")
    if noted.kind == "episode":
        job = job_at(service, caller, noted.job or "")
        begun = await episodes.begin(service, job, NewEpisode(episode=noted.episode))
        return {"episode": begun["episode"]}
    name = noted.episode or ""
    if noted.kind == "decision":
        return await _decided(service, await job_of(service, caller, name), name, noted)
    if noted.kind == "reward":
        assert noted.value is not None
        assert noted.reward_id is not None
        said = {"value": noted.value, "reward_id": noted.reward_id, "final": noted.final}
        reward, decision = NewReward(**said, observed_at=noted.observed_at, of=noted.of), f"{name}.{noted.sequence}"
        return await outcomes.reward(service, await job_of_decision(service, caller, decision), decision, reward)
    said = {said: getattr(noted, said) for said in noted.model_fields_set & EpisodeEnd.model_fields.keys()}
    return await episodes.end(service, await job_of(service, caller, name), name, EpisodeEnd(**said))


async def _decided(service: Service, job: JobEntry, name: str, noted: Noted) -> dict[str, Any]:
    """A decision that the client made."""
    entry, codec = job.episodes.get(name), service.place(job.name).codec
    said, decision = digest(noted.model_dump(exclude_unset=True)), f"{name}.{noted.sequence}"
    if entry is None or entry.over is not None or (noted.sequence or 0) < entry.next_sequence:
        return await _again(service, name, decision, said)
    if noted.sequence != entry.next_sequence:
        raise Refused("out_of_sequence", f"the next decision of episode {name} has the sequence {entry.next_sequence}")
    if noted.event_id in entry.recent:
        raise Refused("used_before", f"event_id {noted.event_id!r} was decision {entry.recent[noted.event_id or '']}")
    with service.alone(name):
        codec.heard_action(noted.action, noted.action_mask)
        # Whether it is fit is seen here; it is learned from like any other.
        codec.heard(noted.observation, 0.0, noted.sequence == 0, False, False, noted.action_mask)
        key = f"d:{decision}"
        drafts = [Draft("decided", job.name, _body(entry, noted, decision), key, said)]
        await service.once(drafts, key, said)
    return {"decision": decision}


def _body(entry: EpisodeEntry, noted: Noted, decision: str) -> dict[str, Any]:
    return {
        "event_id": noted.event_id,
        "sequence": noted.sequence,
        "observation": noted.observation,
        "action_mask": noted.action_mask,
        "baseline_action": None,
        "deadline_ms": None,
        "decision": decision,
        "episode": entry.id,
        **UNDECIDED,
        "action": noted.action,
        "source": "client",
        "fallback": None,
        "by": None,
        "version": entry.version,
        "stage": entry.stage,
        "took_ms": 0.0,
        "reward_known": 0.0,
    }


async def _again(service: Service, name: str, decision: str, said: str) -> dict[str, Any]:
    """What was answered when it was told before."""
    event = await asyncio.to_thread(service.log.find, f"d:{decision}")
    if event is None:
        raise Refused("episode_over", f"episode {name} has ended: begin another")
    if event.digest != said:
        raise Refused("used_before", f"decision {decision!r} was made before, and otherwise")
    return {"decision": decision}
