"""Gymnasium vector environments as many streams of time steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import iterate
from jaxtyping import Float

from trainee.errors import InvalidArgument, JobFailed, UnfitTimeStep
from trainee.jobs.contract import RAISED
from trainee.jobs.observations import as_array, shown
from trainee.jobs.spaces import CONTINUOUS_CHOICES, SLACK, Codec
from trainee.types import JobSpec, TimeStep

Said = TimeStep | UnfitTimeStep


class VectorJob:
    """A vector environment: each of its environments is the job of one stream.

    `step` returns, for each stream, what its job said, in order: one time step, or a last one and the first one of the
    next episode. Each is to be learned from, and the action that follows answers the newest. Where a stream's newest
    time step is a last one, the action that follows it means nothing, and the first one of the next episode comes back:
    no time step is a dummy. Where a time step is not fit, the UnfitTimeStep that a single job would have raised stands
    in its place: that stream goes on, with any action, and what comes after is no transition from what came before.

    How autoreset is presented:
      NEXT_STEP: a last time step, then at the next call, which resets that environment, a first one.
      SAME_STEP: a last time step with the final observation out of `info`, and with it the first one.
      DISABLED: the same, as the environments that ended are reset at once.

    Attributes:
      name: the environment's id, or its class where it has none.
      env: the vector environment.
      codec: between one environment's observations and actions and the agent's.
      streams: how many environments it has.
      steps: how often it was stepped.
    """

    def __init__(
        self,
        env: VectorEnv,
        seed: int | None = 0,
        name: str | None = None,
        continuous_choices: int = CONTINUOUS_CHOICES,
    ):
        """Make streams of a vector environment; the arguments are as `GymnasiumJob`'s.

        Raises:
          InvalidArgument: the environment does not say how it resets its environments.
          UnsupportedSpace: says which part, and what to wrap it in.
          JobFailed: the environment raised in its first reset.
        """
        self.env, self.streams, self.steps = env, env.num_envs, 0
        self.name = name or (env.spec.id if env.spec is not None else type(env.unwrapped).__name__)
        self.mode = autoreset_mode(env)
        self._continuous_choices = continuous_choices
        self.codec = self._codec_for(masked=False)
        self._over = np.zeros(self.streams, bool)
        self._waiting: tuple[Any, Any] | None = self._reset(seed, None)
        if "action_mask" in self._waiting[1]:
            self.codec = self._codec_for(masked=True)

    @property
    def spec(self) -> JobSpec:
        """The signature that the streams share, and what the job allows."""
        return self.codec.spec

    def reset(self) -> list[Said]:
        """The first time step of each stream.

        Raises:
          JobFailed: the environment raised.
        """
        observations, info = self._waiting or self._reset(None, None)
        self._waiting = None
        self._over[:] = False
        return [self._first(i, observation, info) for i, observation in enumerate(self._each(observations))]

    def step(self, actions: Float[np.ndarray, "streams components"]) -> list[list[Said]]:
        """What each stream's job said to its action.

        Args:
          actions: coordinates, as in `Decision.action`.

        Returns:
          for each stream, one time step or two; see the class.

        Raises:
          JobFailed: the environment raised, or does not say of each stream whether its episode ended.
        """
        if self._waiting is not None:
            raise InvalidArgument(f"{self.name} was stepped before it was reset: call reset() first")
        batch = self.codec.stacked([self.codec.action(action) for action in actions])
        try:
            observations, rewards, terminated, truncated, info = self.env.step(batch)
        except RAISED as error:
            raise JobFailed(f"{self.name} raised {type(error).__name__}: {error} in step {self.steps + 1}") from error
        self.steps += 1
        begins = self._over & (self.mode is AutoresetMode.NEXT_STEP)
        terminated, truncated = self._flags("terminated", terminated), self._flags("truncated", truncated)
        over = (terminated | truncated) & ~begins
        final, final_info = observations, info
        if self.mode is AutoresetMode.SAME_STEP and over.any():
            final, final_info = info.get("final_obs"), info.get("final_info", {})
        said: list[list[Said]] = []
        for i, observation in enumerate(self._each(observations)):
            if begins[i]:
                said.append([self._first(i, observation, info)])
            elif over[i] and self.mode is AutoresetMode.SAME_STEP:
                last = self._later(i, self._final(final, i), final_info, (rewards[i], terminated[i], True))
                said.append([last, self._first(i, observation, info)])
            else:
                said.append([self._later(i, observation, info, (rewards[i], terminated[i], over[i]))])
        if self.mode is AutoresetMode.DISABLED and over.any():
            self._begin_again(over, said)
        self._over = over
        return said

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def _flags(self, name: str, flags: Any) -> np.ndarray:
        array = as_array(flags)
        if array.shape == (self.streams,) and array.dtype.kind in "biuf" and np.all((array == 0) | (array == 1)):
            return array.astype(bool)
        raise JobFailed(
            f"{self.name} said {name} {shown(flags)} in step {self.steps}, where it has to be True or False for each "
            f"of its {self.streams} environments"
        )

    def _begin_again(self, over: np.ndarray, said: list[list[Said]]) -> None:
        observations, info = self._reset(None, {"reset_mask": over.copy()})
        for i, observation in enumerate(self._each(observations)):
            if over[i]:
                said[i].append(self._first(i, observation, info))

    def _first(self, i: int, observation: Any, info: Any) -> Said:
        place = f"stream {i} of {self.name}, reset after step {self.steps}"
        try:
            return self.codec.time_step(observation, 0.0, 1.0, True, False, _of_stream(info, "action_mask", i), place)
        except UnfitTimeStep as unfit:
            return unfit

    def _later(self, i: int, observation: Any, info: Any, outcome: tuple[Any, Any, Any]) -> Said:
        reward, terminated, last = outcome
        discount, mask = 0.0 if terminated else 1.0, _of_stream(info, "action_mask", i)
        place = f"stream {i} of {self.name}, step {self.steps}"
        try:
            return self.codec.time_step(observation, reward, discount, False, last, mask, place)
        except UnfitTimeStep as unfit:
            return unfit

    def _final(self, final: Any, i: int) -> Any:
        if final is None:
            raise JobFailed(
                f"{self.name} declares autoreset SAME_STEP, but info has no 'final_obs' at step {self.steps}, where an "
                f"episode ended: the environment has to give the final observations there"
            )
        return self._each(final)[i] if isinstance(final, dict) else final[i]

    def _each(self, observations: Any) -> list[Any]:
        return list(iterate(self.env.observation_space, observations))

    def _reset(self, seed: int | None, options: dict[str, Any] | None) -> tuple[Any, Any]:
        try:
            return self.env.reset(seed=seed, options=options)
        except RAISED as error:
            place = f"reset after step {self.steps}"
            raise JobFailed(f"{self.name} raised {type(error).__name__}: {error} in {place}") from error

    def _codec_for(self, masked: bool) -> Codec:
        spaces = self.env.single_observation_space, self.env.single_action_space
        return Codec(*spaces, masked, self._continuous_choices, SLACK)


def autoreset_mode(env: VectorEnv) -> AutoresetMode:
    """How a vector environment says that it resets the environments in it.

    Raises:
      InvalidArgument: it does not say.
    """
    # Gymnasium's own write the mode into metadata that all of one class share, where the next one made overwrites it;
    # their own attribute is right.
    declared = getattr(env.unwrapped, "autoreset_mode", None) or (env.metadata or {}).get("autoreset_mode")
    try:
        return AutoresetMode(declared)
    except ValueError:
        raise InvalidArgument(
            f"{env} declares autoreset_mode {declared!r} in its metadata, so that a dummy step after an episode's end "
            f"cannot be told from a real one. Set env.metadata['autoreset_mode'] to what it does: "
            f"gymnasium.vector.AutoresetMode.NEXT_STEP, SAME_STEP or DISABLED"
        ) from None


def _of_stream(info: Any, key: str, i: int) -> Any:
    """What one environment's info had under a key; vector environments say in `_key` which of them had it."""
    if key not in info or not info.get(f"_{key}", np.ones(i + 1, bool))[i]:
        return None
    if isinstance(info[key], dict):
        return {part: _of_stream(info[key], part, i) for part in info[key] if not part.startswith("_")}
    return info[key][i]
