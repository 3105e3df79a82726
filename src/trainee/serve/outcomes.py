"""Outcomes: what came of decisions."""

from __future__ import annotations

import asyncio
from typing import Any

from trainee.record.events import Draft
from trainee.serve.board import JobEntry
from trainee.serve.bodies import MOST_REWARDS, NewReward
from trainee.serve.reading import digest
from trainee.serve.refusals import Refused
from trainee.serve.service import Service


async def reward(service: Service, job: JobEntry, decision: str, asked: NewReward) -> dict[str, Any]:
    """What came of a decision. What comes too late is kept and counted, and not learned from.

    Raises:
      Refused: there is no such decision, the id was used for another reward, or there are too many.
    """
    _, account = job.account(decision)
    if account is None:
        # It is settled; or there is none.
        made = await asyncio.to_thread(service.log.find, f"d:{decision}")
        if made is None or made.job != job.name:
            raise Refused("unknown_decision", f"there is no decision {decision!r} in job {job.name!r}")
    elif len(account.rewards) >= MOST_REWARDS and asked.reward_id not in account.rewards:
        raise Refused("full", f"{MOST_REWARDS:,} rewards of decision {decision!r} have come, and it is not settled")
    draft = reward_draft(service, job, decision, asked)
    assert draft.key is not None
    assert draft.digest is not None
    event, _ = await service.once([draft], draft.key, draft.digest)
    return {"seq": event.seq, "late": event.body["late"]}


def reward_draft(service: Service, job: JobEntry, decision: str, asked: NewReward) -> Draft:
    """The event in which a reward is recorded, by whatever call it came. It is to be written at once: whether it comes
    too late follows from what was written before.
    """
    _, account = job.account(decision)
    late = account is None or account.closed or decision in service.clocks.closing
    told = asked.model_dump()
    observed_at = 0.0 if asked.observed_at is None else asked.observed_at
    body = {**told, "decision": decision, "observed_at": observed_at, "late": late}
    return Draft("rewarded", job.name, body, f"r:{decision}:{asked.reward_id}", digest(told))
