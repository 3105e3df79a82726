"""The value function: an ensemble of heads on shared features, each with a fixed random prior, and its targets.

An action is a vector of coordinates, one a component. Where all components are choices each head holds a table of
utilities, one for each choice of each component, and an action's value is the mean over its components of what their
choices are worth. Decomposing a value so is DecQN's idea (Seyde et al. 2023, arXiv 2210.12566). Where one lies on a
line heads see the action and judge it as a whole, and those that there are to decide between stand for the choices of
one component; see `actor`.
"""

from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from trainee.learner.encoders import Encoder, Linear
from trainee.types import Observation, Signature

# Heads that feelings ask: what comes soon, on the mean and at the worst.
FEELING = 2


class Heads(eqx.Module):
    """Linear heads from features to utilities: those of the ensemble, then two that feelings ask, then one that does
    not look far.

    The two are of the near future: the first expects what comes of it on the mean, the second what comes at the worst.
    They read the features that the others shape, and shape none.

    They speak in a smaller unit than that of value: Adam's steps are as long as ever, and one action of hundreds makes
    less of a difference than one of those steps would. The two of feelings speak in a larger one: of what is near one
    action makes all the difference, and a feeling is about what was met just now.

    The others share nothing but the features. A value of the state that all the choices of a head share (Wang et al.
    2016) would spread what one choice brings over those never tried, and a head that has tried one would try no other.
    """

    linear: Linear
    shape: tuple[int, int, int] = eqx.field(static=True)
    units: tuple[float, float] = eqx.field(static=True)

    def __init__(self, grid: tuple[int, int], width: int, heads: int, key: PRNGKeyArray, units: tuple[float, float]):
        components, choices = grid
        self.shape, self.units = (heads, components, choices), units
        linear = Linear(width, heads * components * choices, key)
        # At zero, so that the first thing each head believes is its prior.
        self.linear = jax.tree.map(jnp.zeros_like, linear)

    def __call__(self, features: Float[Array, " width"]) -> Float[Array, "heads components choices"]:
        return self.read(features[None])[0]

    def read(self, features: Float[Array, "batch width"]) -> Float[Array, "batch heads components choices"]:
        """The utilities of a batch: its gradient is one product, which `vmap` would not make of it."""
        heads, components, choices = self.shape
        asked = slice((heads - FEELING - 1) * components * choices, (heads - 1) * components * choices)
        read = jnp.asarray(_read(features, self.linear.weight, asked))
        return jnp.reshape(self.unit[None] * read, (len(features), *self.shape))

    @property
    def unit(self) -> Float[np.ndarray, " outputs"]:
        """What each output has for its unit, in units of value."""
        of_all = np.full(self.shape, self.units[0], np.float32)
        of_all[-FEELING - 1 : -1] = self.units[1]
        return of_all.ravel()


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _read(
    features: Float[Array, "batch width"], weight: Float[Array, "width outputs"], asked: slice
) -> Float[Array, "batch outputs"]:
    """`features @ weight`, of whose outputs those that feelings ask send no gradient to the features. Kept together:
    apart they would be twice as many operations.
    """
    return features @ weight


def _read_forward(features: Array, weight: Array, asked: slice) -> tuple[Array, tuple[Array, Array]]:
    return features @ weight, (features, weight)


def _read_backward(asked: slice, kept: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    features, weight = kept
    shaping = np.ones(weight.shape[1], np.float32)
    shaping[asked] = 0.0
    return (slope * shaping[None]) @ weight.T, features.T @ slope


_read.defvjp(_read_forward, _read_backward)


class Prior(eqx.Module):
    """A fixed random function of unit variance for each head (Osband et al. 2018, arXiv 1806.03335).

    Differs: heads share random features, and normalisation keeps the variance at one for any input, also a
    one-hot code.
    """

    encoder: Encoder
    heads: Float[Array, "width outputs"]
    shape: tuple[int, int, int] = eqx.field(static=True)

    def __init__(
        self, signature: Signature, grid: tuple[int, int], code: int, width: int, heads: int, key: PRNGKeyArray
    ):
        features_key, heads_key = jax.random.split(key)
        components, choices = grid
        self.shape = (heads, components, choices)
        self.encoder = Encoder(signature, width, features_key, code=code)
        of_one = components * choices
        # The rectified features have a mean square of one half.
        drawn = jax.random.normal(heads_key, (width, (heads - FEELING) * of_one)) * jnp.sqrt(2 / width)
        # What feelings ask has none: it explores nothing, and a feeling is about what was met.
        none = jnp.zeros((width, FEELING * of_one))
        self.heads = jnp.concatenate([drawn[:, :-of_one], none, drawn[:, -of_one:]], axis=1)

    def __call__(
        self, observation: Observation, code: Float[Array, " numbers"] | None = None
    ) -> Float[Array, "heads components choices"]:
        return (self.encoder(observation, code) @ self.heads).reshape(self.shape)


def interpolation(action: Float[Array, " components"], choices: int) -> Float[Array, "components choices"]:
    """How much each choice counts at a coordinate: 1 on it, falling to 0 at its neighbours."""
    return jax.nn.relu(1 - jnp.abs(action[:, None] - jnp.arange(choices)[None, :]))


def action_value(
    utilities: Float[Array, "components choices"], weights: Float[Array, "components choices"]
) -> Float[Array, ""]:
    """Value of one action: the mean over components of the utility at its coordinate. Unbatched.

    Args:
      utilities: of one head.
      weights: the action, as `interpolation` gives it.
    """
    return jnp.sum(utilities * weights) / utilities.shape[0]


def greedy(
    utilities: Float[Array, "components choices"], allowed: Bool[Array, "components choices"]
) -> Int[Array, " components"]:
    """The best allowed choice of each component. Unbatched."""
    return jnp.argmax(jnp.where(allowed, utilities, -jnp.inf), axis=-1)


def lambda_return(
    reward_t: Float[Array, " steps"],
    discount_t: Float[Array, " steps"],
    value_t: Float[Array, " steps"],
    trace_t: Float[Array, " steps"],
) -> Float[Array, " steps"]:
    """λ-returns of consecutive transitions, bootstrapping where the trace is cut.

    Unbatched; `jax.vmap` it.

    Args:
      reward_t: `[T]`, reward of each transition.
      discount_t: `[T]`, discount of each transition; 0 only at termination, never at a time limit.
      value_t: `[T]`, value of the state that each transition arrives at, in units of return.
      trace_t: `[T]`, in [0, 1]: how much of the return that follows is taken from the next transitions and not from
        `value_t`; 0 for the last one.
    Returns:
      `[T]`, in units of return.
    Source: Sutton & Barto (2018), §12.5 and §12.10, λ varying by step.
    """

    def backward(following, transition):
        reward, discount, value, trace = transition
        result = reward + discount * ((1 - trace) * value + trace * following)
        return result, result

    steps = (reward_t, discount_t, value_t, trace_t)
    return jax.lax.scan(backward, value_t[-1], steps, reverse=True, unroll=True)[1]
