"""Deciding: what is seen, and what to do. By the agent; or by the baseline or a person, where it may not or cannot."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from trainee.record.events import Draft, Event
from trainee.serve import people
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.bodies import NewDecision
from trainee.serve.episodes import known_reward, reward_before
from trainee.serve.people import Instead
from trainee.serve.reading import digest
from trainee.serve.refusals import Refused, used_before
from trainee.serve.service import Service
from trainee.serve.sessions import follow, in_turn, words
from trainee.workshop import Place, Reply, WorkshopGone

logger = logging.getLogger("trainee.serve")
# Decisions of an episode that may wait for their rewards, and how long one waits for a person where it has no deadline.
MOST_UNSETTLED, PERSON_S = 10_000, 30.0
ANSWERED = (
    "decision",
    "episode",
    "sequence",
    "action",
    "propensity",
    "value",
    "spread",
    "interval",
    "abandon",
    "feelings",
    "heard",
    "version",
    "stage",
    "source",
    "fallback",
    "took_ms",
)
UNDECIDED = {
    **dict.fromkeys(("propensity", "value", "spread", "interval", "feelings", "heard", "conduct")),
    "abandon": False,
}


@dataclass
class Call:
    """One call to decide.

    Attributes:
      job, place, entry: where.
      asked: what it says.
      told: the same as `Place.ask` takes it.
      started: when it came, in seconds of `time.perf_counter`.
      late: what the agent answers after its deadline.
      instead: what a person said to do.
    """

    job: JobEntry
    place: Place
    entry: EpisodeEntry
    asked: NewDecision
    told: tuple[Any, ...]
    started: float
    late: asyncio.Future[Reply] | None = None
    instead: Instead | None = None

    @property
    def decision(self) -> str:
        """The id of what is decided."""
        return f"{self.entry.id}.{self.asked.sequence}"

    def left_s(self) -> float | None:
        """Seconds until the deadline; None where there is none."""
        if self.asked.deadline_ms is None:
            return None
        return max(self.started + self.asked.deadline_ms / 1000 - time.perf_counter(), 0.0)


async def decide(service: Service, job: JobEntry, name: str, asked: NewDecision) -> dict[str, Any]:
    """Decide.

    Raises:
      Refused: it is not the next decision of an episode under way.
      UnfitTimeStep: what is seen is outside the space, or the baseline action may not be taken.
      RecordFull, RecordUnavailable: nothing was decided.
    """
    started = time.perf_counter()
    place, said = service.place(job.name), digest(asked.model_dump(exclude_unset=True))
    entry = job.episodes.get(name)
    if entry is None or entry.over is not None or asked.sequence < entry.next_sequence:
        return await _again(service, name, entry, asked, said)
    with service.alone(name):
        if asked.sequence > entry.next_sequence:
            raise _not_next(entry)
        if asked.event_id in entry.recent:
            raise Refused("used_before", f"event_id {asked.event_id!r} was decision {entry.recent[asked.event_id]}")
        if len(entry.accounts) >= MOST_UNSETTLED:
            raise Refused("full", f"{MOST_UNSETTLED:,} decisions of episode {name} wait for their rewards")
        if asked.baseline_action is not None:
            place.codec.heard_action(asked.baseline_action, asked.action_mask)
        reward = known_reward(job, entry, asked.reward)
        told = asked.observation, reward, asked.sequence == 0, False, False, asked.action_mask
        # What is unfit is refused before anything is recorded.
        place.codec.heard(*told)
        call = Call(job, place, entry, asked, told, started)
        try:
            return await _decided(service, call, said, reward)
        except Exception as error:
            if call.instead is not None and not call.instead.recorded.done():
                call.instead.recorded.set_exception(error)
            raise
        finally:
            service.waiting.pop(call.decision, None)


async def _decided(service: Service, call: Call, said: str, reward: float) -> dict[str, Any]:
    asked, entry, job = call.asked, call.entry, call.job
    before = entry.before
    reply = await _reply(service, call)
    answer = reply if reply is not None and reply.sound else None
    chosen = await _chosen(service, call, answer)
    body = {
        **asked.model_dump(exclude={"reward"}),
        "decision": call.decision,
        "episode": entry.id,
        **(UNDECIDED if answer is None else _about(answer, chosen["source"] == "agent")),
        **chosen,
        "version": entry.version,
        "stage": entry.stage,
        "took_ms": round(1000 * (time.perf_counter() - call.started), 3),
        "reward_known": reward,
    }
    key = f"d:{call.decision}"
    drafts = [Draft("decided", job.name, body, key, said)]
    if asked.reward is not None and asked.sequence > 0:
        drafts.insert(0, reward_before(service, job, entry, asked.reward))
    if call.instead is not None:
        drafts.append(call.instead.draft(job.name, call.decision, 0, False))
    event, known = await service.once(drafts, key, said)
    if call.instead is not None:
        await _confirm(service, call, known)
    follow(service, entry, asked.sequence, reply, call.late)
    service.shadow.decided(job, entry, call.told, event, before)
    return answered(event)


async def _reply(service: Service, call: Call) -> Reply | None:
    """What the agent says; None where that is not known in time."""
    entry, left_s = call.entry, call.left_s()
    told = entry.before, call.told, words(entry.id, call.asked.sequence)
    replying = in_turn(service, call.place, entry, *told)
    try:
        if left_s is None or call.asked.baseline_action is None:
            return await replying
        asked = asyncio.ensure_future(replying)
        done, _ = await asyncio.wait([asked], timeout=left_s)
        if done:
            return asked.result()
    except WorkshopGone:
        return None
    except Exception:
        # Whatever is wrong with it, there may be a baseline to fall back on.
        logger.exception("version %r of job %r could not decide", entry.version, call.job.name)
        return None
    # Who waits for it next is told what is wrong with it.
    asked.add_done_callback(lambda answered: answered.cancelled() or answered.exception())
    call.late = asked
    return None


async def _chosen(service: Service, call: Call, answer: Reply | None) -> dict[str, Any]:
    """Who decides, and what.

    Raises:
      Refused: nobody does.
    """
    asked, job = call.asked, call.job
    while (control := job.control)["mode"] == "person":
        if control["action"] is not None and call.place.codec.valid(control["action"], asked.action_mask):
            return _by_person(control["action"], control["by"])
        left_s = call.left_s()
        patience_s = PERSON_S - (time.perf_counter() - call.started) if left_s is None else left_s
        if service.stopping or patience_s <= 0:
            break
        try:
            call.instead = await people.asked(service, job, _question(call, answer), patience_s)
        except TimeoutError:
            break
        if call.instead is not None:
            return _by_person(call.instead.asked.action, call.instead.by)
    fallback = {"paused": "paused", "person": "taken_over", "agent": None}[control["mode"]]
    if fallback is None and answer is not None:
        return {"action": answer.action, "source": "agent", "fallback": None, "by": None}
    fallback = fallback or ("deadline" if call.late is not None else "invalid")
    if asked.baseline_action is None:
        raise Refused("not_ready", f"job {job.name!r} is {fallback}, and the call has no baseline_action to answer")
    return {"action": asked.baseline_action, "source": "baseline", "fallback": fallback, "by": None}


def _by_person(action: Any, by: str) -> dict[str, Any]:
    return {"action": action, "source": "person", "fallback": None, "by": by}


def _question(call: Call, answer: Reply | None) -> dict[str, Any]:
    """What a person is told who is to decide: as of a decision, with the action that the agent would take."""
    return {
        "seq": None,
        "at": time.time(),
        "job": call.job.name,
        "decision": call.decision,
        "episode": call.entry.id,
        **call.asked.model_dump(exclude={"reward"}),
        **(UNDECIDED if answer is None else _about(answer, False)),
        "action": None if answer is None else answer.action,
        "version": call.entry.version,
        "stage": call.entry.stage,
        "source": "person",
        "fallback": None,
        "by": None,
        "took_ms": round(1000 * (time.perf_counter() - call.started), 3),
    }


async def _confirm(service: Service, call: Call, known: bool) -> None:
    """Tell the person who decided that it is on disk."""
    assert call.instead is not None
    event = None if known else await asyncio.to_thread(service.log.find, f"o:{call.decision}:0")
    if event is None:
        call.instead.recorded.set_exception(used_before(f"d:{call.decision}"))
    else:
        call.instead.recorded.set_result(event)


async def _again(
    service: Service, name: str, entry: EpisodeEntry | None, asked: NewDecision, said: str
) -> dict[str, Any]:
    """What was answered when this was asked before."""
    event = await asyncio.to_thread(service.log.find, f"d:{name}.{asked.sequence}")
    if event is not None and event.body["event_id"] == asked.event_id:
        if event.digest != said:
            raise Refused("used_before", f"event_id {asked.event_id!r} was used before, for something else")
        return answered(event)
    if entry is None or entry.over is not None:
        raise Refused("episode_over", f"episode {name} has ended: begin another")
    if asked.event_id in entry.recent:
        raise Refused("used_before", f"event_id {asked.event_id!r} was decision {entry.recent[asked.event_id]}")
    raise _not_next(entry)


def _not_next(entry: EpisodeEntry) -> Refused:
    return Refused("out_of_sequence", f"the next decision of episode {entry.id} has the sequence {entry.next_sequence}")


def _about(answer: Reply, followed: bool) -> dict[str, Any]:
    """What is said of a decision besides the action; `followed` where it was the agent's that was taken."""
    return {
        "propensity": answer.propensity if followed else None,
        "value": answer.value,
        "spread": answer.spread,
        "interval": answer.interval,
        "abandon": followed and answer.abandon,
        "feelings": answer.feelings,
        "heard": answer.heard,
        "conduct": {**answer.conduct, "abandon": followed and answer.conduct["abandon"]},
    }


def answered(event: Event) -> dict[str, Any]:
    """The answer that a decision was given."""
    # What a version before this one did not tell is not known.
    return {name: event.body.get(name) for name in ANSWERED}
