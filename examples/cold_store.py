"""A cold store that must stay below −18 °C on cheap electricity, and whose bills come late.

    trainee serve --home home
    python examples/cold_store.py http://127.0.0.1:8765

What is different from `cartpole.py`: the system is a program's own and not an environment, and what a decision cost is
known only when the meter reports it, two seconds later. Each bill therefore names the decision that it is for.
"""

from __future__ import annotations

import math
import os
import random
import sys
import time
from collections import deque

from gymnasium import spaces

import trainee

HALF_HOURS, HALF_HOUR_S = 48, 0.04  # a day goes by in some two seconds
METER_S = 2.0


class ColdStore:
    """Warms up by itself; each of its two compressors cools it, and costs."""

    sees = spaces.Dict(
        inside=spaces.Box(-30, 10, ()),  # °C, as outside
        outside=spaces.Box(-10, 50, ()),
        price=spaces.Box(0, 2, ()),  # of electricity
        hour=spaces.Box(0, 24, ()),
    )
    does = spaces.Discrete(3)  # how many compressors run

    def __init__(self) -> None:
        self.inside, self.cooling = -20.0, False

    def dawn(self) -> None:
        self.half_hour, self.season = 0, random.uniform(12, 26)

    @property
    def seen(self) -> dict[str, float]:
        hour = self.half_hour * 24 / HALF_HOURS
        self.outside = self.season + 6 * math.sin((hour - 9) / 24 * 2 * math.pi)
        self.price = 0.1 if hour < 6 else 2.0 if 17 <= hour < 21 else 0.3
        return {"inside": self.inside, "outside": self.outside, "price": self.price, "hour": hour}

    def thermostat(self) -> int:
        """What was done before there was an agent: on when too warm, off when cold enough, whatever that costs."""
        self.cooling = self.inside > (-20.5 if self.cooling else -18.8)
        return 2 if self.cooling else 0

    def half_an_hour(self, compressors: int) -> float:
        """Let it go by; returns what that cost, in electricity and in goods that are not fresh any more."""
        bill = 0.5 * compressors * self.price
        warmed = 0.02 * (self.outside - self.inside) + random.gauss(0, 0.05)
        self.inside = min(max(self.inside + warmed - compressors, -30.0), 10.0)
        self.half_hour += 1
        return bill + 0.5 * min(max(self.inside + 18, 0), 4)


class Meter:
    """Reports what a decision cost some time after it was made."""

    def __init__(self, client: trainee.Client) -> None:
        self._client = client
        self._waiting: deque[tuple[float, str, float]] = deque()

    def read(self, decision: str, cost: float) -> None:
        self._waiting.append((time.monotonic() + METER_S, decision, cost))

    def report(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, decision, cost = self._waiting.popleft()
            # With a name of its own a reward may be sent twice, and counts once.
            bill = {"reward_id": "meter", "value": -cost, "final": True}
            self._client.call("POST", f"/v1/decisions/{decision}/rewards", bill)


def work(url: str) -> None:
    """Day after day, until it is stopped."""
    client = trainee.Client(url, key=os.environ.get("TRAINEE_KEY"))
    # A bill that has not come after ten seconds does not come any more; the agent then takes it for a usual one.
    job = client.job("cold-store", ColdStore.sees, ColdStore.does, reward_window_s=10, default_reward=-0.2, idle_s=60)
    store, meter = ColdStore(), Meter(client)
    while True:
        store.dawn()
        with job.episode() as day:
            while store.half_hour < HALF_HOURS:
                # Where a person has taken over there are three seconds to say what is to be done.
                compressors = day.decide(store.seen, baseline_action=store.thermostat(), deadline_ms=3000)
                meter.read(day.decision["decision"], store.half_an_hour(int(compressors)))
                meter.report()
                time.sleep(HALF_HOUR_S)
            # The store does not end at midnight: the day is cut off there, and its last temperature still counts.
            day.end(store.seen, truncated=True)


if __name__ == "__main__":
    work(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8765")
