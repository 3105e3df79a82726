"""Jobs that are pure functions in JAX: their time steps inside `jit`, and one of them as a job on the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.errors import InvalidArgument, JobFailed, UnfitTimeStep
from trainee.jobs.contract import JaxJob
from trainee.jobs.spaces import CONTINUOUS_CHOICES, Codec
from trainee.types import JobSpec, TimeStep


class TracedJob:
    """A JAX job that speaks in time steps and is spoken to in coordinates. All pure; nothing is checked inside `jit`.

    Attributes:
      job: the job.
      codec: between the job's own observations and actions and the agent's.
    """

    def __init__(self, job: JaxJob, continuous_choices: int = CONTINUOUS_CHOICES):
        """Make it outside `jit`.

        Args:
          job: the job.
          continuous_choices: choices on the line of a continuous component of an action; see `Codec`.

        Raises:
          UnsupportedSpace: says which part, and what to wrap it in.
        """
        self.job = job
        self.codec = Codec(job.observation_space, job.action_space, False, continuous_choices)

    @property
    def spec(self) -> JobSpec:
        """The job's signature, and what it allows."""
        return self.codec.spec

    def reset(self, key: PRNGKeyArray) -> tuple[Any, TimeStep]:
        """State and first time step of an episode."""
        state, observation = self.job.reset(key)
        return _strong(state), self._time_step(observation, 0.0, False, False, True)

    def step(self, key: PRNGKeyArray, state: Any, action: Float[Array, " components"]) -> tuple[Any, TimeStep]:
        """State and time step after an action. After a last time step it means nothing; see `advance`."""
        following = self.job.step(key, state, self.codec.action(action, jnp))
        state, observation, reward, terminated, truncated = following
        return _strong(state), self._time_step(observation, reward, terminated, truncated, False)

    def advance(
        self, key: PRNGKeyArray, state: Any, last: Bool[Array, ""], action: Float[Array, " components"]
    ) -> tuple[Any, TimeStep]:
        """State and time step that follow, whatever came before: what a `lax.scan` needs.

        Args:
          key: used once.
          state: from `reset` or `advance`.
          last: the time step before was a last one, so that a first one follows and `action` means nothing.
          action: coordinates, as in `Decision.action`.
        """
        reset_key, step_key = jax.random.split(key)
        begun, gone_on = self.reset(reset_key), self.step(step_key, state, action)
        return jax.tree.map(lambda new, old: jnp.where(last, new, old), begun, gone_on)

    def random_action(self, key: PRNGKeyArray) -> Float[Array, " components"]:
        """Coordinates of an action, each choice and each place on a line as likely as any other."""
        signature = self.spec.signature
        most = jnp.array(signature.choices, jnp.float32) - 1
        drawn = jax.random.uniform(key, most.shape)
        return jnp.where(jnp.array(signature.continuous), drawn * most, jnp.floor(drawn * (most + 1)))

    def _time_step(self, observation: Any, reward: Any, terminated: Any, truncated: Any, first: bool) -> TimeStep:
        return TimeStep(
            self.codec.observation(observation, jnp),
            jnp.asarray(reward, jnp.float32).reshape(()),
            1.0 - jnp.asarray(terminated, jnp.float32).reshape(()),
            jnp.asarray(first),
            jnp.logical_or(terminated, truncated).reshape(()),
        )


class HostJaxJob:
    """A JAX job as a job on the host, one compiled call a step.

    Attributes:
      name: what people call the job.
      steps: how often it was stepped.
    """

    def __init__(
        self, job: JaxJob, seed: int = 0, name: str | None = None, continuous_choices: int = CONTINUOUS_CHOICES
    ):
        self.name = name or getattr(job, "name", type(job).__name__)
        self.steps = 0
        self._traced = TracedJob(job, continuous_choices)
        self._reset, self._step = jax.jit(_keyed_on(self._traced.reset)), jax.jit(_keyed_on(self._traced.step))
        self._key, self._state = jax.random.key(seed), None

    @property
    def job(self) -> JaxJob:
        """The job itself."""
        return self._traced.job

    @property
    def spec(self) -> JobSpec:
        """The job's signature, and what it allows."""
        return self._traced.spec

    @property
    def codec(self) -> Codec:
        """Between the job's own observations and actions and the agent's."""
        return self._traced.codec

    def reset(self) -> TimeStep:
        """See `Job.reset`."""
        return self._called(self._reset, self._key)

    def step(self, action: Float[np.ndarray, " components"]) -> TimeStep:
        """See `Job.step`."""
        if self._state is None:
            raise InvalidArgument(f"{self.name} was stepped before it was reset: call reset() first")
        return self._called(self._step, self._key, self._state, action)

    def saved(self) -> dict[str, np.ndarray] | None:
        """See `Job.saved`. The state of a pure function can always be saved."""
        if self._state is None:
            return None
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(self._raw_state())]
        return {"steps": np.array(self.steps), **{f"leaf/{i}": leaf for i, leaf in enumerate(leaves)}}

    def restore(self, saved: dict[str, np.ndarray]) -> bool:
        """See `Job.restore`."""
        shapes = jax.eval_shape(lambda key: (jax.random.key_data(key), _raw(self._traced.reset(key)[0])), self._key)
        expected, structure = jax.tree.flatten(shapes)
        leaves = [saved.get(f"leaf/{i}") for i in range(len(expected))]
        if len(saved) != len(leaves) + 1 or not all(map(_fits, leaves, expected)):
            return False
        key, state = jax.tree.unflatten(structure, [jnp.asarray(leaf) for leaf in leaves])
        like = jax.eval_shape(lambda key: self._traced.reset(key)[0], self._key)
        self._key, self._state = jax.random.wrap_key_data(key), _keyed(state, like)
        self.steps = int(saved["steps"])
        return True

    def close(self) -> None:
        """Nothing is held."""

    def _raw_state(self) -> Any:
        return jax.random.key_data(self._key), _raw(self._state)

    def _called(self, function: Callable[..., Any], *arguments: Any) -> TimeStep:
        try:
            self._key, (self._state, time_step) = function(*arguments)
        except Exception as error:
            raise JobFailed(f"{self.name} raised {type(error).__name__}: {error} after step {self.steps}") from error
        self.steps += function is self._step
        on_host = jax.tree.map(np.asarray, time_step)
        if not all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves((on_host.observation, on_host.reward))):
            raise UnfitTimeStep(
                f"observation or reward holds NaN or infinity ({self.name}, step {self.steps}); the step was not "
                f"learned from. Clean it in the job",
                bool(on_host.first | on_host.last),
            )
        return on_host


def _keyed_on(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a key, as one that also hands back the key for its next call."""

    def handing_back(key: PRNGKeyArray, *arguments: Any) -> tuple[PRNGKeyArray, Any]:
        following, now = jax.random.split(key)
        return following, function(now, *arguments)

    return handing_back


def _strong(tree: Any) -> Any:
    """Leaves with types of their own: a Python number's would change with what it meets."""
    return jax.tree.map(lambda leaf: leaf if _is_key(leaf) else jnp.asarray(leaf, jnp.result_type(leaf)), tree)


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array | jax.ShapeDtypeStruct) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _raw(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: jax.random.key_data(leaf) if _is_key(leaf) else leaf, tree)


def _keyed(tree: Any, like: Any) -> Any:
    return jax.tree.map(lambda leaf, shape: jax.random.wrap_key_data(leaf) if _is_key(shape) else leaf, tree, like)


def _fits(leaf: np.ndarray | None, expected: Any) -> bool:
    return leaf is not None and leaf.shape == expected.shape and leaf.dtype == expected.dtype
