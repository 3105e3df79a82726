"""A client of the service: a program's own job, over HTTP. Needs httpx, which `trainee[client]` brings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, TypeAlias
from uuid import uuid4

import gymnasium
import numpy as np

from trainee.errors import MissingExtra, TraineeError, UnfitTimeStep
from trainee.jobs.space_json import to_json
from trainee.jobs.spaces import reward_fault
from trainee.jobs.value_json import value_from_json, value_to_json

if TYPE_CHECKING:
    import httpx

Truth: TypeAlias = bool | np.bool_

# How often a call that may be repeated is repeated, and how long the first wait is; each is twice the one before.
TRIES, WAIT_S = 6, 0.1
# The longest wait that a service may ask for.
MOST_WAIT_S = 60.0


class CallRefused(TraineeError):
    """The service refused a call.

    Attributes:
      status: of HTTP.
      code: as in `docs/serving.md`.
      retry: it is worth while to ask again.
    """

    def __init__(self, status: int, code: str, message: str, retry: bool):
        super().__init__(f"{message} ({status} {code})")
        self.status, self.code, self.retry = status, code, retry


class NotReached(TraineeError):
    """The service did not answer."""


class Client:
    """Calls a service. What is safe to repeat is repeated where the service is busy or cannot be reached.

    Args:
      url: of the service.
      key: an API key; none is needed where the service wants none.
      timeout_s: how long a call may take.
    """

    def __init__(self, url: str = "http://127.0.0.1:8765", key: str | None = None, timeout_s: float = 60.0):
        try:
            import httpx  # noqa: PLC0415 an optional library
        except ModuleNotFoundError as error:
            raise MissingExtra("httpx", "client", "the client") from error
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s)
        self._errors = httpx.TransportError

    def job(
        self,
        name: str,
        observation_space: gymnasium.Space,
        action_space: gymnasium.Space,
        *,
        masked: bool = False,
        restartable: bool = False,
        reward_window_s: float = 60.0,
        default_reward: float = 0.0,
        rewards: Literal["sum", "mean", "last"] = "sum",
        **more: Any,
    ) -> RemoteJob:
        """A job, made where there is none of this name; see `docs/serving.md` for what the arguments mean.

        Raises:
          CallRefused: there is one of this name that is another, or its spaces cannot be learned from.
          NotReached: the service does not answer.
        """
        about = {"masked": masked, "restartable": restartable, "reward_window_s": reward_window_s}
        about |= {"default_reward": default_reward, "rewards": rewards, **more}
        spaces = {"observation_space": to_json(observation_space), "action_space": to_json(action_space)}
        self.call("POST", "/v1/jobs", {"job": name, **spaces, **about})
        return RemoteJob(self, name, observation_space, action_space)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call, and again where that is safe and may help.

        Raises:
          CallRefused: the service refused it.
          NotReached: the service does not answer.
        """
        wait_s, trouble = WAIT_S, None
        for left in reversed(range(TRIES)):
            asked_s = 0.0
            try:
                answer = self._http.request(method, path, json=body)
            except self._errors as error:
                trouble = NotReached(f"{self._http.base_url} does not answer: {str(error) or type(error).__name__}")
            else:
                if answer.is_success:
                    return _read(answer)
                trouble, asked_s = _refused(answer), _retry_after_s(answer)
                if not trouble.retry:
                    raise trouble
            if left:
                time.sleep(max(wait_s, asked_s))
                wait_s *= 2
        assert trouble is not None
        raise trouble

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class RemoteJob:
    """A job at a service; made by `Client.job`."""

    def __init__(self, client: Client, name: str, observation_space: gymnasium.Space, action_space: gymnasium.Space):
        self.client, self.name = client, name
        self.observation_space, self.action_space = observation_space, action_space

    def begin(self) -> RemoteEpisode:
        """Begin an episode."""
        # Named here, so that it is begun once however often the call is repeated.
        begun = self.client.call("POST", f"/v1/jobs/{self.name}/episodes", {"episode": uuid4().hex})
        return RemoteEpisode(self, begun["episode"], begun["version"])

    @contextmanager
    def episode(self) -> Iterator[RemoteEpisode]:
        """An episode; one that is left without an end is ended by the service when it was idle for long."""
        yield self.begin()


