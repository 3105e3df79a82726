"""A family of worlds: jobs that are one program and differ in the numbers that it runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import gymnasium
from jaxtyping import Array, Bool, Float, PRNGKeyArray

Step = tuple[Any, Any, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]]


@runtime_checkable
class Family(Protocol):
    """All worlds of one kind. Everything is pure and unbatched; `jax.jit` and `jax.vmap` it, over the worlds too.

    What a world is like is never seen, only what comes of it: it has to be found out at work.
    """

    @property
    def observation_space(self) -> gymnasium.Space:
        """What observations are of, in each world."""
        ...

    @property
    def action_space(self) -> gymnasium.Space:
        """What actions are of, in each world."""
        ...

    def draw(self, key: PRNGKeyArray) -> Any:
        """What one world is like: arrays, of the same shapes and types for each world of the family."""
        ...

    def reset(self, world: Any, key: PRNGKeyArray) -> tuple[Any, Any]:
        """State and observation at the start of an episode."""
        ...

    def step(self, world: Any, key: PRNGKeyArray, state: Any, action: Any) -> Step:
        """State, observation, reward, terminated and truncated after an action."""
        ...


@dataclass(frozen=True, eq=False)
class World:
    """One world as a `JaxJob`.

    Attributes:
      family: that it is of.
      like: what it is like, as the family draws it. Inside `jit` these may be traced, so that one compiled program runs
        every world of a family.
      name: what people call it.
    """

    family: Family
    like: Any
    name: str = "world"

    @property
    def observation_space(self) -> gymnasium.Space:
        """What observations are of."""
        return self.family.observation_space

    @property
    def action_space(self) -> gymnasium.Space:
        """What actions are of."""
        return self.family.action_space

    def reset(self, key: PRNGKeyArray) -> tuple[Any, Any]:
        """See `JaxJob.reset`."""
        return self.family.reset(self.like, key)

    def step(self, key: PRNGKeyArray, state: Any, action: Any) -> Step:
        """See `JaxJob.step`."""
        return self.family.step(self.like, key, state, action)
