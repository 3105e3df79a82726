"""A policy: a frozen agent at a job. It decides, it does not learn."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from trainee.errors import InvalidArgument
from trainee.jobs import Codec
from trainee.learner import Learner, State
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
        self._key = jax.random.key(seed)

    def decide(self, time_steps: list[TimeStep], deterministic: bool = True) -> list[Decision]:
        """A decision for each of several time steps: the best on the ensemble's mean, or one drawn as at work."""
        batch = jax.tree.map(lambda *leaves: np.stack(leaves), *time_steps)
        if deterministic:
            decisions = self._compiled.best(self._leaves, batch)
        else:
            self._key, key = jax.random.split(self._key)
            decisions = self._compiled.drawn(self._leaves, batch, jax.random.split(key, len(time_steps)))
        host = jax.tree.map(np.asarray, decisions)
        return [jax.tree.map(lambda leaf, i=i: leaf[i], host) for i in range(len(time_steps))]

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
        action_masks: Any = None,
    ) -> tuple[Any, Any]:
        """Actions for one observation, or for a batch of them along a leading axis.

        Args:
          observation: as the observation space has it, or a batch of such as a vector environment stacks them.
          state: passed back as it came; this learner's state is not in the policy's hands.
          episode_start: `[batch]`, accepted for the protocol's sake.
          deterministic: the best action on the ensemble's mean; otherwise that of a head drawn anew at each call.
          action_masks: for jobs with masks: one, or a batch of them.
        Returns:
          the action, or a batch of actions, and `state`.
        Raises:
          UnfitTimeStep: an observation is not of the space, or a mask is none of its actions, or is missing.
          InvalidArgument: there are more masks than observations, or fewer.
        """
        observations, batched = self._codec.unstacked(observation)
        masks = [None] * len(observations)
        if action_masks is not None:
            masks = list(action_masks) if batched else [action_masks]
        if len(masks) != len(observations):
            raise InvalidArgument(
                f"action_masks holds {len(masks)} masks for {len(observations)} observations: give one for each"
            )
        steps = [
            self._codec.time_step(single, ZERO, ONE, NO, NO, mask, "predict")
            for single, mask in zip(observations, masks, strict=True)
        ]
        actions = [self._codec.action(decision.action) for decision in self.decide(steps, deterministic)]
        return (self._codec.stacked(actions) if batched else actions[0]), state


class _Compiled:
    """Deciding for a batch of time steps, with a frozen state as its leaves."""

    def __init__(self, learner: Learner):
        treedef = jax.tree.structure(jax.eval_shape(lambda key: learner.init(key).frozen(), jax.random.key(0)))

        def best(leaves: tuple[Any, ...], time_step: TimeStep) -> Decision:
            return learner.exploit(jax.tree.unflatten(treedef, leaves), time_step)

        def drawn(leaves: tuple[Any, ...], time_step: TimeStep, key: PRNGKeyArray) -> Decision:
            state = jax.tree.unflatten(treedef, leaves)
            # As at the first step of an episode, so that a head is drawn.
            first = dataclasses.replace(time_step, first=jnp.ones((), bool))
            return learner.decide(eqx.tree_at(lambda s: s.stream.key, state, key), first)[1]

        self.best = jax.jit(jax.vmap(best, in_axes=(None, 0)))
        self.drawn = jax.jit(jax.vmap(drawn, in_axes=(None, 0, 0)))


@functools.cache
def _compiled(learner: Learner) -> _Compiled:
    return _Compiled(learner)
