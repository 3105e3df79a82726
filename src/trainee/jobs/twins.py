"""Twins: environments with the spaces of another one, in which other actions are right.

`trainee.jobs.twins:CartPoleSwapped-v0` is CartPole with its two actions swapped, and
`trainee.jobs.twins:BreakoutPermuted-v0` MinAtar's Breakout with its three permuted. `add_twin` makes one of any other.
"""

from __future__ import annotations

import gymnasium

from trainee.jobs.altered import PermutedActions, TurnedReward
from trainee.jobs.naming import make_env


def twin(job: str, permuted: int | None, turned: bool) -> gymnasium.Env:
    """An environment altered as `add_twin` says."""
    env = make_env(job)
    if permuted is not None:
        env = PermutedActions(env, permuted)
    return TurnedReward(env) if turned else env


def add_twin(name: str, job: str, permuted: int | None = 0, turned: bool = False) -> None:
    """Give a twin of a job a name, by which it is made from then on.

    Args:
      name: such as `CartPoleSwapped-v0`.
      job: the id of the job that it is made of.
      permuted: the seed that its actions are permuted by; None where they stay as they are.
      turned: the reward's sign is turned.
    """
    gymnasium.register(
        name,
        entry_point="trainee.jobs.twins:twin",
        kwargs={"job": job, "permuted": permuted, "turned": turned},
        order_enforce=False,
    )


add_twin("CartPoleSwapped-v0", "CartPole-v1")
add_twin("BreakoutPermuted-v0", "MinAtar/Breakout-v1")
