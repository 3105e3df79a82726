"""The actor: where a part of an action lies on a line, whole actions are offered by a policy and judged by the heads.

A table of choices cannot hold what moves together: what one joint should do hangs on what the others do. So there the
heads see the action beside the observation, and a policy that follows their mean offers actions to them (soft
actor-critic, Haarnoja et al. 2018, arXiv 1801.01290). Differs: what is left to chance is no part of values, which stay
what is expected; several actions are offered, and the head in charge decides between them; parts of an action that are
choices are drawn by the same policy, straight through (Jang et al. 2017, arXiv 1611.01144).

A **code** is an action as numbers: −1 to 1 along a line, 0 or 1 for each choice. A **plan** is a policy at one time
step: a mean and a width along each line, both −1 to 1, and a probability for each choice.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from trainee.learner.encoders import Encoder, Linear, Trunk
from trainee.types import Observation, Signature

# Of the logarithm of what is left to chance along a line, before it is bent to between −1 and 1.
NARROWEST, WIDEST = -5.0, 2.0
# What is left to chance among choices, as a share of all there could be; along a line it is a nat less than everything.
OPEN = 0.1
# What a nat of chance is worth at first, in units of value.
TEMPERATURE = 0.01


class Drawn(NamedTuple):
    """Actions drawn from a plan: the code, and the logarithm of its density or probability; sent through both is a
    gradient to the plan.
    """

    code: Float[Array, " numbers"]
    log_density: Float[Array, ""]


class Actor(eqx.Module):
    """From an observation to a plan, by layers of its own."""

    encoder: Encoder
    trunk: Trunk
    linear: Linear
    temperature: Float[Array, ""]
    signature: Signature = eqx.field(static=True)

    def __init__(self, signature: Signature, width: int, recalled: int, key: PRNGKeyArray):
        encoder, trunk = jax.random.split(key)
        self.encoder = Encoder(signature, width, encoder, recalled)
        self.trunk = Trunk(width, 1, trunk)
        # At zero: the middle of each line, each choice as likely as the others.
        linear = Linear(width, 2 * sum(signature.continuous) + sum(_sizes(signature)), key)
        self.linear = jax.tree.map(jnp.zeros_like, linear)
        self.temperature = jnp.log(jnp.asarray(TEMPERATURE))
        self.signature = signature

    def __call__(self, seen: Observation, allowed: Bool[Array, "components choices"]) -> Float[Array, " plan"]:
        """The plan where something is seen, as networks see it, and some choices are allowed."""
        lines = sum(self.signature.continuous)
        out = self.linear(self.trunk(self.encoder(seen)))
        parts, start = [jnp.tanh(out[: 2 * lines])], 2 * lines
        for component, size in _choosing(self.signature):
            logits = jnp.where(allowed[component, :size], out[start : start + size], -jnp.inf)
            # Where nothing is allowed nothing can be told apart.
            logits = jnp.where(jnp.any(allowed[component, :size]), logits, out[start : start + size])
            parts.append(jax.nn.softmax(logits))
            start += size
        return jnp.concatenate(parts)


def numbers(signature: Signature) -> int:
    """How many numbers a code has."""
    return sum(signature.continuous) + sum(_sizes(signature))


def plan_numbers(signature: Signature) -> int:
    """How many numbers a plan has."""
    return numbers(signature) + sum(signature.continuous)


def aim(signature: Signature) -> float:
    """How much is to be left to chance, in nats."""
    return OPEN * sum(math.log(size) for size in _sizes(signature)) - sum(signature.continuous)


def coded(signature: Signature, action: Float[Array, " components"]) -> Float[Array, " numbers"]:
    """The code of an action, whose coordinates are as everywhere."""
    lines = _lines(signature)
    parts = [2 * action[lines] / _last(signature)[lines] - 1]
    parts += [jax.nn.one_hot(jnp.round(action[i]).astype(jnp.int32), size) for i, size in _choosing(signature)]
    return jnp.concatenate(parts)


def decoded(signature: Signature, code: Float[Array, " numbers"]) -> Float[Array, " components"]:
    """The coordinates of an action."""
    lines = _lines(signature)
    action = jnp.zeros(len(signature.choices)).at[lines].set((code[: len(lines)] + 1) / 2 * _last(signature)[lines])
    start = len(lines)
    for component, size in _choosing(signature):
        action = action.at[component].set(jnp.argmax(code[start : start + size]).astype(action.dtype))
        start += size
    return action


def drawn(signature: Signature, plan: Float[Array, " plan"], chance: Float[Array, " numbers"]) -> Drawn:
    """An action by a plan. Unbatched.

    Args:
      signature: of the job.
      plan: see the module.
      chance: uniform in [0, 1), as many as a code has numbers.
    """
    lines, chance = sum(signature.continuous), jnp.clip(chance, 1e-6, 1 - 1e-6)
    noise = jax.scipy.special.ndtri(chance[:lines])
    mean = jnp.arctanh(jnp.clip(plan[:lines], -0.9999, 0.9999))
    log_width = NARROWEST + (WIDEST - NARROWEST) / 2 * (plan[lines : 2 * lines] + 1)
    bent = mean + jnp.exp(log_width) * noise
    # tanh' by softplus, which does not lose what is near the rim.
    slope = 2 * (math.log(2) - bent - jax.nn.softplus(-2 * bent))
    log_density = jnp.sum(-0.5 * jnp.square(noise) - log_width - 0.5 * math.log(2 * math.pi) - slope)
    parts, start = [jnp.tanh(bent)], 2 * lines
    for _, size in _choosing(signature):
        likely, luck = plan[start : start + size], chance[start - lines : start - lines + size]
        log_likely = jnp.log(jnp.maximum(likely, 1e-8))
        best = jnp.argmax(log_likely - jnp.log(-jnp.log(luck)))
        hard = jax.nn.one_hot(best, size)
        parts.append(hard + likely - jax.lax.stop_gradient(likely))
        # On the mean over what might have been drawn.
        log_density += jnp.sum(likely * log_likely)
        start += size
    return Drawn(jnp.concatenate(parts), log_density)


def middle(signature: Signature, plan: Float[Array, " plan"]) -> Float[Array, " numbers"]:
    """The code of the action in the middle of a plan, the likeliest choices with it."""
    lines = sum(signature.continuous)
    parts, start = [plan[:lines]], 2 * lines
    for _, size in _choosing(signature):
        parts.append(jax.nn.one_hot(jnp.argmax(plan[start : start + size]), size))
        start += size
    return jnp.concatenate(parts)


def anything(signature: Signature, allowed: Bool[Array, "components choices"]) -> Float[Array, " plan"]:
    """A plan by which each choice that is allowed is as likely as the others; of lines it says nothing."""
    rows = [allowed[component, :size].astype(jnp.float32) for component, size in _choosing(signature)]
    rows = [row / jnp.maximum(jnp.sum(row), 1.0) for row in rows]
    return jnp.concatenate([jnp.zeros(2 * sum(signature.continuous)), *rows])


def spread(
    signature: Signature, plan: Float[Array, " plan"], chance: Float[Array, " numbers"]
) -> Float[Array, " numbers"]:
    """The code of an action that is anywhere on lines, and by a plan where there are choices."""
    lines = sum(signature.continuous)
    return jnp.concatenate([2 * chance[:lines] - 1, drawn(signature, plan, chance).code[lines:]])


def _lines(signature: Signature) -> np.ndarray:
    return np.flatnonzero(signature.continuous)


def _last(signature: Signature) -> np.ndarray:
    return np.maximum(np.array(signature.choices, np.float32) - 1, 1)


def _choosing(signature: Signature) -> list[tuple[int, int]]:
    """The components that are choices, and how many each has."""
    each = enumerate(zip(signature.choices, signature.continuous, strict=True))
    return [(component, size) for component, (size, continuous) in each if not continuous]


def _sizes(signature: Signature) -> list[int]:
    return [size for _, size in _choosing(signature)]
