"""Environments of dm_env as jobs. The library itself is not needed: its environments say all there is to know."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from gymnasium import spaces
from jaxtyping import Float

from trainee.errors import InvalidArgument, JobFailed, UnfitTimeStep, UnsupportedSpace
from trainee.jobs.contract import RAISED
from trainee.jobs.observations import as_array, shown
from trainee.jobs.spaces import SLACK, Codec
from trainee.jobs.truths import truth, truth_fault
from trainee.types import JobSpec, TimeStep


@runtime_checkable
class DmEnv(Protocol):
    """What an environment of dm_env has."""

    def reset(self) -> Any:
        """Its first time step."""
        ...

    def step(self, action: Any) -> Any:
        """The time step that follows an action."""
        ...

    def observation_spec(self) -> Any:
        """What observations are of."""
        ...

    def action_spec(self) -> Any:
        """What actions are of."""
        ...


class DmEnvJob:
    """An environment of dm_env as a job.

    Its specs are read as spaces: a DiscreteArray is a Discrete, any other array a Box, with bounds where it has them;
    lists and tuples of specs are a Tuple, mappings a Dict. A time step that is the last with a discount of 0 is a
    termination, with any other a time limit.

    Attributes:
      name: what people call the job.
      env: the environment.
      codec: between its observations and actions and the agent's.
      steps: how often it was stepped.
    """

    def __init__(self, env: DmEnv, name: str | None = None):
        """Make a job of an environment.

        Args:
          env: it is the job's from now on. dm_env knows no seed of a reset.
          name: what people call the job; by default the environment's class.

        Raises:
          UnsupportedSpace: says which spec.
        """
        self.env, self.name, self.steps = env, name or type(env).__name__, 0
        self.codec = Codec(space_of(env.observation_spec()), space_of(env.action_spec()), slack=SLACK)
        self._begun = False

    @property
    def spec(self) -> JobSpec:
        """The job's signature, and what it allows."""
        return self.codec.spec

    def reset(self) -> TimeStep:
        """See `Job.reset`."""
        said = self._said("reset", self.env.reset)
        self._begun = True
        return self._time_step(said, first=True)

    def step(self, action: Float[np.ndarray, " components"]) -> TimeStep:
        """See `Job.step`."""
        if not self._begun:
            raise InvalidArgument(f"{self.name} was stepped before it was reset: call reset() first")
        env_action = self.codec.action(action)
        said = self._said(f"step {self.steps + 1}, at action {env_action}", lambda: self.env.step(env_action))
        self.steps += 1
        return self._time_step(said, first=False)

    def saved(self) -> dict[str, np.ndarray] | None:
        """See `Job.saved`. Nothing says what such an environment is made of."""
        return None

    def restore(self, saved: dict[str, np.ndarray]) -> bool:
        """See `Job.restore`."""
        return False

    def close(self) -> None:
        """Close the environment, if it can be closed."""
        getattr(self.env, "close", lambda: None)()

    def _said(self, place: str, call: Any) -> Any:
        try:
            return call()
        except RAISED as error:
            raise JobFailed(f"{self.name} raised {type(error).__name__}: {error} in {place}") from error

    def _time_step(self, said: Any, first: bool) -> TimeStep:
        # At a first time step dm_env has neither a reward nor a discount.
        reward, discount = (0.0, 1.0) if first else (said.reward, said.discount)
        place = f"{self.name}, {'reset after step' if first else 'step'} {self.steps}"
        last = said.last()
        fault = truth_fault("last()", last) or _discount_fault(discount)
        if fault is not None:
            raise UnfitTimeStep(f"{fault} ({place}); the step was not learned from. Mend it in the job", last=True)
        return self.codec.time_step(said.observation, reward, discount, first, truth(last), None, place)


def _discount_fault(discount: Any) -> str | None:
    array = as_array(discount)
    if array.size == 1 and array.dtype.kind in "biuf" and 0 <= array.item() <= 1:
        return None
    return f"discount is {shown(discount)}, not a number from 0 to 1"


def space_of(spec: Any) -> spaces.Space:
    """A spec of dm_env as a space of Gymnasium.

    Raises:
      UnsupportedSpace: it is of another kind, as of text.
    """
    if isinstance(spec, dict):
        return spaces.Dict({name: space_of(part) for name, part in spec.items()})
    if isinstance(spec, list | tuple):
        return spaces.Tuple([space_of(part) for part in spec])
    if hasattr(spec, "num_values"):
        return spaces.Discrete(int(spec.num_values))
    dtype = np.dtype(spec.dtype)
    if dtype.kind not in "biuf":
        raise UnsupportedSpace(f"{spec} is of {dtype}, which cannot be learned from: let the environment give numbers")
    if dtype.kind == "b":
        return spaces.MultiBinary(spec.shape)
    widest = np.iinfo(dtype) if dtype.kind in "iu" else None
    low, high = (widest.min, widest.max) if widest else (-np.inf, np.inf)
    low, high = getattr(spec, "minimum", low), getattr(spec, "maximum", high)
    low, high = (np.broadcast_to(bound, spec.shape).astype(dtype) for bound in (low, high))
    return spaces.Box(low, high, dtype=dtype.type)
