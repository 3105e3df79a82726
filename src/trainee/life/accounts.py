"""Accounts: what one decision has brought so far. The same whatever the order in which its rewards come."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

Adding = Literal["sum", "mean", "last"]
# What lies beyond float32 is learned from as its largest number: sums of what a client may send stay finite.
MOST = 3.4e38


@dataclass
class Account:
    """The rewards of one decision.

    Attributes:
      rewards: when each was observed, by the clock of whoever sent it, and its value, by its id.
      final: one of them said that it is the last.
      of: how many there will be, where one of them said so; the most that was said.
      closed: no more are waited for, whatever was said.
    """

    rewards: dict[str, tuple[float, float]] = field(default_factory=dict)
    final: bool = False
    of: int | None = None
    closed: bool = False

    def add(self, reward_id: str, value: float, observed_at: float, final: bool, of: int | None) -> None:
        """One more reward; one that is known already is not added again."""
        self.rewards.setdefault(reward_id, (observed_at, value))
        self.final |= final
        if of is not None:
            self.of = max(of, self.of or 0)

    @property
    def settled(self) -> bool:
        """Whether all is there that is waited for."""
        complete = self.final if self.of is None else len(self.rewards) >= self.of
        return self.closed or complete

    def total(self, adding: Adding, default: float) -> float:
        """What the decision has brought.

        Args:
          adding: how several rewards add up.
          default: what it has brought where there are none.
        """
        if not self.rewards:
            return default
        if adding == "last":
            return _within(max((at, reward_id, value) for reward_id, (at, value) in self.rewards.items())[2])
        # Correctly rounded, so that their order makes no difference in the last bit either.
        total = math.fsum(_within(value) for _, value in self.rewards.values())
        return total / len(self.rewards) if adding == "mean" else total

    def to_json(self) -> dict[str, Any]:
        """As what `json.dumps` takes; `Account.from_json` turned round."""
        return {"rewards": self.rewards, "final": self.final, "of": self.of, "closed": self.closed}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> Account:
        """The account that `to_json` wrote."""
        rewards = {reward_id: (observed_at, value) for reward_id, (observed_at, value) in written["rewards"].items()}
        return cls(rewards, written["final"], written["of"], written["closed"])


def _within(value: float) -> float:
    return max(-MOST, min(MOST, value))
