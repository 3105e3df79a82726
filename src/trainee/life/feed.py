"""A feed: the events of a job, in the order in which they were recorded, as a sequence of time steps to learn from.

Episodes run side by side and rewards come late, but a stream is one sequence. So one episode has the turn: its time
steps are passed on as soon as the rewards before them are settled. When it is over, the turn goes to the episode that
ended first of those that wait, else to the one that began first. What is passed on depends on the events alone and not
on when they are read, so that a learner that reads them again becomes the same one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from trainee.life.accounts import Account, Adding

# An episode that has had the turn for so many time steps lets others have it, where others wait; one transition is lost
# by that.
TURN_STEPS = 10_000
# So has one that is not heard of while so much is of others, at least, and for each that is under way: else a program
# that has died in the middle of its episode would keep all others from being learned from.
PATIENCE, PATIENCE_EACH = 1_000, 8
UNKNOWN = {"value": 0.0, "spread": 0.0, "discount": 0.0, "spell": 0, "abandon": False, "plays": False}


@dataclass(frozen=True)
class Lesson:
    """One time step to learn from, as JSON says it.

    Attributes:
      observation, action_mask: as in the event.
      reward: for the action before; 0 at a first one.
      discount: 0 at termination, otherwise 1.
      first, last: as in a time step.
      action: what was done at the time step before; None at a first one.
      conduct: how it was decided at this one.
    """

    observation: Any
    action_mask: Any
    reward: float
    discount: float
    first: bool
    last: bool
    action: Any
    conduct: Mapping[str, Any]


@dataclass
class _Taken:
    """A decision that was made, and what came of it."""

    observation: Any
    action_mask: Any
    action: Any
    conduct: Mapping[str, Any]
    account: Account


@dataclass
class _Episode:
    """An episode that was not passed on to its end.

    Attributes:
      decisions: those that are not done with; the first one's time step was passed on if `passed` says so.
      sequence: of the first of them.
      passed: how many time steps were passed on.
      since: how many since it has the turn.
      end: how it ended.
    """

    decisions: deque[_Taken] = field(default_factory=deque)
    sequence: int = 0
    passed: int = 0
    since: int = 0
    end: dict[str, Any] | None = None


class Feed:
    """The feed of one job.

    Args:
      adding: how several rewards of one decision add up.
      default: what a decision has brought where nothing is heard of it.
    """

    def __init__(self, adding: Adding, default: float):
        self._adding: Adding = adding
        self._default = default
        self._episodes: dict[str, _Episode] = {}
        self._ended: deque[str] = deque()
        self._turn: str | None = None
        self._silent = 0
        self.unlearned = 0

    def take(self, kind: str, body: Mapping[str, Any]) -> list[Lesson]:
        """The time steps that can be passed on after one more event; events that say nothing to learning are let by."""
        if kind == "episode_begun":
            self._episodes[body["episode"]] = _Episode()
        elif kind == "decided":
            self._decided(body)
        elif kind == "episode_ended":
            self._over(body)
        elif kind in ("rewarded", "defaulted", "window_closed", "overridden"):
            self._heard(kind, body)
        else:
            return []
        of = body["episode"] if "episode" in body else body["decision"].rpartition(".")[0]
        self._silent = 0 if of == self._turn else self._silent + 1
        return self._passed_on()

    @property
    def waiting(self) -> int:
        """Decisions that were not passed on yet."""
        return sum(len(episode.decisions) for episode in self._episodes.values())

    def _decided(self, body: Mapping[str, Any]) -> None:
        episode = self._episodes.get(body["episode"])
        if episode is not None:
            conduct = body["conduct"] or UNKNOWN
            taken = _Taken(body["observation"], body["action_mask"], body["action"], conduct, Account())
            episode.decisions.append(taken)

    def _over(self, body: Mapping[str, Any]) -> None:
        episode = self._episodes.get(body["episode"])
        if episode is not None:
            episode.end = dict(body)
            self._ended.append(body["episode"])

    def _heard(self, kind: str, body: Mapping[str, Any]) -> None:
        """What came of a decision, if that still makes a difference; else it is counted."""
        taken = self._at(body)
        if kind in ("defaulted", "window_closed"):
            if taken is not None:
                taken.account.closed = True
        elif taken is None or body["late"]:
            self.unlearned += 1
        elif kind == "overridden":
            taken.action = body["action"]
        else:
            said = body["value"], body["observed_at"], body["final"], body["of"]
            taken.account.add(body["reward_id"], *said)

    def _at(self, body: Mapping[str, Any]) -> _Taken | None:
        """The decision that an event is about, if it is not done with."""
        name, _, sequence = body["decision"].rpartition(".")
        episode = self._episodes.get(name)
        if episode is None:
            return None
        place = int(sequence) - episode.sequence
        return episode.decisions[place] if 0 <= place < len(episode.decisions) else None

    def _passed_on(self) -> list[Lesson]:
        lessons: list[Lesson] = []
        while (name := self._turn or self._next()) is not None:
            if self._turn is None:
                self._turn, self._silent = name, 0
            episode = self._episodes[name]
            while (lesson := self._lesson(episode)) is not None:
                lessons.append(lesson)
            if episode.end is not None and not episode.decisions:
                del self._episodes[name]
                self._turn = None
            elif episode.since >= TURN_STEPS or self._silent > max(PATIENCE, PATIENCE_EACH * len(self._episodes)):
                self._pass_turn(name, episode)
            else:
                break
        return lessons

    def _pass_turn(self, name: str, episode: _Episode) -> None:
        if not any(other.decisions for other in self._episodes.values() if other is not episode):
            episode.since, self._silent = min(episode.since, 1), 0
            return
        # It goes to the end of the line, and goes on there as if it began.
        self._episodes[name] = self._episodes.pop(name)
        episode.since, self._turn = 0, None

    def _next(self) -> str | None:
        """Whose turn is next."""
        while self._ended:
            if (name := self._ended.popleft()) in self._episodes:
                return name
        return next((name for name, episode in self._episodes.items() if episode.decisions), None)

    def _lesson(self, episode: _Episode) -> Lesson | None:
        """The next time step of an episode, if what it takes is there."""
        decisions = episode.decisions
        if not decisions or episode.since >= TURN_STEPS:
            return None
        if episode.passed == episode.sequence:
            return self._at_decision(episode, 0, None, 0.0)
        before, unseen = decisions[0], self._unseen(episode)
        if not unseen and not before.account.settled:
            return None
        reward = before.account.total(self._adding, self._default)
        lesson = None
        if len(decisions) > 1:
            lesson = self._at_decision(episode, 1, before.action, reward)
        elif episode.end is not None and not unseen:
            lesson = self._at_end(episode, before, reward)
        if lesson is not None or unseen:
            decisions.popleft()
            episode.sequence += 1
        return lesson

    def _unseen(self, episode: _Episode) -> bool:
        """Whether nothing more is to come of an episode: nobody saw its end, or it was given up before. No reward of
        its last decision is waited for then.
        """
        end, last = episode.end, episode.decisions[-1]
        if end is None or len(episode.decisions) > 1:
            return False
        given_up = last.conduct["abandon"] and not end["terminated"]
        return end["lost"] or given_up or episode.since == 0

    def _at_decision(self, episode: _Episode, place: int, action: Any, reward: float) -> Lesson | None:
        """The time step at which a decision was made."""
        now, conduct = episode.decisions[place], episode.decisions[place].conduct
        newest = place == len(episode.decisions) - 1
        if conduct["abandon"]:
            if newest and episode.end is None:
                # Whether the line is given up is seen by what comes next.
                return None
            conduct = {**conduct, "abandon": newest and episode.end is not None and not episode.end["terminated"]}
        first = episode.since == 0
        episode.passed += 1
        episode.since += 1
        if first:
            reward, action = 0.0, None
        return Lesson(now.observation, now.action_mask, reward, 1.0, first, False, action, conduct)

    def _at_end(self, episode: _Episode, before: _Taken, reward: float) -> Lesson:
        """The last time step of an episode."""
        end = episode.end
        assert end is not None
        episode.since += 1
        seen = before.observation if end["observation"] is None else end["observation"]
        discount = 0.0 if end["terminated"] else 1.0
        return Lesson(seen, None, reward, discount, False, True, before.action, end["conduct"] or UNKNOWN)

    def to_json(self) -> dict[str, Any]:
        """Where it stands, as what `json.dumps` takes."""
        # A list: whose turn is next depends on their order, and JSON may be written with its keys sorted.
        episodes = []
        for name, episode in self._episodes.items():
            decisions = [{**asdict(taken), "account": taken.account.to_json()} for taken in episode.decisions]
            episodes.append([name, {**vars(episode), "decisions": decisions}])
        return {
            "episodes": episodes,
            "ended": list(self._ended),
            "turn": self._turn,
            "silent": self._silent,
            "unlearned": self.unlearned,
        }

    def stand(self, written: Mapping[str, Any]) -> None:
        """Stand where `to_json` says."""
        self._ended, self._turn = deque(written["ended"]), written["turn"]
        self.unlearned, self._silent, self._episodes = written["unlearned"], written.get("silent", 0), {}
        for name, episode in written["episodes"]:
            decisions = deque(
                _Taken(**{**taken, "account": Account.from_json(taken["account"])}) for taken in episode["decisions"]
            )
            self._episodes[name] = _Episode(**{**episode, "decisions": decisions})
