"""Episodes: begun, decided in, ended."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import numpy as np

from trainee.errors import UnfitTimeStep
from trainee.life import Answer
from trainee.record.events import Draft, Event
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.bodies import EpisodeEnd, NewDecision, NewEpisode, RewardBefore
from trainee.serve.place import Place
from trainee.serve.refusals import Refused
from trainee.serve.service import Service, digest
from trainee.serve.sessions import REMEMBERED, Session, recalled, words
from trainee.types import TimeStep

# Episodes that may be under way in a job, decisions of one that may wait for their rewards, and how long a decision
# waits for a person where it has no deadline.
MOST_EPISODES, MOST_UNSETTLED, PERSON_S = 10_000, 10_000, 30.0
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
    "version",
    "stage",
    "source",
    "fallback",
    "took_ms",
)
UNDECIDED = {"propensity": None, "value": None, "spread": None, "interval": None, "abandon": False, "conduct": None}


async def begin(service: Service, job: JobEntry, asked: NewEpisode) -> dict[str, Any]:
    """Begin an episode. Its version is settled here and does not change.

    Raises:
      Refused: too many are under way, or the name was used for another job.
    """
    service.place(job.name)
    if job.counts["open_episodes"] >= MOST_EPISODES:
        raise Refused("full", f"{MOST_EPISODES:,} episodes of job {job.name!r} are under way, and no more may be")
    name = asked.episode or uuid4().hex
    body = {"episode": name, **service.releases.version_of(job, name)}
    key, said = f"b:{name}", digest({"job": job.name, "episode": name})
    event, _ = await service.once([Draft("episode_begun", job.name, body, key, said)], key, said)
    return {"job": event.job, **{told: event.body[told] for told in ("episode", "version", "stage")}}


async def decide(service: Service, job: JobEntry, name: str, asked: NewDecision) -> dict[str, Any]:
    """Decide.

    Raises:
      Refused: it is not the next decision of an episode under way.
      UnfitTimeStep: what is seen is outside the space.
      RecordFull, RecordUnavailable: nothing was decided.
    """
    started = time.perf_counter()
    place, said = service.place(job.name), digest(asked.model_dump(exclude_unset=True))
    entry = job.episodes.get(name)
    if entry is None or entry.over is not None or asked.sequence < entry.next_sequence:
        return await _again(service, name, entry, asked, said)
    if asked.sequence > entry.next_sequence:
        raise Refused("out_of_sequence", f"the next decision of episode {name} has the sequence {entry.next_sequence}")
    if asked.event_id in entry.recent:
        raise Refused("used_before", f"event_id {asked.event_id!r} was decision {entry.recent[asked.event_id]}")
    if len(entry.accounts) >= MOST_UNSETTLED:
        raise Refused("full", f"{MOST_UNSETTLED:,} decisions of episode {name} wait for their rewards")
    if asked.baseline_action is not None:
        place.desk.coordinates(asked.baseline_action)
    reward = _known_reward(job, entry, asked.reward)
    step = place.desk.time_step(asked.observation, reward, asked.sequence == 0, False, False, asked.action_mask)
    session = await _session(service, place, entry)
    if session.busy:
        raise Refused("in_flight", "another decision of this episode is under way: ask again in a moment")
    session.busy = True
    try:
        return await _decided(service, job, place, entry, session, asked, said, step, started)
    finally:
        session.busy = False


async def _decided(
    service: Service,
    job: JobEntry,
    place: Place,
    entry: EpisodeEntry,
    session: Session,
    asked: NewDecision,
    said: str,
    step: TimeStep,
    started: float,
) -> dict[str, Any]:
    before = entry.before
    deadline = None if asked.deadline_ms is None else started + asked.deadline_ms / 1000
    decision = f"{entry.id}.{asked.sequence}"
    answer = await _answer(service, place, entry, session, asked, step, deadline)
    chosen = await _chosen(service, job, decision, answer, asked, deadline)
    took_ms = round(1000 * (time.perf_counter() - started), 3)
    about = UNDECIDED if answer is None else _about(answer, chosen["source"] == "agent")
    body = {
        **asked.model_dump(exclude={"reward"}),
        "decision": decision,
        "episode": entry.id,
        **about,
        **chosen,
        "version": entry.version,
        "stage": entry.stage,
        "took_ms": took_ms,
    }
    key = f"d:{decision}"
    drafts = [Draft("decided", job.name, body, key, said)]
    if asked.reward is not None and asked.sequence > 0:
        drafts.insert(0, reward_before(job, entry, asked.reward))
    event, _ = await service.once(drafts, key, said)
    if answer is not None:
        session.underway, session.late = answer.underway, None
    service.shadow.decided(job, entry, step, event, before)
    return answered(event)


async def _answer(
    service: Service,
    place: Place,
    entry: EpisodeEntry,
    session: Session,
    asked: NewDecision,
    step: TimeStep,
    deadline: float | None,
) -> Answer | None:
    """What the agent decides; None where that is not known in time, and there is something else to do."""
    late, session.late = session.late, None
    underway = session.underway if late is None else (await late).underway
    deciding = service.releases.deciding(entry.version, place)
    told = underway, entry.before, step, words(entry.id, asked.sequence)
    if place.desk.quick:
        return deciding(*told)
    future = asyncio.get_running_loop().run_in_executor(place.asking, deciding, *told)
    if deadline is None or asked.baseline_action is None:
        return await asyncio.shield(future)
    done, _ = await asyncio.wait([future], timeout=max(deadline - time.perf_counter(), 0.0))
    if done:
        return future.result()
    session.late = future
    return None


async def _chosen(
    service: Service, job: JobEntry, decision: str, answer: Answer | None, asked: NewDecision, deadline: float | None
) -> dict[str, Any]:
    """Who decides, and what."""
    control = job.control
    baseline = {"action": asked.baseline_action, "source": "baseline"}
    if control["mode"] == "person":
        action = control["action"]
        if action is None:
            action = await _of_person(service, decision, asked, deadline)
        if action is not None:
            return {"action": action, "source": "person", "fallback": None}
    if control["mode"] != "agent":
        fallback = "paused" if control["mode"] == "paused" else "taken_over"
        if asked.baseline_action is None:
            raise Refused("not_ready", f"job {job.name!r} is {fallback}, and the call has no baseline_action to answer")
        return {**baseline, "fallback": fallback}
    if answer is None:
        return {**baseline, "fallback": "deadline"}
    return {"action": answer.action, "source": "agent", "fallback": None}


async def _of_person(service: Service, decision: str, asked: NewDecision, deadline: float | None) -> Any:
    """What a person says before the deadline; None where nobody does."""
    future = asyncio.get_running_loop().create_future()
    service.waiting[decision] = future
    timeout = PERSON_S if deadline is None else max(deadline - time.perf_counter(), 0.0)
    try:
        return await asyncio.wait_for(future, timeout)
    except (TimeoutError, asyncio.CancelledError):
        return None
    finally:
        service.waiting.pop(decision, None)


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
    raise Refused("out_of_sequence", f"the next decision of episode {name} has the sequence {entry.next_sequence}")


async def end(service: Service, job: JobEntry, name: str, asked: EpisodeEnd) -> dict[str, Any]:
    """End an episode.

    Raises:
      Refused: it says neither or both of terminated and truncated, or it ended otherwise before.
      UnfitTimeStep: the final observation is missing or outside the space.
    """
    key, said = f"e:{name}", digest(asked.model_dump(exclude_unset=True))
    if asked.terminated == asked.truncated:
        raise Refused("invalid", "an episode ends either terminated or truncated: say which")
    entry, place = job.episodes.get(name), service.place(job.name)
    conduct = None
    if entry is not None and entry.over is None:
        if asked.truncated and asked.observation is None and entry.next_sequence:
            raise UnfitTimeStep("observation is missing, and a truncated episode needs its final one")
        conduct = await _at_the_end(service, place, job, entry, asked)
    body = {"episode": name, **asked.model_dump(exclude={"reward"}), "lost": False, "conduct": conduct}
    drafts = [Draft("episode_ended", job.name, body, key, said)]
    if asked.reward is not None and entry is not None and entry.next_sequence:
        drafts.insert(0, reward_before(job, entry, asked.reward))
    event, _ = await service.once(drafts, key, said)
    return {"seq": event.seq, "late": False}


async def _at_the_end(
    service: Service, place: Place, job: JobEntry, entry: EpisodeEntry, asked: EpisodeEnd
) -> dict[str, Any] | None:
    """What the agent expects where the episode ends: what would have followed a truncated one still counts."""
    if asked.observation is None or not entry.next_sequence:
        return None
    reward = _known_reward(job, entry, asked.reward)
    step = place.desk.time_step(asked.observation, reward, False, True, asked.terminated, None)
    session = await _session(service, place, entry)
    late = None if session.late is None else await session.late
    underway = session.underway if late is None else late.underway
    told = underway, entry.before, step, words(entry.id, entry.next_sequence)
    deciding = service.releases.deciding(entry.version, place)
    answer = await asyncio.get_running_loop().run_in_executor(place.asking, deciding, *told)
    return answer.conduct


async def _session(service: Service, place: Place, entry: EpisodeEntry) -> Session:
    """What is remembered of an episode; after a restart it is worked out from the record."""
    session = service.sessions.get(entry.id)
    if session is None:
        underway, deciding = (
            service.releases.blank(entry.version, place),
            service.releases.deciding(entry.version, place),
        )
        if entry.next_sequence:
            first = max(entry.next_sequence - REMEMBERED, 0)
            keys = [f"d:{entry.id}.{sequence}" for sequence in range(first, entry.next_sequence)]
            events = await asyncio.to_thread(service.log.found, keys)
            underway = await asyncio.get_running_loop().run_in_executor(
                place.asking, recalled, place, deciding, underway, events
            )
        session = service.sessions.setdefault(entry.id, Session(underway))
    return session


def _known_reward(job: JobEntry, entry: EpisodeEntry, reward: RewardBefore | None) -> float:
    """What is known by now of what the newest decision has brought."""
    held = entry.accounts.get(entry.next_sequence - 1)
    known = 0.0 if held is None else held[0].total(job.about["rewards"], 0.0)
    more = 0.0 if reward is None else reward.value
    return float(np.clip(known + more, -1e30, 1e30))


def reward_before(job: JobEntry, entry: EpisodeEntry, reward: RewardBefore) -> Draft:
    """The reward that came along with the next call."""
    decision = f"{entry.id}.{entry.next_sequence - 1}"
    reward_id = reward.reward_id or "with-the-next"
    _, account = job.account(decision)
    late = account is None or account.closed
    body = {
        "decision": decision,
        "reward_id": reward_id,
        "value": reward.value,
        "observed_at": reward.observed_at if reward.observed_at is not None else 0.0,
        "final": reward.final,
        "of": None,
        "late": late,
    }
    return Draft("rewarded", job.name, body, f"r:{decision}:{reward_id}", digest(reward.model_dump(exclude_unset=True)))


def _about(answer: Answer, followed: bool) -> dict[str, Any]:
    """What is said of a decision besides the action; `followed` where it was the agent's that was taken."""
    decision = answer.decision
    return {
        "propensity": float(decision.propensity) if followed else None,
        "value": float(decision.value),
        "spread": float(decision.spread),
        "interval": [float(bound) for bound in np.asarray(decision.interval)],
        "abandon": followed and bool(decision.abandon),
        "conduct": {**answer.conduct, "abandon": followed and answer.conduct["abandon"]},
    }


def answered(event: Event) -> dict[str, Any]:
    """The answer that a decision was given."""
    return {name: event.body[name] for name in ANSWERED}
