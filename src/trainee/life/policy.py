"""A policy: a frozen agent at a job. It decides, it does not learn."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from trainee.errors import InvalidArgument, UnfitTimeStep
from trainee.jobs import Codec
from trainee.learner import Learner, State
from trainee.life.compiled import compiled_policy, frozen
from trainee.types import Decision, TimeStep


class Policy:
    """A frozen agent at a job, with the `predict` of Stable-Baselines3; made by `Agent.policy`.

    It keeps a copy of what it needs: the agent may go on learning.
    """

    def __init__(self, learner: Learner, codec: Codec, state: State, seed: int = 0):
        self._learner, self._codec = learner, codec
        self._state = frozen(state)
        self._key = jax.random.key(seed)
        self._decide, self._sample = compiled_policy(learner)

    def decide(self, time_steps: list[TimeStep], deterministic: bool = True) -> list[Decision]:
        """A decision for each of several time steps: the best on the ensemble's mean, or one drawn as at work."""
        batch = jax.tree.map(lambda *leaves: np.stack(leaves), *time_steps)
        if deterministic:
            decisions = self._decide(self._state, batch)
        else:
            self._key, key = jax.random.split(self._key)
            decisions = self._sample(self._state, batch, jax.random.split(key, len(time_steps)))
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
          UnfitTimeStep: an observation is not of the space.
        """
        observations, batched = self._codec.unstacked(observation)
        masks = [None] * len(observations)
        if action_masks is not None:
            masks = list(action_masks) if batched else [action_masks]
        zero, one, no = np.float32(0), np.float32(1), np.bool_(False)
        steps = [
            self._codec.time_step(single, zero, one, no, no, mask, "predict")
            for single, mask in zip(observations, masks, strict=True)
        ]
        actions = [self._codec.action(decision.action) for decision in self.decide(steps, deterministic)]
        return (self._codec.stacked(actions) if batched else actions[0]), state
