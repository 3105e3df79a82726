"""Views: jobs and decisions as people and programs are shown them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trainee.life import Account
from trainee.record.events import Event
from trainee.serve.board import JobEntry
from trainee.serve.bodies import MOST_REWARDS
from trainee.serve.deciding import ANSWERED
from trainee.serve.people import MOST_OVERRIDES
from trainee.serve.refusals import Refused
from trainee.serve.service import Service

# Points of a job's curve that an overview has, events about decisions after which a page of them ends, and what the
# ledger is made of.
TAIL, MOST_TOLD = 40, 20_000
LEDGER = ("control_set", "overridden", "released", "release_moved", "serving_set", "job_made")


def job_view(service: Service, job: JobEntry) -> dict[str, Any]:
    """A job, and what it is doing now."""
    place = service.places.get(job.name)
    returns = [point["return"] for point in job.curve]
    behind = max(job.last - place.cursor, 0) if place else 0
    return {
        **job.about,
        "made_at": job.made_at,
        "ready": place is not None and place.ready,
        "control": job.control,
        "serving": job.serving,
        "release": service.releases.current(job.name),
        "counts": job.counts,
        "learned": {"steps": place.steps if place else 0, "behind": behind},
        "recent_return": sum(returns[-10:]) / len(returns[-10:]) if returns else None,
        "decisions_per_s": job.rate.per_second,
        "newest": plain(job.newest) if job.newest is not None else None,
        "curve_tail": returns[-TAIL:],
    }


def whole_job_view(service: Service, job: JobEntry) -> dict[str, Any]:
    """A job with its curve, and what was felt at its newest decision."""
    felt = job.newest.body.get("feelings") if job.newest is not None else None
    return {**job_view(service, job), "curve": list(job.curve), "marks": list(job.marks), "feelings": felt}


def plain(event: Event) -> dict[str, Any]:
    """A decision as it was made."""
    body = event.body
    asked = ("event_id", "observation", "action_mask", "baseline_action", "deadline_ms")
    answered = {name: body.get(name) for name in (*ANSWERED, *asked)}
    return {"seq": event.seq, "at": event.at, "job": event.job, **answered, "by": body.get("by")}


def decision_view(service: Service, event: Event, came: Sequence[Event]) -> dict[str, Any]:
    """A decision and what came of it.

    Args:
      service: whose it is.
      event: in which it was made.
      came: the events about it since.
    """
    account, rewards, overridden, closed = Account(), [], None, None
    for later in came:
        body = later.body
        if later.kind == "rewarded":
            told = {name: body[name] for name in ("reward_id", "value", "observed_at", "final", "of", "late")}
            rewards.append({**told, "at": later.at})
            if not body["late"]:
                account.add(body["reward_id"], body["value"], body["observed_at"], body["final"], body["of"])
        elif later.kind == "overridden":
            overridden = {**{name: body[name] for name in ("action", "by", "reason", "late")}, "at": later.at}
        elif later.kind in ("defaulted", "window_closed"):
            closed, account.closed = later, True
    about = service.jobs[event.job or ""].about
    known = bool(account.rewards) or closed is not None
    return {
        **plain(event),
        "rewards": rewards,
        "account": account.total(about["rewards"], about["default_reward"]) if known else None,
        "settled": account.settled,
        "defaulted": closed is not None and not account.rewards,
        "override": overridden,
    }


def decision_at(service: Service, decision: str) -> dict[str, Any]:
    """Everything about a decision.

    Raises:
      Refused: there is none.
    """
    event = service.log.find(f"d:{decision}")
    if event is None:
        raise Refused("unknown_decision", f"there is no decision {decision!r}")
    return decision_view(service, event, _came(service, decision))


def decisions_before(service: Service, job: str, before: int | None, limit: int) -> dict[str, Any]:
    """A page of decisions, the newest first."""
    found, told = service.log.before(before, limit, job, ("decided",)), 0
    shown: list[dict[str, Any]] = []
    for event in found:
        came = _came(service, event.body["decision"])
        shown.append(decision_view(service, event, came))
        told += len(came)
        if told > MOST_TOLD:
            return {"decisions": shown, "before": event.seq}
    return {"decisions": shown, "before": _next(found, limit)}


def episodes_before(service: Service, job: JobEntry, before: int | None, limit: int) -> dict[str, Any]:
    """A page of episodes, the newest first."""
    found = service.log.before(before, limit, job.name, ("episode_begun",))
    ends = service.log.found([f"e:{event.body['episode']}" for event in found])
    ended = {event.body["episode"]: event for event in ends}
    points = {point["episode"]: point for point in list(job.curve)}
    shown = []
    for event in found:
        name, end = event.body["episode"], ended.get(event.body["episode"])
        point = points.get(name, {})
        how = {told: None if end is None else end.body[told] for told in ("terminated", "truncated", "lost")}
        shown.append(
            {
                "seq": event.seq,
                "at": event.at,
                **event.body,
                "over": end is not None,
                "ended_at": None if end is None else end.at,
                **how,
                "return": point.get("return"),
                "length": point.get("length"),
            }
        )
    return {"episodes": shown, "before": _next(found, limit)}


def ledger_before(service: Service, job: str, before: int | None, limit: int) -> dict[str, Any]:
    """A page of the ledger, the newest first."""
    found = service.log.before(before, limit, job, LEDGER)
    return {"entries": [ledger_entry(event) for event in found], "before": _next(found, limit)}


def _came(service: Service, decision: str) -> list[Event]:
    """The events about a decision since it was made."""
    came = service.log.under(f"r:{decision}:", 2 * MOST_REWARDS) + service.log.under(f"o:{decision}:", MOST_OVERRIDES)
    return sorted(came + service.log.found([f"w:{decision}"]), key=lambda event: event.seq)


def _next(found: Sequence[Event], limit: int) -> int | None:
    """Where the next page begins."""
    return found[-1].seq if len(found) == limit else None


def ledger_entry(event: Event) -> dict[str, Any]:
    """An intervention, in words."""
    body, by = event.body, event.body.get("by") or "the service"
    match event.kind:
        case "control_set":
            done = {"agent": "handed back to the agent", "paused": "paused", "person": "took over"}[body["mode"]]
            with_action = f", action {body['action']}" if body["action"] is not None else ""
            text = f"{by} {done}{with_action}"
        case "overridden":
            text = f"{by} did {body['action']} instead in decision {body['decision']}"
        case "serving_set":
            text = f"version {body['version']} serves"
        case "job_made":
            text = "the job was made"
        case _:
            text = f"{body['version']} is {body['stage'].replace('_', ' ')}"
    reason = body.get("reason") or body.get("why")
    return {
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind,
        "by": body.get("by"),
        "text": f"{text}: {reason}" if reason else text,
    }
