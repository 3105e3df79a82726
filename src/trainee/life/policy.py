"""A policy: a frozen agent at a job. It decides, it does not learn."""

from __future__ import annotations

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from trainee.errors import InvalidArgument
from trainee.jobs import Codec
from trainee.learner import Learner, Memory, State, before_episode
from trainee.types import Decision, TimeStep

ZERO, ONE = np.float32(0), np.float32(1)
NO = np.bool_(False)


class Policy:
    """A frozen agent at a job, with the `predict` of Stable-Baselines3; made by `Agent.policy`.

    It keeps a copy of what it needs: the agent may go on learning.
    """

    def __init__(self, learner: Learner, codec: Codec, state: State, seed: int = 0):
        self._codec = codec
        self._compiled = _compiled(learner)
        # Copied, since learning writes in place; as leaves, since taking the state apart takes longer than deciding.
        self._leaves = tuple(jnp.array(leaf) for leaf in jax.tree.leaves(state.frozen()))
        self._blank = jax.tree.map(np.array, before_episode(state.stream.memory))
        self._key = jax.random.key(seed)

    def decide(
        self, time_steps: list[TimeStep], memory: Memory | None = None, deterministic: bool = True
    ) -> tuple[list[Decision], Memory]:
        """A decision for each of several time steps: the best on the ensemble's mean, or one drawn as at work.

        Args:
          time_steps: one of each stream.
          memory: of these streams up to now, as the last call returned it; None where each begins an episode.
          deterministic: whether nothing is drawn.
        Returns:
          the decisions, and the memory to hand in with the next time steps.
        """
        batch = jax.tree.map(lambda *leaves: np.stack(leaves), *time_steps)
        before = self._begun(len(time_steps)) if memory is None else memory
        if deterministic:
            after, decisions = self._compiled.best(self._leaves, before, batch)
        else:
            self._key, key = jax.random.split(self._key)
            keys = jax.random.split(key, len(time_steps))
            after, decisions = self._compiled.drawn(self._leaves, before, batch, keys)
        host = jax.tree.map(np.asarray, decisions)
        return [jax.tree.map(lambda leaf, i=i: leaf[i], host) for i in range(len(time_steps))], after

    def predict(
        self,
        observation: Any,
        state: Memory | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
        action_masks: Any = None,
    ) -> tuple[Any, Memory]:
        """Actions for one observation, or for a batch of them along a leading axis.

        Args:
          observation: as the observation space has it, or a batch of such as a vector environment stacks them.
          state: what is remembered of the episodes under way, as the last call returned it; None at their beginning.
          episode_start: `[batch]`, where an episode begins and nothing of the one before counts; by default everywhere
            where there is no `state`, and nowhere where there is one.
          deterministic: the best action on the ensemble's mean; otherwise that of a head drawn anew at each call.
          action_masks: for jobs with masks: one, or a batch of them.
        Returns:
          the action, or a batch of actions, and the state to hand in with the next observations.
        Raises:
          UnfitTimeStep: an observation is not of the space, or a mask is none of its actions, or is missing.
          InvalidArgument: there are more masks, starts or remembered episodes than observations, or fewer.
        """
        observations, batched = self._codec.unstacked(observation)
        masks = [None] * len(observations)
        if action_masks is not None:
            masks = list(action_masks) if batched else [action_masks]
        starts = np.full(len(observations), state is None) if episode_start is None else np.atleast_1d(episode_start)
        _fit("action_masks", "masks", len(masks), len(observations))
        _fit("episode_start", "flags", len(starts), len(observations))
        if state is not None:
            _fit("state", "episodes", len(state.first), len(observations))
        steps = [
            self._codec.time_step(single, ZERO, ONE, np.bool_(start), NO, mask, "predict")
            for single, start, mask in zip(observations, starts, masks, strict=True)
        ]
        decisions, state = self.decide(steps, state, deterministic)
        actions = [self._codec.action(decision.action) for decision in decisions]
        return (self._codec.stacked(actions) if batched else actions[0]), state

    def _begun(self, streams: int) -> Memory:
        """The memory of streams that begin an episode."""
        return jax.tree.map(lambda leaf: np.broadcast_to(leaf, (streams, *leaf.shape)), self._blank)


def _fit(name: str, what: str, found: int, observations: int) -> None:
    if found != observations:
        raise InvalidArgument(f"{name} holds {found} {what} for {observations} observations: give one for each")


class _Compiled:
    """Deciding for a batch of time steps, with a frozen state as its leaves."""

    def __init__(self, learner: Learner):
        treedef = jax.tree.structure(jax.eval_shape(lambda key: learner.init(key).frozen(), jax.random.key(0)))

        def remembering(leaves: tuple[Any, ...], memory: Memory) -> State:
            return eqx.tree_at(lambda s: s.stream.memory, jax.tree.unflatten(treedef, leaves), memory)

        def best(leaves: tuple[Any, ...], memory: Memory, time_step: TimeStep) -> tuple[Memory, Decision]:
            after, decision = learner.exploit(remembering(leaves, memory), time_step)
            return after.stream.memory, decision

        def drawn(
            leaves: tuple[Any, ...], memory: Memory, time_step: TimeStep, key: PRNGKeyArray
        ) -> tuple[Memory, Decision]:
            head_key, key = jax.random.split(key)
            head = jax.random.randint(head_key, (), 0, learner.constants.heads)
            state = eqx.tree_at(lambda s: (s.stream.head, s.stream.key), remembering(leaves, memory), (head, key))
            after, decision = learner.decide(state, time_step)
            return after.stream.memory, decision

        self.best = jax.jit(jax.vmap(best, in_axes=(None, 0, 0)))
        self.drawn = jax.jit(jax.vmap(drawn, in_axes=(None, 0, 0, 0)))


@functools.cache
def _compiled(learner: Learner) -> _Compiled:
    return _Compiled(learner)
