"""Outcomes: what came of decisions, and what people did instead."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from trainee.record.events import Draft
from trainee.serve.board import JobEntry
from trainee.serve.bodies import Control, NewReward, Override
from trainee.serve.refusals import Refused
from trainee.serve.service import Service, digest


async def reward(service: Service, job: JobEntry, decision: str, asked: NewReward) -> dict[str, Any]:
    """What came of a decision. What comes too late is kept and counted, and not learned from.

    Raises:
      Refused: there is no such decision, or the id was used for another reward.
    """
    key, said = f"r:{decision}:{asked.reward_id}", digest(asked.model_dump(exclude_unset=True))
    body = {
        **asked.model_dump(),
        "decision": decision,
        "observed_at": asked.observed_at if asked.observed_at is not None else 0.0,
        "late": await _late(service, job, decision),
    }
    event, _ = await service.once([Draft("rewarded", job.name, body, key, said)], key, said)
    return {"seq": event.seq, "late": event.body["late"]}


async def override(service: Service, job: JobEntry, decision: str, asked: Override, by: str) -> dict[str, Any]:
    """What a person did instead. The newest that is said counts; what was learned from already stays so.

    Raises:
      Refused: there is no such decision.
      UnfitTimeStep: the action is not in the action space.
    """
    service.place(job.name).desk.coordinates(asked.action)
    waiting = service.waiting.get(decision)
    if waiting is not None and not waiting.done():
        waiting.set_result(asked.action)
        return {"seq": service.last, "late": False}
    said = digest(asked.model_dump(exclude_unset=True))
    body = {**asked.model_dump(), "decision": decision, "by": by, "late": await _late(service, job, decision)}
    key = f"o:{decision}:{said}"
    event, _ = await service.once([Draft("overridden", job.name, body, key, said)], key, said)
    return {"seq": event.seq, "late": event.body["late"]}


async def control(service: Service, asked: Control, by: str) -> dict[str, Any]:
    """Pause, take over, hand back.

    Raises:
      Refused: there is no such job.
      UnfitTimeStep: the action is not in the action space.
    """
    job = service.job(asked.job)
    if asked.action is not None:
        if asked.mode != "person":
            raise Refused("invalid", f"in mode {asked.mode!r} nobody gives an action: leave it out")
        service.place(job.name).desk.coordinates(asked.action)
    await service.record([Draft("control_set", job.name, {**asked.model_dump(), "by": by})])
    for future in list(service.waiting.values()):
        # Whoever waits for the person that just left is answered.
        if asked.mode != "person" and not future.done():
            future.cancel()
    return job.control


async def _late(service: Service, job: JobEntry, decision: str) -> bool:
    """Whether what comes now of a decision comes too late to be learned from.

    Raises:
      Refused: there is no such decision.
    """
    _, account = job.account(decision)
    if account is not None:
        return account.closed
    made, closed = await asyncio.to_thread(_looked_up, service, decision)
    if made is None or made.job != job.name:
        raise Refused("unknown_decision", f"there is no decision {decision!r} in job {job.name!r}")
    return closed is not None or time.time() - made.at > job.about["reward_window_s"]


def _looked_up(service: Service, decision: str):
    return service.log.find(f"d:{decision}"), service.log.find(f"w:{decision}")
