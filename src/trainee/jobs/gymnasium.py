"""Gymnasium environments as jobs."""

from __future__ import annotations

import copy
import json
import warnings
from typing import Any

import gymnasium
import numpy as np
from jaxtyping import Float

from trainee.errors import InvalidArgument, JobFailed, UnsupportedSpace
from trainee.jobs.contract import RAISED
from trainee.jobs.observations import shown
from trainee.jobs.plain_data import NotPlainError
from trainee.jobs.snapshot import restore, snapshot
from trainee.jobs.spaces import CONTINUOUS_CHOICES, SLACK, Codec
from trainee.jobs.traits import Traits, as_made, differing, traits
from trainee.jobs.truths import end_flags
from trainee.types import JobSpec, TimeStep

ZERO, ONE = np.array(0.0, np.float32), np.array(1.0, np.float32)
YES, NO = np.array(True), np.array(False)
TRAITS = "traits"


class GymnasiumJob:
    """A Gymnasium environment as a job.

    The environment is reset as the job is made: whether it gives `info["action_mask"]`, and so which kind of job it is,
    shows only then. The first call of `reset` hands that answer out.

    Attributes:
      name: the environment's id, or its class where it has none.
      env: the environment.
      codec: between its observations and actions and the agent's.
      steps: how often it was stepped.
    """

    def __init__(
        self,
        env: gymnasium.Env,
        seed: int | None = 0,
        name: str | None = None,
        continuous_choices: int = CONTINUOUS_CHOICES,
    ):
        """Make a job of an environment.

        Args:
          env: it is the job's from now on.
          seed: for the first reset; None draws one.
          name: what people call the job.
          continuous_choices: choices on the line of a continuous component of an action; see `Codec`.

        Raises:
          UnsupportedSpace: says which part, and what to wrap it in.
          JobFailed: the environment raised.
        """
        self.env = env
        self.name = name or (env.spec.id if env.spec is not None else type(env.unwrapped).__name__)
        self.steps = 0
        self._continuous_choices = continuous_choices
        # Before the reset, so that spaces that cannot be learned from are found before anything runs.
        self.codec = self._codec_for(masked=False)
        self._failed = False
        self._found = traits(env)
        self._waiting: tuple[Any, Any] | None = self._reset(seed)
        self._made = as_made(self._found, traits(env))
        if self._waiting[1] is not None:
            self.codec = self._codec_for(masked=True)

    @property
    def spec(self) -> JobSpec:
        """The job's signature, and what it allows."""
        return self.codec.spec

    def reset(self) -> TimeStep:
        """See `Job.reset`."""
        observation, mask = self._waiting or self._reset(None)
        self._waiting = None
        place = f"{self.name}, reset after step {self.steps}"
        return self.codec.time_step(observation, 0.0, ONE, YES, NO, mask, place)

    def step(self, action: Float[np.ndarray, " components"]) -> TimeStep:
        """See `Job.step`."""
        if self._waiting is not None:
            raise InvalidArgument(f"{self.name} was stepped before it was reset: call reset() first")
        env_action = self.codec.action(action)
        try:
            answer = self.env.step(env_action)
        except RAISED as error:
            self._failed = True
            place = f"step {self.steps + 1}, at action {env_action}"
            raise JobFailed(f"{self.name} raised {_told(error)} in {place}") from error
        self.steps += 1
        if not isinstance(answer, tuple) or len(answer) != 5:
            self._failed = True
            form = "step must return (observation, reward, terminated, truncated, info)"
            raise JobFailed(f"{self.name} returned {shown(answer)} in step {self.steps}: {form}")
        observation, reward, terminated, truncated, info = answer
        place = f"{self.name}, step {self.steps}"
        terminated, truncated = end_flags(terminated, truncated, place, last=True)
        discount, last = ZERO if terminated else ONE, YES if terminated or truncated else NO
        return self.codec.time_step(observation, reward, discount, NO, last, _mask(info), place)

    def frame(self) -> np.ndarray:
        """A picture of the job as it is now, `[height, width, 3]`, uint8.

        Raises:
          InvalidArgument: the environment was made without pictures.
          JobFailed: it raised, or gave something else.
        """
        if self.env.render_mode != "rgb_array":
            raise InvalidArgument(
                f"{self.name} has render_mode {self.env.render_mode!r}, which gives no pictures: make the environment "
                f"with render_mode='rgb_array'"
            )
        try:
            frame = self.env.render()
        except RAISED as error:
            raise JobFailed(f"{self.name} raised {_told(error)} in render after step {self.steps}") from error
        if not isinstance(frame, np.ndarray) or frame.ndim != 3 or frame.shape[2] != 3:
            told = f"an array of shape {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
            raise JobFailed(f"{self.name} rendered {told}, where render_mode 'rgb_array' means [height, width, 3]")
        return frame.astype(np.uint8, copy=False)

    def saved(self) -> dict[str, np.ndarray] | None:
        """See `Job.saved`. What can be saved is told in `snapshot`; nothing after the environment raised."""
        if self._failed:
            return None
        # The environment may give out the very array that it goes on to write in: it is to share no memory.
        waiting = copy.deepcopy(self._waiting)
        written = snapshot(self.env, {"steps": self.steps, "masked": self.codec.masked, "waiting": waiting})
        if written is None:
            return None
        alike = json.dumps([self._made, traits(self.env)], sort_keys=True)
        return {**written, TRAITS: np.frombuffer(alike.encode(), np.uint8)}

    def restore(self, saved: dict[str, np.ndarray]) -> bool:
        """See `Job.restore`. An environment is put back that is made as the saved one was, or stands as that was left.

        Warns where one with other settings is not, and keeps them.
        """
        if TRAITS not in saved:
            return False
        made, left = json.loads(saved[TRAITS].tobytes())
        if not self._is_like(made, left):
            return False
        try:
            more = restore(self.env, saved)
        except NotPlainError:
            return False
        if more["masked"] != self.codec.masked:
            self.codec = self._codec_for(more["masked"])
        self.steps, self._waiting, self._failed, self._made = more["steps"], more["waiting"], False, made
        return True

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def _is_like(self, made: Traits, left: Traits) -> bool:
        other = differing(self._found, made)
        if not other or self._found == left:
            return True
        # What work itself changes is no setting: the environment has been used since.
        settings = [name.partition(" ")[2] for name in other if made.get(name) == left.get(name)]
        if settings:
            more = f" and {len(settings) - 3} more" if len(settings) > 3 else ""
            warnings.warn(
                f"{self.name} is not the environment that was left here: {', '.join(settings[:3])}{more} changed. It "
                f"is not put back to where it stood: an episode begins, with the new settings",
                stacklevel=2,
            )
        return False

    def _codec_for(self, masked: bool) -> Codec:
        for name in ("observation_space", "action_space"):
            if not isinstance(getattr(self.env, name, None), gymnasium.Space):
                raise UnsupportedSpace(f"{self.name} has no {name}: set it to a space of gymnasium.spaces in __init__")
        return Codec(self.env.observation_space, self.env.action_space, masked, self._continuous_choices, SLACK)

    def _reset(self, seed: int | None) -> tuple[Any, Any]:
        try:
            answer = self.env.reset(seed=seed)
        except RAISED as error:
            self._failed = True
            raise JobFailed(f"{self.name} raised {_told(error)} in reset after step {self.steps}") from error
        self._failed = not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[1], dict)
        if self._failed:
            form = "reset must return (observation, info), info being a dict"
            raise JobFailed(f"{self.name} returned {shown(answer)} in reset after step {self.steps}: {form}")
        return answer[0], _mask(answer[1])


def _mask(info: Any) -> Any:
    return info.get("action_mask") if isinstance(info, dict) else None


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
