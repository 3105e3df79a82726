"""The board: what is known of jobs and of the episodes under way, as the events say. Nothing else changes it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainee.life import Account
from trainee.record.events import Event
from trainee.serve.drift import Drift

# Points of a job's curve, marks on it, and ids of an episode's events that are kept at hand.
CURVE, MARKS, RECENT_IDS = 500, 200, 4_096
# Who decides in place of a version, and why the baseline does though the version could have.
OTHERS, TAKEN = ("person", "client"), ("paused", "taken_over")
AGENT = {"mode": "agent", "action": None, "by": None, "reason": None, "at": None}
COUNTS = (
    "episodes",
    "open_episodes",
    "decisions",
    "rewards",
    "defaulted",
    "late_rewards",
    "overrides",
    "baseline",
    "person",
)


@dataclass
class EpisodeEntry:
    """An episode that is not over, or whose rewards are not all settled.

    Attributes:
      id, version, stage: settled when it began.
      release: which is measured by it, if one is.
      next_sequence: of the decision that is to come.
      over: how it ended, once it has.
      heard_at: when it was last heard of, by this process's own clock.
      recent: the sequence number of each of the client's newest ids.
      accounts: of its decisions, from the first that is not settled; what a time step discounts there; and when it was
        decided.
      first_open: the first decision that is not settled.
      total, realised, weight: as in a logbook.
      predicted, low, high: the value at its first decision, and its interval.
      sources: who decided in it.
      intervened: somebody decided in it, or did something else, who is none of its version's: a person, or the client.
      before: what was done at the newest decision.
    """

    id: str
    version: str
    stage: str
    release: str | None = None
    next_sequence: int = 0
    over: Mapping[str, Any] | None = None
    heard_at: float = 0.0
    recent: dict[str, int] = field(default_factory=dict)
    accounts: dict[int, tuple[Account, float, float]] = field(default_factory=dict)
    first_open: int = 0
    total: float = 0.0
    realised: float = 0.0
    weight: float = 1.0
    predicted: float | None = None
    low: float | None = None
    high: float | None = None
    sources: set[str] = field(default_factory=set)
    intervened: bool = False
    before: Any = None

    def settle(self, adding: Any, default: float) -> None:
        """Take up what is settled, in order."""
        while (held := self.accounts.get(self.first_open)) is not None and held[0].settled:
            account, discount, _ = self.accounts.pop(self.first_open)
            reward = account.total(adding, default)
            self.total += reward
            self.realised += self.weight * reward
            self.weight *= discount
            self.first_open += 1


class JobEntry:
    """What is known of one job.

    Attributes:
      about: what it was made with.
      made_at: when.
      control: who decides.
      serving: the version that decides where no release says otherwise.
      episodes: those that are not done with, by id.
      counts: see `COUNTS`.
      curve: the newest episodes that are done with.
      marks: what people did, and when; and when what came was no longer what was expected.
      drift: watches for that.
      newest: the newest decision.
      last: its newest event.
      rate: decisions a second of late.
    """

    def __init__(self, about: Mapping[str, Any], made_at: float):
        self.about, self.made_at = dict(about), made_at
        self.name: str = about["job"]
        self.control: dict[str, Any] = dict(AGENT)
        self.serving = "live"
        self.episodes: dict[str, EpisodeEntry] = {}
        self.counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
        self.curve: deque[dict[str, Any]] = deque(maxlen=CURVE)
        self.marks: deque[dict[str, Any]] = deque(maxlen=MARKS)
        self.drift = Drift()
        self.newest: Event | None = None
        self.last = 0
        self.rate = Rate()

    def take(self, event: Event) -> dict[str, Any] | None:
        """One more event of this job; returns the point of the curve that it completes, if it does."""
        self.last = event.seq
        handler = getattr(self, f"_{event.kind}", None)
        episode = handler(event) if handler is not None else None
        return self._done(episode) if episode is not None else None

    def _episode_begun(self, event: Event) -> None:
        body = event.body
        entry = EpisodeEntry(body["episode"], body["version"], body["stage"], body["release"])
        entry.heard_at = time.monotonic()
        self.episodes[entry.id] = entry
        self.counts["episodes"] += 1
        self.counts["open_episodes"] += 1

    def _decided(self, event: Event) -> None:
        body = event.body
        entry = self.episodes[body["episode"]]
        entry.next_sequence = body["sequence"] + 1
        entry.before, entry.heard_at = body["action"], time.monotonic()
        entry.sources.add(body["source"])
        entry.intervened |= body["source"] in OTHERS or body["fallback"] in TAKEN
        if len(entry.recent) >= RECENT_IDS:
            del entry.recent[next(iter(entry.recent))]
        entry.recent[body["event_id"]] = body["sequence"]
        if entry.predicted is None and body["value"] is not None:
            entry.predicted, (entry.low, entry.high) = body["value"], body["interval"]
        discount = body["conduct"]["discount"] if body["conduct"] else 1.0
        entry.accounts[body["sequence"]] = Account(), discount, event.at
        self.counts["decisions"] += 1
        self.counts["baseline"] += body["source"] == "baseline"
        self.counts["person"] += body["source"] == "person"
        self.newest = event
        self.rate.count()

    def _rewarded(self, event: Event) -> EpisodeEntry | None:
        body = event.body
        self.counts["rewards"] += 1
        self.counts["late_rewards"] += body["late"]
        entry, account = self.account(body["decision"])
        if account is not None and not body["late"]:
            account.add(body["reward_id"], body["value"], body["observed_at"], body["final"], body["of"])
        return entry

    def _defaulted(self, event: Event) -> EpisodeEntry | None:
        self.counts["defaulted"] += 1
        return self._window_closed(event)

    def _window_closed(self, event: Event) -> EpisodeEntry | None:
        entry, account = self.account(event.body["decision"])
        if account is not None:
            account.closed = True
        return entry

    def _overridden(self, event: Event) -> None:
        body = event.body
        self.counts["overrides"] += 1
        self._mark(event, "override", f"{body['by']} did {str(body['action'])[:80]} instead")
        entry = self.episodes.get(body["decision"].rpartition(".")[0])
        if entry is not None:
            entry.intervened = True
            if body["decision"] == f"{entry.id}.{entry.next_sequence - 1}":
                entry.before = body["action"]

    def _episode_ended(self, event: Event) -> EpisodeEntry:
        entry = self.episodes[event.body["episode"]]
        entry.over = {**event.body, "at": event.at}
        self.counts["open_episodes"] -= 1
        return entry

    def _control_set(self, event: Event) -> None:
        body = event.body
        self.control = {**{name: body[name] for name in ("mode", "action", "by", "reason")}, "at": event.at}
        said = {"agent": "handed back to the agent", "paused": "paused", "person": "taken over"}[body["mode"]]
        self._mark(event, "control", f"{said} by {body['by']}")

    def _serving_set(self, event: Event) -> None:
        self.serving = event.body["version"]

    def _released(self, event: Event) -> None:
        self._mark(event, "release", f"{event.body['version']}: {event.body['stage']}")

    def _release_moved(self, event: Event) -> None:
        self._mark(event, "release", f"{event.body['version']}: {event.body['stage']}")

    def account(self, decision: str) -> tuple[EpisodeEntry | None, Account | None]:
        """The episode and the account of a decision, where they are still open."""
        name, _, sequence = decision.rpartition(".")
        entry = self.episodes.get(name)
        held = entry.accounts.get(int(sequence)) if entry is not None else None
        return entry, held[0] if held is not None else None

    def _done(self, entry: EpisodeEntry) -> dict[str, Any] | None:
        """Settle what can be; the point of an episode that is over and settled to the end."""
        entry.settle(self.about["rewards"], self.about["default_reward"])
        if entry.over is None or entry.accounts:
            return None
        self.episodes.pop(entry.id, None)
        conduct = entry.over["conduct"]
        rest = 0.0 if entry.over["terminated"] or not conduct else conduct["value"]
        known = entry.predicted is not None and not entry.over["lost"]
        point = {
            "episode": entry.id,
            "ended_at": entry.over["at"],
            "version": entry.version,
            "stage": entry.stage,
            "release": entry.release,
            "return": entry.total,
            "length": entry.first_open,
            "predicted": entry.predicted,
            "realised": entry.realised + entry.weight * rest if known else None,
            "low": entry.low,
            "high": entry.high,
            "source": "agent" if entry.sources <= {"agent"} else "mixed",
            "intervened": entry.intervened,
        }
        if entry.first_open:
            self.curve.append(point)
        self._watch(entry, point)
        return point

    def _watch(self, entry: EpisodeEntry, point: Mapping[str, Any]) -> None:
        """What others decided says nothing about what was expected."""
        if point["realised"] is None or entry.intervened or entry.low is None or entry.high is None:
            return
        said = self.drift.met(point["realised"], entry.low, entry.high)
        if said is not None:
            self.marks.append({"at": point["ended_at"], "kind": "drift", "text": said})

    def _mark(self, event: Event, kind: str, text: str) -> None:
        self.marks.append({"at": event.at, "kind": kind, "text": text})


class Rate:
    """How often something happens a second, over the last few."""

    def __init__(self, over_s: float = 5.0):
        self._over_s = over_s
        self._times: deque[float] = deque(maxlen=10_000)

    def count(self) -> None:
        """Once more."""
        self._times.append(time.monotonic())

    @property
    def per_second(self) -> float:
        """Of late."""
        since = time.monotonic() - self._over_s
        while self._times and self._times[0] < since:
            self._times.popleft()
        return len(self._times) / self._over_s