class RemoteEpisode:
    """An episode at a service; made by `RemoteJob.begin`.

    Attributes:
      id: of the episode.
      version: that decides in it.
      decision: the newest, as the service answered it; None before the first.
    """

    def __init__(self, job: RemoteJob, id: str, version: str):
        self.job, self.id, self.version = job, id, version
        self.decision: dict[str, Any] | None = None
        self._sequence = 0
        self._reward: float | None = None

    def decide(
        self,
        observation: Any,
        *,
        action_mask: Any = None,
        baseline_action: Any = None,
        deadline_ms: float | None = None,
    ) -> Any:
        """What to do.

        Args:
          observation: of the observation space.
          action_mask: which actions are allowed, at jobs that are masked.
          baseline_action: what to do where the agent does not decide in time, or may not.
          deadline_ms: by when.
        Returns:
          an action of the action space; `decision` has all else.
        Raises:
          UnfitTimeStep: what is passed cannot be sent. Where it can and is unfit all the same, the call is refused.
          CallRefused, NotReached: ask again with the same and it is decided once.
        """
        space = self.job.action_space
        body: dict[str, Any] = {
            "event_id": str(self._sequence),
            "sequence": self._sequence,
            "observation": value_to_json(self.job.observation_space, observation, "observation"),
        }
        if action_mask is not None:
            body["action_mask"] = _plain(action_mask)
        if baseline_action is not None:
            body["baseline_action"] = value_to_json(space, baseline_action, "baseline_action")
        if deadline_ms is not None:
            body["deadline_ms"] = deadline_ms
        body |= self._with_reward()
        self.decision = self.job.client.call("POST", f"/v1/episodes/{self.id}/decisions", body)
        assert self.decision is not None
        self._sequence, self._reward = self._sequence + 1, None
        return value_from_json(space, self.decision["action"], "action")

    def reward(self, value: SupportsFloat) -> None:
        """What the newest decision has brought, all of it; it travels with the next call.

        Raises:
          UnfitTimeStep: it is no finite number.
        """
        fault = reward_fault(value)
        if fault is not None:
            raise UnfitTimeStep(fault)
        self._reward = float(value)

    def end(self, observation: Any = None, *, terminated: Truth = False, truncated: Truth = False) -> None:
        """End the episode.

        Args:
          observation: the final one.
          terminated, truncated: as in Gymnasium, where both may be; what is terminated was not cut short.
        Raises:
          UnfitTimeStep, CallRefused, NotReached: as in `decide`.
        """
        body: dict[str, Any] = {"terminated": bool(terminated), "truncated": bool(truncated and not terminated)}
        if observation is not None:
            body["observation"] = value_to_json(self.job.observation_space, observation, "observation")
        self.job.client.call("POST", f"/v1/episodes/{self.id}/end", {**body, **self._with_reward()})

    def _with_reward(self) -> dict[str, Any]:
        return {} if self._reward is None else {"reward": {"value": self._reward}}


def _plain(mask: Any) -> Any:
    """A mask without arrays."""
    if isinstance(mask, dict):
        return {key: _plain(part) for key, part in mask.items()}
    if isinstance(mask, tuple | list):
        return [_plain(part) for part in mask]
    return _plain(mask.tolist()) if hasattr(mask, "tolist") else mask


def _read(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        told = f"{answer.url} answers what is not JSON, and so is not the service: {answer.text[:200]}"
        raise CallRefused(answer.status_code, "unknown", told, False) from None


def _retry_after_s(answer: httpx.Response) -> float:
    """How long the service says to wait, within bounds."""
    said = answer.headers.get("Retry-After", "")
    return min(float(said), MOST_WAIT_S) if said.isdigit() else 0.0


def _refused(answer: httpx.Response) -> CallRefused:
    try:
        told = answer.json()["error"]
        return CallRefused(answer.status_code, told["code"], told["message"], told["retry"])
    except (ValueError, KeyError, TypeError):
        return CallRefused(answer.status_code, "unknown", answer.text[:200], answer.status_code >= 502)
