"""What life needs of a job: one on the host, or one that is a pure function in JAX."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.jobs.spaces import Codec
from trainee.types import JobSpec, TimeStep

# What a job may raise that is its own failure. An exit is: left alone it would end the program as if all were well.
RAISED = (Exception, SystemExit)


@runtime_checkable
class Job(Protocol):
    """A job on the host: it is reset, then stepped until a last time step, then reset again.

    A time step that cannot be learned from is raised as UnfitTimeStep. Where its `last` is false the job goes on: step
    again, with any action. Where it is true, reset. What comes after it is no transition from what came before it.
    """

    @property
    def name(self) -> str:
        """What people call the job."""
        ...

    @property
    def spec(self) -> JobSpec:
        """Its signature, and what it allows."""
        ...

    @property
    def codec(self) -> Codec:
        """Between the job's own observations and actions and the agent's."""
        ...

    def reset(self) -> TimeStep:
        """The first time step of an episode, with numpy leaves.

        Raises:
          UnfitTimeStep: it cannot be learned from; `reset` may be called again.
          JobFailed: the environment raised.
        """
        ...

    def step(self, action: Float[np.ndarray, " components"]) -> TimeStep:
        """The time step that follows an action, with numpy leaves.

        Args:
          action: coordinates, as in `Decision.action`.

        Raises:
          UnfitTimeStep: it cannot be learned from.
          JobFailed: the environment raised.
        """
        ...

    def saved(self) -> dict[str, np.ndarray] | None:
        """All that decides what the job will say next, or None where that cannot be had."""
        ...

    def restore(self, saved: dict[str, np.ndarray]) -> bool:
        """Put the job where another one like it was saved. Returns whether that could be done; if not, reset it."""
        ...

    def close(self) -> None:
        """Free what the job holds."""
        ...


@runtime_checkable
class JaxJob(Protocol):
    """A job that is a pure function, so that `lax.scan` can run it and `vmap` can run many. It never resets itself."""

    @property
    def observation_space(self) -> gymnasium.Space:
        """What observations are of."""
        ...

    @property
    def action_space(self) -> gymnasium.Space:
        """What actions are of."""
        ...

    def reset(self, key: PRNGKeyArray) -> tuple[Any, Any]:
        """State and observation at the start of an episode."""
        ...

    def step(
        self, key: PRNGKeyArray, state: Any, action: Any
    ) -> tuple[Any, Any, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]]:
        """State, observation, reward, terminated and truncated after an action of the action space.

        The state has the same structure, shapes and types as `reset`'s.
        """
        ...
