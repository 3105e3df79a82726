"""People: who takes over, who is asked for what to do, and who did something else."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainee.record.events import Draft, Event
from trainee.serve.bodies import Control, Override
from trainee.serve.reading import digest
from trainee.serve.refusals import Refused

if TYPE_CHECKING:
    from trainee.serve.board import JobEntry
    from trainee.serve.service import Service

# How often it may be said that something else was done in one decision.
MOST_OVERRIDES = 100


@dataclass(frozen=True)
class Instead:
    """What a person says is to be done.

    Attributes:
      asked: the call.
      by: who makes it.
      recorded: the event in which it is, once that is on disk.
    """

    asked: Override
    by: str
    recorded: asyncio.Future[Event] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def draft(self, job: str, decision: str, number: int, late: bool) -> Draft:
        """The event in which it is recorded; the so-many-th of its decision."""
        body = {**self.asked.model_dump(), "decision": decision, "by": self.by, "late": late}
        return Draft("overridden", job, body, f"o:{decision}:{number}", said(self.asked))


class Waiting:
    """A decision that waits for a person.

    Args:
      job: of which job.
      view: what there is to say about it.

    Attributes:
      job, view: the same.
    """

    def __init__(self, job: str, view: dict[str, Any]):
        self.job, self.view = job, view
        self._answer: asyncio.Future[Instead | None] = asyncio.get_running_loop().create_future()

    @property
    def open(self) -> bool:
        """Whether nobody has answered it."""
        return not self._answer.done()

    async def answer(self, patience_s: float) -> Instead | None:
        """What a person says; None where who decides has to be looked at again.

        Raises:
          TimeoutError: nobody says anything.
        """
        return await asyncio.wait_for(self._answer, patience_s)

    async def give(self, instead: Instead) -> Event:
        """Say what is to be done, and wait until it is on disk.

        Raises:
          Refused: another person did.
          RecordError: it was not recorded.
        """
        if not self.open:
            raise Refused("in_flight", "this decision is being answered: look at it again in a moment")
        self._answer.set_result(instead)
        return await asyncio.shield(instead.recorded)

    def look_again(self) -> None:
        """Who decides may have changed."""
        if self.open:
            self._answer.set_result(None)


async def asked(service: Service, job: JobEntry, view: dict[str, Any], patience_s: float) -> Instead | None:
    """Ask whoever watches what to do. Arguments, results and errors are those of `Waiting` and its `answer`.

    Who asks takes it out of `service.waiting` once it is decided.
    """
    waiting = service.waiting[view["decision"]] = Waiting(job.name, {**view, "until": time.time() + patience_s})
    service.news.tell()
    return await waiting.answer(patience_s)


async def override(service: Service, job: JobEntry, decision: str, asked: Override, by: str) -> dict[str, Any]:
    """What a person did instead, or is to be done where that is waited for. The newest that is said counts; what was
    learned from already stays so.

    Raises:
      Refused: there is no such decision, or it was said too often.
      UnfitTimeStep: the action is not in the action space, or the decision's mask forbids it.
    """
    codec = service.place(job.name).codec
    codec.heard_action(asked.action)
    waiting = service.waiting.get(decision)
    if waiting is not None:
        codec.heard_action(asked.action, waiting.view["action_mask"])
        event = await waiting.give(Instead(asked, by))
        return {"seq": event.seq, "late": False}
    made, closed, before = await asyncio.to_thread(_looked_up, service, decision)
    if made is None or made.job != job.name:
        raise Refused("unknown_decision", f"there is no decision {decision!r} in job {job.name!r}")
    if before and before[-1].digest == said(asked):
        return {"seq": before[-1].seq, "late": before[-1].body["late"]}
    codec.heard_action(asked.action, made.body["action_mask"])
    if len(before) >= MOST_OVERRIDES:
        raise Refused("full", f"of decision {decision!r} it was said {len(before)} times what was done instead")
    _, account = job.account(decision)
    over = time.time() - made.at > job.about["reward_window_s"]
    late = account.closed if account is not None else closed is not None or over
    draft = Instead(asked, by).draft(job.name, decision, len(before), late)
    assert draft.key is not None
    event, _ = await service.once([draft], draft.key, said(asked))
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
        service.place(job.name).codec.heard_action(asked.action)
    await service.record([Draft("control_set", job.name, {**asked.model_dump(), "by": by})])
    for waiting in service.waiting.values():
        if waiting.job == job.name:
            waiting.look_again()
    return job.control


def said(asked: Override) -> str:
    """The digest of an override."""
    return digest(asked.model_dump(exclude_unset=True))


def _looked_up(service: Service, decision: str) -> tuple[Event | None, Event | None, list[Event]]:
    before = service.log.under(f"o:{decision}:", MOST_OVERRIDES + 1)
    return service.log.find(f"d:{decision}"), service.log.find(f"w:{decision}"), before
