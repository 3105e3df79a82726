"""Variants: many small jobs, no two alike, with the spaces of only a few: `trainee.jobs.variants:Variant-17-v0`.

Each is CartPole, Acrobot or bsuite's Catch, one after the other, with its actions permuted and its numbers mixed by the
variant's number.
"""

from __future__ import annotations

import gymnasium

from trainee.jobs.altered import MixedNumbers, PermutedActions
from trainee.jobs.naming import make_env

BASES = ("CartPole-v1", "Acrobot-v1", "bsuite/catch-0")
VARIANTS = 1_000


def base(number: int) -> str:
    """The id of what a variant is made of."""
    return BASES[number % len(BASES)]


def variant(number: int) -> gymnasium.Env:
    """The variant of a number."""
    return MixedNumbers(PermutedActions(make_env(base(number)), number), number)


for _number in range(VARIANTS):
    gymnasium.register(
        f"Variant-{_number}-v0",
        entry_point="trainee.jobs.variants:variant",
        kwargs={"number": _number},
        order_enforce=False,
    )
